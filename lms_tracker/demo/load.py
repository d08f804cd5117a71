"""Loading the demo: through the actions that real people, evidence, marks and bulletins go through.

Every step may be done twice, and the first remembers the day: a load that was interrupted is simply done again.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
from sqlalchemy import Engine, insert, select, update

from lms_tracker.actions.add_medium import add_file, open_unit, set_chapters
from lms_tracker.actions.create_account import create_account, grant_role
from lms_tracker.actions.create_assignment import create_assignment
from lms_tracker.actions.create_programme import create_programme
from lms_tracker.actions.credentials import NameTaken, create_credential
from lms_tracker.actions.file_appeal import Target, file_appeal
from lms_tracker.actions.import_catalogue import import_units
from lms_tracker.actions.import_roster import import_people
from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.issue_bulletin import issue_bulletin
from lms_tracker.actions.policies import load_policy
from lms_tracker.actions.record_mark import record_mark
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.actions.suspect import suspect
from lms_tracker.core.catalogue import parse_catalogue
from lms_tracker.core.roster import parse_roster
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.demo import cast
from lms_tracker.demo.assignments import load_assignments
from lms_tracker.demo.belonging import show_belonging
from lms_tracker.demo.card import add_credit_cards
from lms_tracker.demo.courses import BASE, GUIDE, WORK, catalogue_table
from lms_tracker.demo.past import add_past_programme
from lms_tracker.demo.player import watch_with_our_player
from lms_tracker.demo.reserve import add_reserve_pool
from lms_tracker.demo.results import publish_interim_results
from lms_tracker.demo.rules import adopt_other_rules
from lms_tracker.demo.tape import Sent
from lms_tracker.demo.term import Term, at, evidence, half_months, marks, term
from lms_tracker.demo.together import fill_together
from lms_tracker.paths import PACKAGE
from lms_tracker.store.accounts import account_by_login
from lms_tracker.store.credentials import Credential, credential_named, credential_of
from lms_tracker.store.db import reading, writing
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.media import unit_of_activity
from lms_tracker.store.people import organisation_named
from lms_tracker.store.programmes import programme_by_slug
from lms_tracker.store.tables import job_run

log = logging.getLogger(__name__)

SLUG = "p1-principals"
POLICY = "p1-principals"
JOB = "demo"
BATCH = 1000
SOURCES = {"青禾教师网": "demo-teachers-net", "云讲堂 2.1": "demo-cloud-lectures"}
"""Platform in the statements -> name of its credential."""


class DemoRefused(ValueError):
    """The demo cannot be loaded here. The message says why."""


def is_loaded(db: Engine) -> bool:
    """Whether the demo is there, complete."""
    with reading(db) as tx:
        return tx.scalar(select(job_run.c.finished_at).where(job_run.c.job == JOB)) is not None


def load_demo(
    db: Engine,
    *,
    seed: int,
    today: date,
    clock: Callable[[], datetime],
    say: Callable[[str], None] = log.info,
    media: Path | None = None,
) -> None:
    """Load the programme as it looks on the local day `today`. `say` hears of each step. `media`: the folder of media.

    Raises DemoRefused when a programme of that name is there that is not the demo.
    """
    now = clock()
    seed, so_far = _begin(db, seed, today, now)
    programme_id = _open_programme(db, so_far, now)
    if media is not None:
        _show(db, media, now)
    say(f"{len(cast.learners())} principals and their courses are there")
    _send(db, evidence(seed, so_far), now, say)
    settled = settle_all(db, clock)
    say(f"study time of {settled} learners settled")
    _hand_in(db, programme_id, seed, so_far)
    for period, due in _due(so_far)[-2:]:
        issue_bulletin(db, programme_id, period, as_of=due, now=due)
        say(f"bulletin {period} issued")
    _have_reviewed(db, clock, say)
    adopt_other_rules(db, programme_id, so_far, clock)
    say("other rules are adopted, from four weeks ago on")
    load_assignments(db, programme_id, seed, so_far.as_of, clock)
    say("assignments are handed in, marked and reviewed")
    fill_together(db, programme_id, so_far.as_of, clock)
    say("meetings, an exam, research output, notes, books, surveys and questions are there")
    watch_with_our_player(db, so_far.as_of, clock)
    say("a morning in our own player is there")
    publish_interim_results(db, programme_id, clock)
    add_credit_cards(db, (so_far.as_of + timedelta(hours=12)).date(), clock())
    add_reserve_pool(db, (so_far.as_of + timedelta(hours=12)).date(), clock)
    add_past_programme(db, (so_far.as_of + timedelta(hours=12)).date(), clock)
    say("the credit cards, the pool of reserve leaders and last year's programme with its certificates are there")
    show_belonging(db, programme_id, so_far, clock)
    say("organisations, transfers, contact notes and the calendar are there")
    with writing(db) as tx:
        tx.execute(update(job_run).where(job_run.c.job == JOB).values(finished_at=clock()))


def _begin(db: Engine, seed: int, today: date, now: datetime) -> tuple[int, Term]:
    """The seed and the term of this load, or of the one that was interrupted."""
    with writing(db) as tx:
        begun = tx.execute(select(job_run).where(job_run.c.job == JOB)).first()
        if begun is not None:
            day = (begun.due_at + timedelta(hours=12)).date()  # local midnight of the programme lies on the day before
            return int(begun.outcome), term(day)
        if programme_by_slug(tx, SLUG) is not None:
            raise DemoRefused(f"there is a programme {SLUG} already, and it is not the demo; nothing was changed")
        so_far = term(today)
        tx.execute(insert(job_run).values(job=JOB, due_at=so_far.as_of, started_at=now, outcome=str(seed)))
    return seed, so_far


def _open_programme(db: Engine, so_far: Term, now: datetime) -> int:
    with reading(db) as tx:
        there = programme_by_slug(tx, SLUG)
    programme_id = (
        there.id
        if there
        else create_programme(db, SLUG, cast.PROGRAMME, POLICY, so_far.starts_on, so_far.ends_on, cast.BUREAU, now=now)
    )
    import_units(db, parse_catalogue(catalogue_table()), SLUG, now=now)
    import_people(
        db, parse_roster(cast.roster_table()), SLUG, home_page=BASE, now=now, new_password=lambda: cast.PASSWORD
    )
    for login, name, role in cast.STAFF:
        if role in cast.OUTSIDE_THE_ROSTER:
            with reading(db) as tx:
                account, bureau = account_by_login(tx, login), organisation_named(tx, cast.BUREAU)
            assert bureau is not None
            account_id = account.id if account else create_account(db, login, name, cast.PASSWORD, now=now)
            grant_role(db, account_id, role, organisation_id=bureau.id, now=now)
    return int(programme_id)


def _show(db: Engine, media: Path, now: datetime) -> None:
    """Two units with media of our own, which a learner can study here."""
    for iri, _, _, _, file, chapters in GUIDE:
        with reading(db) as tx:
            unit = unit_of_activity(tx, iri)
        if unit is None:  # not there from a load that was interrupted
            add_file(db, media, iri, PACKAGE / "demo" / "media" / file, by=None, now=now)
            set_chapters(db, iri, chapters)
            open_unit(db, iri, is_open=True, by=None, now=now)


def _send(db: Engine, sent: list[Sent], now: datetime, say: Callable[[str], None]) -> None:
    """In the order of receipt, each platform under its own credential."""
    sources = {platform: _source(db, name, now) for platform, name in SOURCES.items()}
    say(f"sending {len(sent)} statements")
    for start in range(0, len(sent), BATCH):
        batch = sent[start : start + BATCH]
        for platform, source in sources.items():
            mine = [one for one in batch if one.statement["context"]["platform"] == platform]
            if mine:
                ingest(
                    db,
                    [msgspec.json.encode(one.statement) for one in mine],
                    credential=source,
                    evidence=source.evidence,
                    now=now,
                    received=True,
                    stored=[one.stored for one in mine],
                )


def _have_reviewed(db: Engine, clock: Callable[[], datetime], say: Callable[[str], None]) -> None:
    """What looks automated is held, and somebody whose network failed appeals: both wait for the head teacher."""
    say(f"time of {suspect(db, clock())} learner held until somebody has looked at it")
    settle_all(db, clock)
    with reading(db) as tx:
        who = account_by_login(tx, cast.APPEALS)
        assert who is not None and who.learner_id is not None
        late = [entry for entry in entries_in_force(tx, [who.learner_id]) if entry.discounted.get("clock")]
    worst = max(late, key=lambda entry: entry.discounted["clock"], default=None)
    if worst is not None:
        target = Target(worst.activity, worst.session, worst.registration, worst.date, "clock")
        with suppress(NotAllowed):  # it is there, from a load that was interrupted
            file_appeal(db, who.learner_id, target, words=cast.APPEAL, files=[], now=clock())


def _due(so_far: Term) -> list[tuple[str, datetime]]:
    """The half months whose bulletin was due by now, and the cut-off with which the schedule would have issued it."""
    grading = load_policy(POLICY).grading
    assert grading is not None
    wait = timedelta(seconds=grading.bulletin.wait_s)
    return [(period, ended + wait) for period, ended in half_months(so_far) if ended + wait <= so_far.as_of]


def _source(db: Engine, name: str, now: datetime) -> Credential:
    try:
        return create_credential(db, name, now=now)[0]  # nobody needs the secret: new keys can be made
    except NameTaken:
        with reading(db) as tx:
            row = credential_named(tx, name)
        assert row is not None
        return credential_of(row)


def _hand_in(db: Engine, programme_id: int, seed: int, so_far: Term) -> None:
    began = at(so_far.starts_on, time())
    work = [
        create_assignment(
            db,
            programme_id,
            component,
            title,
            so_far.starts_on + timedelta(days=due),
            weight=Decimal(weight),
            now=began,
        )
        for title, component, due, weight in WORK
    ]
    with reading(db) as tx:
        people = {login: account_by_login(tx, login) for login, *_ in cast.STAFF}
        learner = {p.login: account_by_login(tx, p.login) for p in cast.learners()}
    for one in marks(seed, so_far):
        who, expert = learner[one.learner], people[one.expert]
        assert who is not None and who.learner_id is not None and expert is not None
        record_mark(db, work[one.work], who.learner_id, one.mark, marked_by=expert.id, comment=one.comment, now=one.at)
