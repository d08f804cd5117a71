"""Signals against what the same software tells of others: what it does for all is nobody's fault."""

import pytest
from msgspec.structs import replace

from lms_tracker.core.study.suspicion.company import Company
from lms_tracker.core.study.suspicion.found import Found
from lms_tracker.core.study.suspicion.model import weigh
from lms_tracker.core.study.suspicion.openings import openings
from lms_tracker.core.study.suspicion.sketches import Sketch, sketch
from lms_tracker.core.xapi.vocabulary import EXT_PROOF
from tests.bench.idle.__main__ import load_model
from tests.bench.idle.measure import signs_of
from tests.bench.idle.people import Habit, study
from tests.bench.idle.player import Style, lines
from tests.bench.idle.population import learner
from tests.core.study.suspicion.simulated import H, one, sessions

APP = ("", "app", "")
DAYS = [n * 24 * H for n in range(8)]


def told(number: int, days: list[int] = DAYS, **more: object) -> list[Sketch]:
    """Sessions of an hour of which a producer tells so."""
    return [
        replace(item, **more) for item in sessions(number, [at + number * H // 20 for at in days], f"own{number}", H)
    ]


def others(many: int = 12, **more: object) -> list[Sketch]:
    return [item for number in range(2, 2 + many) for item in told(number, **more)]


def found(own: list[Sketch], beside: list[Sketch]) -> dict[str, Found]:
    return Company(own + beside).signals(1)


def test_answers_without_an_input_where_others_have_one_are_a_scripts() -> None:
    bare, touched = {"answers": (5, 4)}, {"answers": (5, 0)}
    shown = found(told(1, **bare), others(**touched))
    assert shown["bare_answers"].value > 0.6 and shown["bare_answers"].count == 40
    assert load_model().holds(weigh(shown, load_model()))
    assert found(told(1, **touched), others(**touched))["bare_answers"].value == 0
    assert "bare_answers" not in found(told(1, **bare), others(**bare)), "it does not count the press"
    assert "bare_answers" not in found(told(1, **bare), others(9, **touched)), "too few others to say"
    assert "bare_answers" not in found(told(1, **bare, producer=APP), others(**touched)), "other software"
    cheats = [replace(item, learner_id=item.learner_id + 50) for item in others(20, **bare)]
    assert "bare_answers" in found(told(1, **bare), others(**touched) + cheats), "cheats in plenty hide nobody"


def test_pauses_that_are_always_over_within_seconds_where_others_last_are_a_scripts() -> None:
    short, long = {"pauses": (4, 4)}, {"pauses": (4, 1)}
    shown = found(told(1, **short), others(**long))
    assert shown["short_pauses"].value > 0.85 and shown["short_pauses"].count == 32
    assert load_model().holds(weigh(shown, load_model()))
    assert found(told(1, **long), others(**long))["short_pauses"].value < 0.5
    assert "short_pauses" not in found(told(1, **short), others(**short)), "its player pauses when it buffers"
    assert "short_pauses" not in found(told(1, **short), others(9, **long)), "too few others to say"
    assert "short_pauses" not in found(told(1, DAYS[:1], **short), others(**long)), "four pauses are few"


def test_study_in_which_nothing_is_touched_but_to_answer_is_one_sign_among_others() -> None:
    bare, busy = {"touched": False}, {"touched": True}
    shown = found(told(1, **bare), others(**busy))
    assert shown["only_answers"].value == 1 and shown["only_answers"].count == 8
    alone = {"only_answers": shown["only_answers"]}
    assert not load_model().holds(weigh(alone, load_model())), "somebody may watch, and nothing else"
    with_another = alone | {"untouched_answers": Found(0.9, 40, ())}
    assert load_model().holds(weigh(with_another, load_model()))
    some = told(1, DAYS[:5], **bare) + told(1, DAYS[5:], **busy)
    assert found(some, others(**busy))["only_answers"].value == pytest.approx(5 / 8)
    assert "only_answers" not in found(told(1, **bare), others(**bare)), "before that page people watch"
    assert "only_answers" not in found(told(1, DAYS[:3], **bare), others(9, **busy)), "too few others to say"
    short = [replace(item, played_us=H // 2) for item in told(1, DAYS[:3], **bare)]
    assert "only_answers" not in found(short, others(**busy)), "an hour and a half is one evening"


def test_statements_without_proofs_where_others_carry_them_are_a_scripts() -> None:
    bare, proved = {"proofs": (100, 3)}, {"proofs": (100, 100)}
    shown = found(told(1, **bare), others(**proved))
    assert shown["unproved"].value == pytest.approx(8) and load_model().holds(weigh(shown, load_model()))
    assert "unproved" not in found(told(1, proofs=(100, 60)), others(**proved)), "a poor line loses some"
    assert "unproved" not in found(told(1, **bare), others(**bare)), "its software has none"
    assert "unproved" not in found(told(1, DAYS[:2], **bare), others(**proved)), "two sessions are an accident"


def test_sessions_that_nobody_opened_where_others_are_opened_are_a_scripts() -> None:
    bare, whole = {"opened": False, "proofs": (100, 0)}, {"opened": True, "proofs": (100, 0)}
    shown = found(told(1, **bare), others(**whole))
    assert shown["unopened"].value == pytest.approx(8) and load_model().holds(weigh(shown, load_model()))
    assert "unopened" not in found(told(1, **bare), others(**bare)), "its software does not say"
    assert "unopened" not in found(told(1, **whole), others(**whole))


def test_a_proof_counts_where_it_came_first() -> None:
    who = one("ordinary", days=2)
    for number, (statement, _) in enumerate(who.statements):
        statement["context"].setdefault("extensions", {})[EXT_PROOF] = f"p{number // 2}"
    proofs = [sketch(1, o).proofs for o in openings(signs_of(lines(who)))]
    assert proofs and all(
        statements > 10 and abs(own * 2 - statements) <= 2 for statements, own in proofs if statements
    )


def test_platforms_that_are_called_by_their_browsers_are_one_software() -> None:
    bare, touched = {"answers": (5, 4)}, {"answers": (5, 0)}

    def in_browsers(names: list[str], **more: object) -> list[Sketch]:
        return [
            item
            for number in range(2, 22)
            for item in told(number, producer=("", names[number % len(names)], ""), **more)
        ]

    def shown(own: str, names: list[str], **more: object) -> bool:
        return "bare_answers" in found(told(1, **bare, producer=("", own, "")), in_browsers(names, **more))

    browsers = ["Edge/Windows", "Chrome 124", "Safari/macOS", "Android WebView"]
    assert shown("Edge/Windows", browsers, **touched)
    assert not shown("Edge/Windows", browsers, **bare)
    assert not shown("Study App", browsers, **touched), "a name of its own is another software"
    assert not shown("Study App", ["Study App 2", "Moodle", "xyz"], **touched)


def test_beats_drawn_by_lot_where_others_keep_time_are_a_scripts() -> None:
    drawn, timer = {"jitter": 0.4, "still": True}, {"jitter": 0.01, "still": True}
    shown = found(told(1, **drawn), others(**timer))
    assert shown["drawn_beats"].value == pytest.approx(8)
    assert load_model().holds(weigh(shown, load_model()))
    assert "drawn_beats" not in found(told(1, **drawn), others(**drawn)), "its timer is loose"
    assert "drawn_beats" not in found(told(1, **drawn), others(9, **timer)), "too few others to say"
    assert "drawn_beats" not in found(told(1, jitter=0.4, still=False), others(**timer)), "somebody paused"
    assert "drawn_beats" not in found(told(1, **drawn, producer=APP), others(**timer)), "other software"
    some = told(1, DAYS[:4], **drawn) + told(1, DAYS[4:], **timer)
    assert found(some, others(**timer))["drawn_beats"].value == pytest.approx(4), "its owner studies as well"


def test_a_timer_keeps_time_whatever_somebody_does_and_a_draw_does_not() -> None:
    def jitter(style: Style, habit: Habit) -> float:
        who = learner("beats", True, 1, 9)
        who.style = style
        study(who, habit, 1)
        told_ = sketch(1, openings(signs_of(lines(who)))[0]).jitter
        assert told_ is not None
        return told_

    who = learner("beats", True, 1, 9)
    assert jitter(Style(beat=lambda: 20.0), Habit(pauses=6, rewinds=6, glances=9)) < 0.01
    assert jitter(Style(beat=lambda: who.rng.uniform(10, 25)), Habit()) > 0.3


def test_pauses_that_end_by_themselves_where_others_stay_paused_are_a_scripts() -> None:
    shown = found(told(1, blips=6), others())
    assert shown["resumed"].value == pytest.approx(6) and shown["resumed"].count == 48
    assert load_model().holds(weigh(shown, load_model()))
    assert "resumed" not in found(told(1, blips=6), others(blips=6)), "its player goes on after every stall"
    assert "resumed" not in found(told(1, blips=6), others(9)), "too few others to say"
    assert "resumed" not in found(told(1, blips=1), others()), "once in an hour is anybody"


def test_checks_that_never_come_where_others_are_asked_are_missing() -> None:
    assert found(told(1, checks=0), others(checks=4))["unasked"].value > 20
    assert "unasked" not in found(told(1, checks=4), others(checks=4))
    assert "unasked" not in found(told(1, checks=0), others(checks=0)), "nobody is asked there"
    assert "unasked" not in found(told(1), others(checks=4)), "it promises no heartbeats"
    now_and_then = told(1, DAYS[:5], checks=4) + told(1, DAYS[5:], checks=0, played_us=H // 5)
    assert found(now_and_then, others(checks=4))["unasked"].value < 0, "chance leaves some out"


def test_a_lesson_that_asks_nobody_is_no_fault_of_those_who_attend() -> None:
    lesson = [item for number in range(1, 8) for item in sessions(number, DAYS, f"own{number}", H)]
    attended = [replace(item, key=("live", *item.key[1:]), checks=0) for item in lesson]
    asked = [replace(item, key=("live", *item.key[1:]), checks=4, start=item.start + 5 * H) for item in others()]
    assert "unasked" not in Company(attended + asked).signals(1)
