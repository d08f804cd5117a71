// The same as a module: import { attach } from "…/tracker.mjs";
import "./tracker.js";

export const { attach, frame, serveFrame, page, media } = window.StudyTracker;
