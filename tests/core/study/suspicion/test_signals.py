"""Signals: each shows what its sentence says, and not what honest people do."""

import random
from collections.abc import Callable

import pytest

from lms_tracker.core.study.events import SECOND, Event, Kind
from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.core.study.suspicion import inputs
from lms_tracker.core.study.suspicion.answers import OF_ANSWERS
from lms_tracker.core.study.suspicion.found import Found
from lms_tracker.core.study.suspicion.model import parse_model, weigh
from lms_tracker.core.study.suspicion.openings import Opening, openings
from lms_tracker.core.study.suspicion.signals import OWN, other_answers, own_signals
from lms_tracker.core.study.suspicion.stretches import unbroken
from lms_tracker.core.study.suspicion.words import SENTENCES, say
from lms_tracker.core.xapi.vocabulary import EXT_INPUTS
from tests.bench.idle.__main__ import load_model
from tests.bench.idle.blind_cheats import leaves_soon, macro, reporter, short_units
from tests.bench.idle.blind_people import CRUDE
from tests.bench.idle.cheats import ALONE
from tests.bench.idle.measure import signs_of
from tests.bench.idle.people import HONEST, Habit, draw_habit, study
from tests.bench.idle.player import Learner, Player, Style, lines
from tests.bench.idle.population import learner
from tests.core.study.suspicion.simulated import H, one, opened

WAYS = ALONE | {"wavering reporter": reporter, "macro loop": macro, "leaves soon": leaves_soon}


def strange(found: dict[str, Found]) -> list[str]:
    return [name for name, _, _ in weigh(found, load_model()).moved]


@pytest.mark.parametrize(
    ("family", "signal"),
    [
        ("2 keep-alive script", "keep_alive"),
        ("6 jittered replay", "even_inputs"),
        ("U1 mouse jiggler", "even_inputs"),
        ("U2 account in shifts", "no_rest"),
        ("10 driven browser", "steady_answers"),
        ("11 bypassed check", "guessed_answers"),
        ("4 suppressed checks", "signless"),
        ("wavering reporter", "restless_speed"),
        ("8 parallel play", "side_by_side"),
        ("macro loop", "echoing_inputs"),
        ("leaves soon", "even_inputs"),
    ],
)
def test_a_family_moves_the_signal_that_is_about_it(family: str, signal: str) -> None:
    assert signal in strange(own_signals(opened(one(family, WAYS[family]))))


@pytest.mark.parametrize("family", HONEST)
def test_look_alikes_stay_below_the_threshold(family: str) -> None:
    model = load_model()
    assert weigh(own_signals(opened(one(family))), model).score < model.threshold


@pytest.mark.parametrize("family", CRUDE)
def test_crude_producers_of_honest_people_stay_below_the_threshold(family: str) -> None:
    who = learner(family, True, 2, 9)
    CRUDE[family](who, draw_habit(random.Random(9)), 6)
    model = load_model()
    assert weigh(own_signals(opened(who)), model).score < model.threshold


def test_a_few_inputs_beside_one_say_no_evenness_of_a_producer_that_counts_none() -> None:
    who = one("ordinary")
    for index, (statement, _) in enumerate(who.statements):
        extensions = statement["context"]["extensions"]
        if EXT_INPUTS in extensions:
            extensions[EXT_INPUTS] = 2 if index % 40 == 0 else min(1, extensions[EXT_INPUTS] + (index % 5 > 1))
    assert "even_inputs" not in own_signals(opened(who))


def test_a_script_that_takes_over_after_the_first_minutes_shows_by_what_follows_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sessions = opened(one("leaves soon", leaves_soon))
    found = own_signals(sessions)["even_inputs"]
    assert found.value < 0.15 and len(found.sessions) > 1
    monkeypatch.setattr(inputs, "BEGUN", 0)
    assert own_signals(sessions)["even_inputs"].value > 0.6, "taken whole, the first minutes hide it"


def busy(tells_s: float, hands: str = "poisson") -> Learner:
    who = learner("busy", True, 3, 9)
    who.style = Style(tells_s=tells_s)
    study(who, Habit(hands=hands), 6)
    return who


def test_a_producer_that_tells_of_inputs_once_a_minute_makes_nobody_a_clock_nor_an_echo() -> None:
    found = own_signals(opened(busy(60)))
    assert not {"clockwork_inputs", "echoing_inputs", "even_inputs"} & set(strange(found))
    assert found["even_inputs"].value > load_model().scales["even_inputs"].none


def test_a_timestamp_decades_ago_makes_no_session_of_decades() -> None:
    who = busy(0)
    before = own_signals(opened(who)[:3])
    assert before["echoing_inputs"].value == 0
    first = opened(who)[0].key
    who.statements[0][0]["timestamp"] = "1971-01-01T00:00:00.000Z"
    sessions = [o for o in opened(who) if o.key == first]
    assert sessions[0].end - sessions[0].start > 40 * 365 * 24 * H
    assert "echoing_inputs" not in own_signals(sessions)


def test_so_many_inputs_every_minute_are_even_though_most_beats_have_none() -> None:
    who = busy(60)
    for statement, _ in who.statements:
        extensions = statement["context"]["extensions"]
        extensions[EXT_INPUTS] = 3 if extensions[EXT_INPUTS] else 0
    assert own_signals(opened(who))["even_inputs"].value < 0.2


def test_short_sessions_without_a_sign_add_up_only_where_the_producer_would_tell_of_one() -> None:
    who = learner("short", False, 1, 9)
    who.style = Style(checks=False)
    short_units(who, 3)
    assert own_signals(opened(who))["signless"].value > 1
    for statement, _ in who.statements:
        del statement["context"]["extensions"][EXT_INPUTS]
    assert "signless" not in own_signals(opened(who))


def test_order_and_repetition_of_statements_change_nothing() -> None:
    signs = list(signs_of(lines(one("ordinary"))))
    shuffled = signs * 2
    random.Random(1).shuffle(shuffled)
    assert openings(shuffled) == openings(signs)
    assert own_signals(openings(shuffled)) == own_signals(openings(signs))


def test_what_a_bridge_states_twice_under_a_new_id_counts_once() -> None:
    who = one("ordinary")
    before = own_signals(opened(who))
    who.statements += [(s | {"id": s["id"][:-4] + "ffff"}, stored + 1) for s, stored in who.statements]
    assert own_signals(opened(who)) == before


def test_too_little_evidence_says_nothing_about_presence() -> None:
    who = one("ordinary", days=1)
    assert not {"quick_answers", "steady_answers", "untouched_answers"} & own_signals(opened(who)[:1]).keys()
    assert own_signals([]) == {}


def test_a_producer_that_only_says_whether_there_was_input_is_not_even() -> None:
    who = one("ordinary")
    for statement, _ in who.statements:
        extensions = statement["context"]["extensions"]
        if EXT_INPUTS in extensions:
            extensions[EXT_INPUTS] = min(1, extensions[EXT_INPUTS] + (statement["id"][0] in "0123456789"))
    assert "even_inputs" not in own_signals(opened(who))


def evening(units: int, rest_s: float, act: Callable[[Player], None] = lambda p: None, length: float = 2400.0) -> float:
    """Hours beyond the second that somebody spent who takes so many units with so long between them; `act` in each's middle."""
    who = learner("evening", True, 1, 9)
    who.style = Style()
    at = 1_772_323_200.0
    for number in range(units):
        p = Player(who, at, f"https://school.example/course/{number}", length)
        p.open()
        p.play()
        p.run(length / 2)
        act(p)
        p.run(length / 2)
        p.pause()  # as players do at the end
        p.close(completed=True)
        at = p.at + rest_s
    found = unbroken(opened(who))
    return found.value if found else 0.0


def test_hours_on_end_without_a_pause_count_from_the_third_on() -> None:
    assert evening(6, 20) == pytest.approx(2, abs=0.1)
    assert evening(3, 20) < 0.1


def test_who_rests_or_does_anything_else_now_and_then_is_not_unbroken() -> None:
    def glances(p: Player) -> None:
        p.focus(False)
        p.run(20)
        p.focus(True)

    def blips(p: Player) -> None:
        p.pause()
        p.run(0.5)
        p.play()

    assert evening(6, 240) == 0, "some minutes between two units are a rest"
    assert evening(6, 20, glances) == 0
    assert evening(6, 20, lambda p: p.seek(p.position - 30)) == 0
    assert evening(6, 20, blips) > 1.9, "a script presses play"
    assert evening(2, 20, length=4 * 3600) == 0, "nobody can pause a live lesson, and a long lecture is one"


def test_a_producer_without_heartbeats_cannot_say_that_it_played_for_hours() -> None:
    who = one("older platform")
    assert unbroken(opened(who)) is None


def test_every_signal_has_words_in_both_languages_and_a_place_on_the_card() -> None:
    card = load_model().scales
    relations = {"replay", "in_step", "crowded_device", "handed_over", "tried_before", "stand_in"}
    relations |= {"paced_and_quick", "paced_and_still", "drawn_beats", "bare_answers", "unasked", "relay", "shadowed"}
    relations |= {"resumed", "volley", "short_pauses", "unproved", "unopened", "copies", "in_order", "queued"} | {
        "only_answers"
    }
    assert set(SENTENCES) == set(card) == set(OWN) | set(OF_ANSWERS) | relations
    for name in SENTENCES:
        found = Found(0.5, 12, (("a", "s", ""),))
        assert "{" not in say(name, found, "zh_CN") + say(name, found, "en")
        assert say(name, found, "zh") != say(name, found, "en")


@pytest.mark.parametrize(
    ("power", "zh", "en"),
    [
        (1.0, "约 10 倍", "about 10 times"),
        (2.48, "约 300 倍", "about 300 times"),
        (3.98, "约 1 万倍", "about 10,000 times"),
        (5.3, "约 20 万倍", "about 200,000 times"),
        (6.0, " 100 万倍以上", "more than a million times"),
    ],
)
def test_how_much_likelier_is_said_as_people_say_it(power: float, zh: str, en: str) -> None:
    found = Found(power, 60, (("a", "s", ""),))
    assert f"相比的{zh}；" in say("drawn_answers", found, "zh")
    assert f"fit that {en} better" in say("drawn_answers", found, "en")
    assert say("side_by_side", Found(500.0, 2, ()), "zh"), "no other value is a power"


def test_a_faulty_model_is_refused_with_all_faults() -> None:
    text = 'name = "x"\nthreshold = "high"\n[signals]\nnobody = { none = 1, full = 1, points = 2 }\n'
    with pytest.raises(PolicyErrors) as e:
        parse_model(text, frozenset(SENTENCES))
    assert len(e.value.faults) == 4  # threshold, window_days, the name, no distance between none and full


def test_weak_signs_never_add_up_to_a_hold() -> None:
    model = load_model()
    full = {name: Found(scale.full, 9, ()) for name, scale in model.scales.items()}
    weak = {name: found for name, found in full.items() if model.scales[name].points < model.threshold / 2}
    weak["in_step"] = Found(2.8, 9, ())
    assert weigh(weak, model).score > model.threshold and not model.holds(weigh(weak, model))
    in_part = {"even_inputs": Found(0.4, 90, ()), "drawn_answers": Found(3.0, 40, ()), "lifeless": full["lifeless"]}
    assert model.holds(weigh(in_part, model)), "two signs that hold alone, each in part, and a weak one"
    assert model.holds(weigh({"replay": full["replay"]}, model))


def test_points_grow_in_proportion_and_stop_at_the_full_value() -> None:
    model = parse_model(
        'name = "x"\nthreshold = 1\nwindow_days = 14\n[signals]\nno_rest = { none = 10, full = 20, points = 50 }\n'
    )
    worth = [weigh({"no_rest": Found(value, 1, ())}, model).score for value in (5, 10, 15, 20, 24)]
    assert worth == [0, 0, 25, 50, 50]
    assert model.id.startswith("x@") and len(model.id) == 14


def four_days(act: Callable[[Player], None]) -> dict[str, Found]:
    """What four sessions show in which somebody acts so."""
    who = learner("four days", True, 1, 9)
    who.style = Style()
    for day in range(4):
        p = Player(who, 1_772_400_000.0 + day * 86400, f"https://school.example/course/{day}", 1800.0)
        p.open()
        p.play()
        act(p)
        p.close()
    return own_signals(opened(who))


def test_somebody_who_hits_the_key_twice_presses_no_play_by_a_script() -> None:
    def found(inputs: int) -> dict[str, Found]:
        def act(p: Player) -> None:
            for _ in range(12):
                p.run(140)
                p.pause()
                p.run(0.3)
                p.pending += inputs
                p.play()

        return four_days(act)

    assert found(0)["keep_alive"].value > 20
    assert "keep_alive" not in found(2)


def test_a_check_that_runs_out_after_another_was_answered_was_not_the_one_that_was_asked() -> None:
    def found(between: float) -> dict[str, Found]:
        def act(p: Player) -> None:
            p.run(300)
            p.answer(5)
            p.run(between - 60)
            p.miss(60)
            p.run(300)

        return four_days(act)

    assert found(90)["other_answers"].value == 4
    assert load_model().holds(weigh(found(90), load_model()))
    assert "other_answers" not in found(300), "somebody answered, and left"


def test_an_answer_to_another_check_is_no_answer() -> None:
    def counted(*told: tuple[int, Kind, str]) -> float:
        events = [
            Event(id=f"{at}", at=at * SECOND, stored=at * SECOND, kind=kind, activity="a", success=False)
            for at, kind, _ in told
        ]
        o = Opening(("a", "s", ""), events, "", [], None, 0, 0, [], checks=[check for *_, check in told])
        found = other_answers([o])
        return found.value if found else 0

    assert counted((0, Kind.MISSED, "one"), (5, Kind.ANSWERED, "two")) == 1
    assert counted((0, Kind.MISSED, "one"), (5, Kind.ANSWERED, "one")) == 0, "answered after all"
    assert counted((0, Kind.MISSED, "one"), (300, Kind.ANSWERED, "two")) == 0, "back in time for the next"
    assert counted((0, Kind.ANSWERED, "one"), (300, Kind.ANSWERED, "one")) == 0, "a question that is asked again"
    assert counted((0, Kind.ANSWERED, "one"), (60, Kind.MISSED, "one")) == 0, "wrong, and then too late"
    assert counted((0, Kind.MISSED, ""), (5, Kind.ANSWERED, "")) == 0, "nothing says which"


def test_with_two_sessions_nobody_has_habits() -> None:
    who = one("U1 mouse jiggler", WAYS["U1 mouse jiggler"])
    assert strange(own_signals(opened(who)))
    assert own_signals(opened(who)[:2]) == {}
