"""Signals: each shows what its sentence says, and not what honest people do."""

import random
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from lms_tracker.core.study.events import SECOND
from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.core.study.suspicion import inputs
from lms_tracker.core.study.suspicion.answers import drawn_answers
from lms_tracker.core.study.suspicion.company import Company
from lms_tracker.core.study.suspicion.found import Found, wilson_lower
from lms_tracker.core.study.suspicion.model import parse_model, weigh
from lms_tracker.core.study.suspicion.openings import Opening, openings
from lms_tracker.core.study.suspicion.signals import OWN, own_signals
from lms_tracker.core.study.suspicion.sketches import COARSE, Sketch, sketch
from lms_tracker.core.study.suspicion.words import SENTENCES, say
from lms_tracker.core.xapi.vocabulary import EXT_INPUTS
from tests.bench.idle.__main__ import load_model
from tests.bench.idle.blind_cheats import ghost_cursor, leaves_soon, macro, reporter, scroller, short_units
from tests.bench.idle.blind_people import CRUDE, circle
from tests.bench.idle.cheats import ALONE, Way, cheat
from tests.bench.idle.measure import signs_of
from tests.bench.idle.people import HONEST, Habit, draw_habit, study
from tests.bench.idle.player import Learner, Style, lines
from tests.bench.idle.population import learner

H = 3600_000_000


def one(family: str, way: Way | None = None, days: int = 6) -> Learner:
    who = learner(family, way is None, 1, 9)
    who.style = Style()
    if way:
        cheat(way, who, Habit(), days)
    else:
        HONEST[family](who, draw_habit(random.Random(9)), days)
    return who


WAYS = ALONE | {"wavering reporter": reporter, "macro loop": macro, "leaves soon": leaves_soon}


def opened(who: Learner) -> list[Opening]:
    return openings(signs_of(lines(who)))


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


def in_company(who: Learner, hurry: float = 1.0) -> dict[str, Found]:
    """What somebody's sessions show among a dozen ordinary people; `hurry`: how many times as long the learner's own
    answers take."""
    others = [learner("ordinary", True, number, 5) for number in range(12)]
    for other in others:
        other.style = Style()
        HONEST["ordinary"](other, Habit(), 14)
    for statement, _ in who.statements:
        if "duration" in statement.get("result", {}):
            told = statement["result"]["duration"]
            statement["result"]["duration"] = f"PT{float(told[2:-1]) * hurry:.3f}S"
    company = Company(sketch(number, o) for number, person in enumerate([who, *others]) for o in opened(person))
    return company.signals(0)


@pytest.mark.parametrize("way", [scroller, ghost_cursor])
def test_hands_that_keep_a_pace_and_answers_quicker_than_others_are_seen_together(way: Way) -> None:
    who = one("paced", way, days=14)
    assert in_company(who)["paced_and_quick"].value < 0.6
    assert in_company(who, hurry=3)["paced_and_quick"].value > 1, "a pace alone holds nobody"


def test_somebody_quick_whose_inputs_come_by_chance_is_not_held() -> None:
    who = one("ordinary", days=1)
    who.statements.clear()
    study(who, Habit(hands="poisson", answer_s=3), 6)
    quick = in_company(who, hurry=0.2)["paced_and_quick"]
    assert quick.value > 0.8 and weigh({"paced_and_quick": quick}, load_model()).score == 0


def test_how_quick_is_quick_too_few_people_cannot_say() -> None:
    company = Company(sketch(0, o) for o in opened(one("paced", scroller)))
    assert "paced_and_quick" not in company.signals(0)


def busy(tells_s: float, hands: str = "poisson") -> Learner:
    who = learner("busy", True, 3, 9)
    who.style = Style(tells_s=tells_s)
    study(who, Habit(hands=hands), 6)
    return who


def test_a_producer_that_tells_of_inputs_once_a_minute_makes_nobody_a_clock_nor_an_echo() -> None:
    found = own_signals(opened(busy(60)))
    assert not {"clockwork_inputs", "echoing_inputs", "even_inputs"} & set(strange(found))
    assert found["even_inputs"].value > 0.8


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


def test_few_quick_answers_prove_less_than_many() -> None:
    assert wilson_lower(3, 3) < wilson_lower(30, 30) < 1
    assert wilson_lower(0, 10) == 0


def sessions(learner_id: int, starts: list[int], device: str = "d", length: int = H // 2) -> list[Sketch]:
    return [
        Sketch(learner_id, (f"a{n}", f"s{learner_id}", ""), device, at, at + length, length, None, frozenset())
        for n, at in enumerate(starts)
    ]


def test_accounts_in_step_on_one_device_are_seen_and_a_class_that_the_bell_calls_is_not() -> None:
    starts = [n * 24 * H + random.Random(n).randrange(H) for n in range(8)]
    farm = Company(sessions(1, starts) + sessions(2, [at + 5_000_000 for at in starts]))
    assert farm.signals(1)["in_step"].value == 8
    assert farm.signals(1)["crowded_device"].value == 1
    room = Company(sessions(1, starts, "x") + sessions(2, starts, "y"))
    assert weigh(room.signals(1), load_model()).score < load_model().threshold


def _begun(offsets: Callable[[int, int], int]) -> Company:
    """A dozen accounts on one device's name, in five units, each `offsets(member, unit)` microseconds after the first."""
    starts = [n * 24 * H for n in range(5)]
    return Company(
        item
        for member in range(12)
        for item in sessions(member, [at + offsets(member, unit) for unit, at in enumerate(starts)])
    )


def test_a_computer_room_that_begins_at_the_trainers_word_is_not_in_step_and_a_farm_as_large_is() -> None:
    chance = random.Random(5)
    room = _begun(lambda member, unit: chance.randrange(25 * SECOND))
    farm = _begun(lambda member, unit: member * 5 * SECOND)
    assert not any("in_step" in room.signals(member) for member in range(12))
    assert all(farm.signals(member)["in_step"].value == 5 for member in range(12))
    model = load_model()
    assert all(model.holds(weigh(farm.signals(member), model)) for member in range(12))


def test_pauses_that_a_whole_room_makes_are_no_replay_whatever_its_machines_are_called() -> None:
    def shown(apart: int) -> float:
        salted = frozenset(salt << 32 | n for n in range(40) for salt in COARSE)
        starts = [(1, 0), (2, apart)]
        both = [Sketch(who, ("a", f"s{who}", ""), "d", at, at + H, H, None, salted) for who, at in starts]
        return Company(both).signals(2)["replay"].value

    assert shown(25 * SECOND) == 0
    assert shown(2 * H) > 0.5


def test_a_device_that_several_name_holds_nobody_by_itself() -> None:
    # apps that give the model's name for a device have all of a county on one
    starts = [n * 24 * H for n in range(8)]
    company = Company(item for number in range(6) for item in sessions(number, starts))
    crowded = {"crowded_device": company.signals(3)["crowded_device"]}
    assert crowded["crowded_device"].value == 5
    model = load_model()
    assert not model.holds(weigh(crowded | {"untouched_answers": Found(1.0, 20, ())}, model))


def test_few_things_alike_by_chance_are_no_replay() -> None:
    def short(number: int, grams: set[int]) -> Sketch:
        return Sketch(1, (f"a{number}", "s", ""), "d", number * H, number * H + H // 6, H // 6, None, frozenset(grams))

    def looked(share: float, count: int) -> float:
        alike = round(share * count)
        recording, copy = set(range(count)), {n if n < alike else n + 1000 for n in range(count)}
        return Company([short(1, recording), short(2, copy)]).signals(1)["replay"].value

    assert looked(0.5, 14) < looked(0.5, 300) < 0.5
    assert looked(1.0, 300) > 0.98


def test_a_study_circle_in_one_room_is_not_held_for_beginning_and_stopping_together() -> None:
    members = [learner("circle", True, number, 3) for number in range(3)]
    circle(members, random.Random(3), 6)
    company = Company(sketch(number, o) for number, who in enumerate(members) for o in opened(who))
    model = load_model()
    assert not any(model.holds(weigh(company.signals(number), model)) for number in range(3))


def test_two_regular_people_hours_apart_are_not_in_step() -> None:
    starts = [n * 24 * H for n in range(10)]
    company = Company(sessions(1, starts, "x") + sessions(2, [at + 2 * H for at in starts], "y"))
    assert "in_step" not in company.signals(1)


def test_a_computer_used_in_turn_is_no_crowd() -> None:
    starts = [n * 24 * H for n in range(10)]
    company = Company(sessions(1, starts) + sessions(2, [at + H for at in starts]))
    assert "crowded_device" not in company.signals(1)


def test_a_device_that_a_whole_school_names_is_no_device() -> None:
    starts = [n * 24 * H + n * n * 7_000_000 for n in range(5)]
    rng = random.Random(4)
    everybody = [sessions(n, [at + rng.randrange(H // 4) for at in starts]) for n in range(40)]
    assert "crowded_device" not in Company(s for own in everybody for s in own).signals(1)


def test_a_recording_sent_again_is_seen_at_the_copy_and_not_at_the_original() -> None:
    first = opened(one("second window for notes"))
    copies = [
        Opening((o.key[0], o.key[1] + "x", ""), o.events, "", o.answers, None, o.start + 9 * H, o.end + 9 * H, o.plays)
        for o in first
    ]
    company = Company([sketch(1, o) for o in first] + [sketch(2, o) for o in copies])
    assert company.signals(2)["replay"].value > 0.9
    assert company.signals(1)["replay"].value < 0.1


def answered(waits: list[float]) -> list[Opening]:
    return [Opening(("a", "s", ""), [], "", [(0, round(wait * 1e6), True) for wait in waits], None, 0, 0, [])]


def test_answers_drawn_between_two_bounds_are_told_from_people_who_now_and_then_take_longer() -> None:
    rng = random.Random(5)
    model = load_model()
    bounds = [(0.05, 2.0), (1.0, 3.0), (2.0, 8.0), (0.05, 10.0)]
    drawn = [drawn_answers(answered([rng.uniform(*b) for _ in range(120)])) for b in bounds]
    assert all(found is not None and found.value > 4 for found in drawn)
    for _ in range(300):
        middle, spread = rng.uniform(1.5, 12), rng.uniform(0.2, 0.7)
        found = drawn_answers(answered([middle * rng.lognormvariate(0, spread) for _ in range(rng.randint(8, 120))]))
        assert found is None or model.scales["drawn_answers"].worth(found.value) < 40


def test_answers_in_whole_steps_of_a_switch_or_as_late_as_the_limit_are_not_taken_for_drawn() -> None:
    rng = random.Random(6)
    switch = [2.0 * rng.randint(2, 5) + rng.uniform(0.1, 0.5) for _ in range(60)]
    assert drawn_answers(answered(switch)) is None
    assert drawn_answers(answered([rng.uniform(5, 58) for _ in range(60)])) is None
    assert drawn_answers(answered([4.0] * 20)) is None
    assert drawn_answers(answered([4.0, 5.0])) is None


def test_drawn_answers_hold_alone_only_at_a_million_to_one() -> None:
    model = load_model()
    key = (("a", "s", ""),)
    assert not model.holds(weigh({"drawn_answers": Found(5.5, 90, key)}, model))
    assert model.holds(weigh({"drawn_answers": Found(6.0, 120, key)}, model))
    assert model.holds(weigh({"drawn_answers": Found(4.5, 70, key), "untouched_answers": Found(0.9, 70, key)}, model))


def tries(starts: list[int], device: str, wrong: float = 0.6) -> list[Sketch]:
    return [
        replace(item, wrong=wrong, played_us=60_000_000, end=item.start + 120_000_000)
        for item in sessions(2, starts, device)
    ]


def studied(starts: list[int], device: str) -> list[Sketch]:
    return [replace(item, delays=(3_000_000,)) for item in sessions(1, starts, device)]


def test_answers_that_another_account_finds_out_first_are_seen() -> None:
    starts = [n * 24 * H for n in range(1, 7)]
    before = [at - H // 10 for at in starts]
    company = Company(studied(starts, "x") + tries(before, "x"))
    assert company.signals(1)["tried_before"].value == 6
    assert "tried_before" not in company.signals(2), "who finds out has nobody before"
    elsewhere = Company(studied(starts, "x") + tries(before, "y"))
    assert elsewhere.signals(1)["tried_before"].value == 6
    by_chance = Company(studied(starts, "x") + tries([at - H // 2 for at in starts], "y"))
    assert "tried_before" not in by_chance.signals(1), "people of like hours come within the hour of anybody"
    some = Company(studied(starts, "x") + tries(before[:3], "y"))
    assert "tried_before" not in some.signals(1), "on a device of their own, half of the time is chance"


def test_a_colleague_who_studied_the_same_before_is_nobody_who_tries_answers() -> None:
    starts = [n * 24 * H for n in range(1, 7)]
    before = [at - H // 4 for at in starts]
    right = Company(studied(starts, "x") + tries(before, "x", wrong=0.05))
    assert "tried_before" not in right.signals(1)
    long_ago = Company(studied(starts, "x") + tries([at - 3 * H for at in starts], "x"))
    assert "tried_before" not in long_ago.signals(1)


def test_every_signal_has_words_in_both_languages_and_a_place_on_the_card() -> None:
    card = load_model().scales
    relations = {"replay", "in_step", "crowded_device", "handed_over", "tried_before", "stand_in", "paced_and_quick"}
    assert set(SENTENCES) == set(card) == set(OWN) | relations
    for name in SENTENCES:
        found = Found(0.5, 12, (("a", "s", ""),))
        assert "{" not in say(name, found, "zh_CN") + say(name, found, "en")
        assert say(name, found, "zh") != say(name, found, "en")


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
    assert model.holds(weigh({"replay": full["replay"]}, model))


def test_points_grow_in_proportion_and_stop_at_the_full_value() -> None:
    model = parse_model(
        'name = "x"\nthreshold = 1\nwindow_days = 14\n[signals]\nno_rest = { none = 10, full = 20, points = 50 }\n'
    )
    worth = [weigh({"no_rest": Found(value, 1, ())}, model).score for value in (5, 10, 15, 20, 24)]
    assert worth == [0, 0, 25, 50, 50]
    assert model.id.startswith("x@") and len(model.id) == 14
