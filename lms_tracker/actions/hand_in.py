"""A learner hands in work: a draft that is kept while it is written, and versions, of which the latest counts."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from lms_tracker.core.assignments.lateness import Window, window_at
from lms_tracker.core.assignments.receipt import receipt
from lms_tracker.core.assignments.terms import Terms
from lms_tracker.core.typed import legible
from lms_tracker.core.uploads import MB, Limits, Upload, UploadRefused, check_uploads
from lms_tracker.store import assessments
from lms_tracker.store import assignments as settings
from lms_tracker.store import submissions as store
from lms_tracker.store.db import writing
from lms_tracker.store.erasure import keep_living
from lms_tracker.store.files import keep_file
from lms_tracker.store.identity_history import hold_who_is_who

WORK_FILES = Limits(files=5, file_bytes=10 * MB)
MAX_TEXT = 60_000


class WorkRefused(ValueError):
    """Why nothing was kept, as a key: `nothing` (to hand in for), `enrolled`, `early`, `closed`, `empty`, `text`,
    `text-not-taken`, `files-not-taken`, `marked` (a marker has begun), those of UploadRefused, and what other actions name."""

    def __init__(self, why: str, name: str = "") -> None:
        super().__init__(why)
        self.why, self.name = why, name


class HandedIn(Struct, frozen=True):
    """What the learner may keep as proof."""

    submission_id: int
    version: int
    receipt: str
    late: bool


def hand_in(
    db: Engine,
    assignment_id: int,
    learner_id: int,
    *,
    text: str,
    files: Sequence[tuple[str, bytes]] = (),
    keep: Sequence[int] = (),
    now: datetime,
) -> HandedIn:
    """A new version, with its receipt; the draft goes. `files`: (name, content); `keep`: ids of files of one's latest
    version that are handed in again. Raises WorkRefused: all is kept, or nothing.
    """
    text = legible(text)
    try:
        uploads = check_uploads(files, WORK_FILES)
    except UploadRefused as e:
        raise WorkRefused(e.why, e.name) from e
    try:
        with writing(db) as tx:
            return _hand_in(tx, assignment_id, learner_id, text, uploads, keep, now)
    except IntegrityError as e:  # the same form sent twice at once
        raise WorkRefused("twice") from e


def save_draft(db: Engine, assignment_id: int, learner_id: int, text: str, now: datetime) -> None:
    """Keep what is typed. Raises WorkRefused `nothing`, `enrolled`, `text`."""
    text = text.replace("\0", "")
    if len(text) > MAX_TEXT:
        raise WorkRefused("text")
    with writing(db) as tx:
        setting_for(tx, assignment_id, learner_id)
        store.save_draft(tx, assignment_id, learner_id, text, now)


def setting_for(tx: Connection, assignment_id: int, learner_id: int) -> settings.Setting:
    """The assignment as it is set for a learner who is enrolled and stays so until this transaction ends."""
    hold_who_is_who(tx)
    setting = settings.setting_of(tx, assignment_id)
    if setting is None:
        raise WorkRefused("nothing")
    if setting.programme_id not in settings.programmes_studied(tx, learner_id) or not keep_living(tx, learner_id):
        raise WorkRefused("enrolled")
    return setting


def window_for(tx: Connection, terms: Terms, assignment_id: int, learner_id: int, now: datetime) -> Window:
    """Whether this learner's work is taken now: with the longer time of what was sent back."""
    returned = [row.until for row in store.returns_of(tx, assignment_id, learner_id)]
    return window_at(terms, now, max(returned, default=None))


def _hand_in(
    tx: Connection,
    assignment_id: int,
    learner_id: int,
    text: str,
    uploads: Sequence[Upload],
    keep: Sequence[int],
    now: datetime,
) -> HandedIn:
    setting = setting_for(tx, assignment_id, learner_id)
    window = window_for(tx, setting.terms, assignment_id, learner_id, now)
    if window in ("early", "closed"):
        raise WorkRefused(window)
    versions = store.versions_of(tx, assignment_id, learner_id)
    if versions and _being_marked(tx, assignment_id, learner_id, versions[0].id):
        raise WorkRefused("marked")
    again = store.files_of(tx, [versions[0].id])[versions[0].id] if versions and keep else []
    kept = [(row.name, row.sha256) for row in again if row.id in keep]
    _check(setting.terms, text, len(uploads) + len(kept))
    kept += [(upload.name, keep_file(tx, upload, now)) for upload in uploads]
    version = versions[0].version + 1 if versions else 1
    proof = receipt(assignment_id, learner_id, version, text or None, [digest for _, digest in kept], now)
    values = {
        "assignment_id": assignment_id, "learner_id": learner_id, "version": version, "text": text or None,
        "receipt": proof, "handed_in_at": now,
    }  # fmt: skip
    id = store.add_submission(tx, values, kept, now)
    store.save_draft(tx, assignment_id, learner_id, "", now)
    return HandedIn(id, version, proof, window == "late")


def _being_marked(tx: Connection, assignment_id: int, learner_id: int, submission_id: int) -> bool:
    """Whether a marker has looked at this version, and did not send it back."""
    if any(row.submission_id == submission_id for row in store.returns_of(tx, assignment_id, learner_id)):
        return False
    found = assessments.found_of(tx, assignment_id, learner_id)
    return any(one.submission_id == submission_id and one.kind == "marker" for one in found)


def _check(terms: Terms, text: str, files: int) -> None:
    if not text and not files:
        raise WorkRefused("empty")
    if text and not terms.text:
        raise WorkRefused("text-not-taken")
    if len(text) > MAX_TEXT:
        raise WorkRefused("text")
    if files and not terms.files:
        raise WorkRefused("files-not-taken")
    if files > WORK_FILES.files:
        raise WorkRefused("files")
