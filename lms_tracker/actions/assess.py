"""A marker, or a peer, says what they found of a work; or the marker sends it back."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from lms_tracker.actions.count_review import count_review
from lms_tracker.actions.hand_in import WorkRefused
from lms_tracker.actions.settle_marks import post_marks
from lms_tracker.actions.standing import Standing, standings
from lms_tracker.core.assignments.agreement import agreed
from lms_tracker.core.assignments.rubric import cents, mark_of
from lms_tracker.core.assignments.terms import Terms
from lms_tracker.core.typed import legible
from lms_tracker.store import assessments, submissions
from lms_tracker.store import assignments as settings
from lms_tracker.store.assignments import Setting
from lms_tracker.store.db import writing
from lms_tracker.store.reviews import accounts_of

MAX_REMARK, MAX_COMMENT = 500, 2000


class Judgement(Struct, frozen=True):
    """What somebody found: levels and remarks by criterion (numbers from 0), or, without a rubric, the mark itself."""

    chosen: Mapping[int, int]
    remarks: Mapping[int, str]
    comment: str | None
    mark: Decimal | None = None


def assess(db: Engine, assignment_id: int, submission_id: int, made: Judgement, *, by: int, now: datetime) -> Decimal:
    """Record what a marker found; the mark of this assessment. What the same marker found before is replaced.

    Raises WorkRefused: `version` (there is a newer one, or none), `returned`, `own`, `enough` (others have marked it, and
    agree), `final` (two markers' finding stands: no going back in sight of the other's), `rubric`, `mark`, `words`.
    """
    with writing(db) as tx:
        setting, one = _work(tx, assignment_id, submission_id, now)
        if by in accounts_of(tx, one.work.learner_id):
            raise WorkRefused("own")
        if one.returned is not None:
            raise WorkRefused("returned")
        _check_turn(one, setting.terms, by)
        mark, made = judged(setting.terms, made)
        assessments.record(
            tx, submission_id, setting.terms_id, marker_id=by, mark=mark, chosen=made.chosen, remarks=made.remarks,
            comment=made.comment, now=now,
        )  # fmt: skip
        post_marks(tx, setting, now)
        return mark


def send_back(
    db: Engine, assignment_id: int, submission_id: int, *, words: str, until: datetime, by: int, now: datetime
) -> None:
    """Return a work to be revised until an instant. Raises WorkRefused: `version`, `own`, `returned`, `until`, `words`,
    `enough` (its mark is final)."""
    words = legible(words)
    if not 1 <= len(words) <= MAX_COMMENT:
        raise WorkRefused("words")
    if until <= now:
        raise WorkRefused("until")
    try:
        with writing(db) as tx:
            _, one = _work(tx, assignment_id, submission_id, now)
            if by in accounts_of(tx, one.work.learner_id):
                raise WorkRefused("own")
            if one.final is not None:
                raise WorkRefused("enough")
            submissions.add_return(tx, submission_id, words, until, by, now)
    except IntegrityError as e:
        raise WorkRefused("returned") from e


def review(db: Engine, pair_id: int, made: Judgement, *, reviewer: int, now: datetime) -> Decimal:
    """Record what a peer found, until reviewing ends. Raises WorkRefused: `pair` (not this learner's, or passed on),
    `closed`, `rubric`, `mark`, `words`; a peer's comment is not left out."""
    with writing(db) as tx:
        pair = assessments.pair_by_id(tx, pair_id)
        if pair is None or pair.learner_id != reviewer or pair.ended_at is not None:
            raise WorkRefused("pair")
        settings.hold_assignment(tx, pair.assignment_id)
        setting = settings.setting_of(tx, pair.assignment_id)
        if setting is None or setting.terms.peer is None or now > setting.terms.peer.due_at:
            raise WorkRefused("closed")
        if not legible(made.comment or ""):
            raise WorkRefused("comment")
        mark, made = judged(setting.terms, made)
        assessments.record(
            tx, pair.submission_id, setting.terms_id, reviewer=reviewer, mark=mark, chosen=made.chosen,
            remarks=made.remarks, comment=made.comment, now=now,
        )  # fmt: skip
        count_review(tx, setting, pair, now)
        return mark


def judged(terms: Terms, made: Judgement) -> tuple[Decimal, Judgement]:
    """The mark, and the judgement as it is kept. Raises WorkRefused."""
    comment = legible(made.comment or "") or None
    remarks = {n: said for n, text in made.remarks.items() if (said := legible(text))}
    if len(comment or "") > MAX_COMMENT or any(len(said) > MAX_REMARK for said in remarks.values()):
        raise WorkRefused("words")
    if terms.rubric:
        mark = mark_of(terms.rubric, made.chosen)
        if mark is None:
            raise WorkRefused("rubric")
        known = range(len(terms.rubric))
        chosen = {n: made.chosen[n] for n in known}
        return mark, Judgement(chosen, {n: said for n, said in remarks.items() if n in known}, comment)
    if made.mark is None or not made.mark.is_finite() or not 0 <= made.mark <= 100:
        raise WorkRefused("mark")
    return cents(made.mark), Judgement({}, {}, comment)


def _check_turn(one: Standing, terms: Terms, by: int) -> None:
    mine = one.marked_by(by)
    needed = agreed([marker.mark for marker in one.markers], terms).needed
    if mine is None and not needed:
        raise WorkRefused("enough")
    if mine is not None and terms.markers == 2 and (not needed or len(one.markers) > 1):
        raise WorkRefused("final")


def _work(tx: Connection, assignment_id: int, submission_id: int, now: datetime) -> tuple[Setting, Standing]:
    """The work, which nobody else marks until this transaction ends."""
    settings.hold_assignment(tx, assignment_id)
    setting = settings.setting_of(tx, assignment_id)
    one = None if setting is None else standings(tx, setting, now).of(submission_id)
    if setting is None or one is None:
        raise WorkRefused("version")
    return setting, one
