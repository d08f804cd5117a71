"""A morning in our own player, in the demo."""

from datetime import UTC, datetime

from sqlalchemy import Engine, select

from lms_tracker.actions.create_programme import create_programme
from lms_tracker.actions.import_catalogue import import_units
from lms_tracker.actions.import_roster import import_people
from lms_tracker.core.catalogue import parse_catalogue
from lms_tracker.core.roster import parse_roster
from lms_tracker.demo import cast
from lms_tracker.demo.courses import BASE, catalogue_table
from lms_tracker.demo.load import POLICY, SLUG
from lms_tracker.demo.player import UNIT, WATCHED_S, WATCHES, watch_with_our_player
from lms_tracker.demo.term import term
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading
from lms_tracker.store.ledger import entries_in_force

NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)


def test_a_principal_has_minutes_an_answered_and_a_missed_check_and_refused_requests(db: Engine) -> None:
    so_far = term(NOW.date())
    create_programme(db, SLUG, cast.PROGRAMME, POLICY, so_far.starts_on, so_far.ends_on, cast.BUREAU, now=NOW)
    import_units(db, parse_catalogue(catalogue_table()), SLUG, now=NOW)
    import_people(
        db, parse_roster(cast.roster_table()), SLUG, home_page=BASE, now=NOW, new_password=lambda: cast.PASSWORD
    )
    for _ in range(2):  # the second time it is there already
        watch_with_our_player(db, so_far.as_of, lambda: NOW)
    with reading(db) as tx:
        learner = tx.scalar(select(t.account.c.learner_id).where(t.account.c.login == WATCHES))
        assert learner is not None
        (entry,) = entries_in_force(tx, [learner])
        states = list(tx.scalars(select(t.player_check.c.state)))
        rows = tx.execute(select(t.player_refusal.c.reason, t.player_refusal.c.times))
        refused = {row.reason: row.times for row in rows}
    assert entry.activity == UNIT
    assert WATCHED_S / 4 * 1e6 < entry.credited_us < entry.raw_us
    assert entry.discounted.get("unanswered", 0) > 60e6
    assert states.count("answered") >= 2
    assert refused == {"replayed": 1, "forged": 1}
