"""Pieces of work: their terms, lateness, rubrics, double marking, peer review. docs/assignments.md tells it to people."""
