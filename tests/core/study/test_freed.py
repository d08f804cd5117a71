"""What counts instead once somebody found that other time does not."""

from msgspec.structs import replace

from lms_tracker.core.study.decisions import Decision, Window, apply_decisions
from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.events import SECOND
from lms_tracker.core.study.policy import DEFAULTS
from lms_tracker.core.study.sessions import CatalogueItem
from tests.core.study.tape import BASE, VIDEO, Tape, totals, us

LENGTH = 600
CATALOGUE = {VIDEO: CatalogueItem(True, us(LENGTH)), "urn:doc": CatalogueItem(False, us(LENGTH))}
LENGTHS = {VIDEO: us(LENGTH), "urn:doc": us(LENGTH), "urn:other": None}


def rules(*tapes: Tape) -> list[Entry]:
    return settle([event for tape in tapes for event in tape.events], DEFAULTS, CATALOGUE)


def decided(*kinds: str, session: str = "s1", activity: str = VIDEO, until: float = 90000) -> list[Decision]:
    window = Window(activity, session, "r1", BASE, BASE + us(until))
    return [Decision(kind, window) for kind in kinds]  # type: ignore[arg-type]


def of(session: str, entries: list[Entry]) -> dict[str, float]:
    return totals([entry for entry in entries if entry.session == session])


def test_who_was_found_not_to_have_watched_may_watch() -> None:
    ledger = rules(Tape().watch(400), Tape("again", start=86400).watch(500))
    assert of("again", ledger) == {"raw": 500, "repeat": 400, "credited": 100}
    held = apply_decisions(ledger, decided("hold"), LENGTHS)
    assert of("again", held) == of("again", ledger), "held time counts until a person says otherwise"
    rejected = apply_decisions(ledger, decided("hold", "reject"), LENGTHS)
    assert of("s1", rejected) == {"raw": 400, "rejected": 400}
    assert of("again", rejected) == {"raw": 500, "credited": 500}


def test_what_is_rejected_in_part_gives_back_that_part() -> None:
    ledger = rules(Tape().watch(400), Tape("again", start=86400).watch(400))
    assert of("again", apply_decisions(ledger, decided("hold", "reject", until=100), LENGTHS)) == {
        "raw": 400, "credited": 100, "repeat": 300,
    }  # fmt: skip


def test_a_rejection_that_is_taken_back_takes_back_what_came_of_it() -> None:
    ledger = rules(Tape().watch(400), Tape("again", start=86400).watch(500))
    assert apply_decisions(ledger, decided("hold", "reject", "release"), LENGTHS) == ledger


def test_seconds_that_were_counted_elsewhere_count_where_somebody_was() -> None:
    other = Tape("t", "urn:other", start=100).watch(200)
    ledger = rules(Tape().watch(400), other)
    assert of("t", ledger) == {"raw": 200, "overlap": 200}
    assert of("t", apply_decisions(ledger, decided("hold", "reject"), LENGTHS)) == {"raw": 200, "credited": 200}


def test_what_is_given_back_is_judged_by_what_was_decided_about_its_own_session() -> None:
    ledger = rules(Tape().watch(400), Tape("again", start=86400).watch(400), Tape("third", start=2 * 86400).watch(400))
    both = decided("hold", "reject") + [
        Decision(kind, Window(VIDEO, "again", "r1", BASE, BASE + us(200000)))  # type: ignore[arg-type]
        for kind in ("hold", "reject")
    ]
    after = apply_decisions(ledger, both, LENGTHS)
    assert of("again", after) == {"raw": 400, "repeat": 400}
    assert of("third", after) == {"raw": 400, "credited": 400}
    waiting = [one for one in both if one.window.session == "s1" or one.kind == "hold"]
    assert of("again", apply_decisions(ledger, waiting, LENGTHS)) == {"raw": 400, "held": 400}
    assert of("third", apply_decisions(ledger, waiting, LENGTHS)) == {"raw": 400, "repeat": 400}


def test_nothing_is_given_back_beyond_the_length_or_twice() -> None:
    ledger = rules(Tape().watch(400), *(Tape(f"t{day}", start=86400 * day).watch(700) for day in (1, 2)))
    after = apply_decisions(ledger, decided("hold", "reject"), LENGTHS)
    assert of("t1", after)["credited"] <= LENGTH + 2 and of("t1", after)["repeat"] >= 98
    assert "credited" not in of("t2", after)


def test_a_document_has_room_again() -> None:
    def read(session: str, day: int) -> Tape:
        return Tape(session, "urn:doc", media=False, start=86400 * day).watch(500)

    ledger = rules(read("s1", 0), read("t", 1), read("u", 2))
    assert of("t", ledger) == {"raw": 500, "credited": 100, "repeat": 400}
    rejecting = decided("hold", "reject", activity="urn:doc")
    after = apply_decisions(ledger, rejecting, LENGTHS)
    assert of("t", after) == {"raw": 500, "credited": 500}
    assert of("u", after) == {"raw": 500, "credited": 100, "repeat": 400}
    assert apply_decisions(after, rejecting, LENGTHS) == after
    assert of("t", apply_decisions(ledger, rejecting)) == of("t", ledger), "without a length nobody can say"


def test_content_without_rejection_stays_where_it_was_counted() -> None:
    ledger = rules(
        Tape().watch(400), Tape("again", start=86400).watch(400), Tape("t", "urn:other", start=86500).watch(60)
    )
    after = apply_decisions(ledger, decided("hold", "reject", session="t", activity="urn:other"), LENGTHS)
    assert of("again", after) == of("again", ledger)
    assert [replace(entry, policy="") for entry in after if entry.session == "s1"] == [
        replace(entry, policy="") for entry in ledger if entry.session == "s1"
    ]
    assert sum(entry.raw_us for entry in after) == sum(entry.raw_us for entry in ledger) > 60 * SECOND
