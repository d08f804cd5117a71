"""Signals between people: what honest ones share moves nothing, and what one operator leaves does."""

import random
from collections.abc import Callable

import msgspec
import pytest
from msgspec.structs import replace

from lms_tracker.core.study.events import SECOND
from lms_tracker.core.study.suspicion.company import Company
from lms_tracker.core.study.suspicion.found import Found
from lms_tracker.core.study.suspicion.model import weigh
from lms_tracker.core.study.suspicion.openings import Opening, openings, read_signs
from lms_tracker.core.study.suspicion.pace import Pace
from lms_tracker.core.study.suspicion.sketches import COARSE, Sketch, sketch
from lms_tracker.core.xapi.vocabulary import EXT_SESSION_ID, VERB_ANSWERED, VERB_PASSED
from tests.bench.idle.__main__ import load_model
from tests.bench.idle.blind_cheats import ghost_cursor, scroller
from tests.bench.idle.blind_people import circle
from tests.bench.idle.cheats import Way
from tests.bench.idle.people import HONEST, Habit, study
from tests.bench.idle.player import Learner, Style
from tests.bench.idle.population import learner
from tests.core.study.suspicion.simulated import H, one, opened, sessions


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


def test_accounts_in_step_on_one_device_are_seen_and_a_class_that_the_bell_calls_is_not() -> None:
    starts = [n * 24 * H + random.Random(n).randrange(H) for n in range(8)]
    farm = Company(sessions(1, starts) + sessions(2, [at + 5_000_000 for at in starts]))
    assert farm.signals(1)["in_step"].value == 8
    assert farm.signals(1)["crowded_device"].value == 1
    room = Company(sessions(1, starts, "x") + sessions(2, starts, "y"))
    assert weigh(room.signals(1), load_model()).score < load_model().threshold


def test_accounts_in_step_on_one_device_are_seen_though_each_studies_at_home_as_well() -> None:
    starts = [n * 24 * H + random.Random(n).randrange(H) for n in range(15)]
    together, alone = starts[::3], [at for n, at in enumerate(starts) if n % 3]

    def account(number: int, lag: int) -> list[Sketch]:
        both = [
            replace(item, key=(f"b{item.key[0]}", *item.key[1:]))
            for item in sessions(number, [at + lag for at in together])
        ]
        home = [at + random.Random(number + n).randrange(H // 2) for n, at in enumerate(alone)]
        return both + sessions(number, home, f"home{number}")

    farm = Company(account(1, 0) + account(2, 40 * SECOND))
    assert farm.signals(2)["in_step"].value == 5
    assert all(key[0].startswith("b") for key in farm.signals(2)["in_step"].sessions)
    room = Company(item for number in range(12) for item in account(number, number * SECOND))
    assert "in_step" not in room.signals(2), "a lesson in a room whose machines are called the same"


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


def test_hands_that_keep_a_pace_count_where_most_of_the_study_is_nothing_but_watching() -> None:
    def own(even: float, still: int, others: int = 0, filled: float = 0.5) -> dict[str, Found]:
        items = sessions(1, [n * 24 * H for n in range(still + others)])
        paces = [replace(item, pace=Pace(even, 10, filled), still=n < still) for n, item in enumerate(items)]
        return Company(paces).signals(1)

    assert own(0.3, 8)["paced_and_still"].value == pytest.approx(0.3 * (1 + 1.5 / 40**0.5))
    assert "paced_and_still" not in own(0.3, 8, others=9), "who mostly pauses, jumps or looks away is a person"
    assert "paced_and_still" not in own(0.3, 8, filled=0.9), (
        "what is told of in nearly every place varies little by nature"
    )
    model = load_model()
    assert weigh(own(0.8, 8), model).score == 0 and not model.holds(weigh(own(0.1, 8), model))


def test_a_test_elsewhere_whose_questions_take_half_as_long_as_ones_own_is_a_stand_ins() -> None:
    own = sessions(1, [n * 24 * H for n in range(3)], "own")
    home = replace(
        own[1], key=("t", "s1", ""), mark=0.5, start=own[1].end + H, end=own[1].end + H + H // 4, played_us=0
    )
    away = replace(home, key=("x", "s1", ""), mark=0.95, start=home.end + H, end=home.end + H + H // 2, device="x")

    def asked(test: Sketch, many: int) -> list[Sketch]:
        """Each question is a statement of its own."""
        step = (test.end - test.start) // many
        times = [test.start + step * (n + 1) for n in range(many)]
        return [
            replace(test, key=(f"q{test.key[0]}{n}", "", ""), mark=None, start=at, end=at) for n, at in enumerate(times)
        ]

    def shown(many: int) -> dict[str, Found]:
        return Company([*own, home, away, *asked(home, 10), *asked(away, many)]).signals(1)

    assert shown(45)["stand_in"].value == 1, "more questions, each in less than half of the time"
    assert "stand_in" not in shown(30)
    assert "stand_in" not in shown(2), "too few questions told"


def test_tests_in_half_of_the_usual_time_after_one_account_that_did_worse_are_handed_over() -> None:
    days = [n * 24 * H for n in range(1, 5)]

    def taken(learner_id: int, ahead: int, mark: float, took: int, many: int = 4) -> list[Sketch]:
        return [
            replace(exam(learner_id, n, at - ahead, mark), end=at - ahead + took, device=f"own{learner_id}")
            for n, at in enumerate(days[:many])
        ]

    others = [item for number in range(10, 22) for item in taken(number, (number - 9) * 2 * H // 3, 0.7, H // 15)]
    study_ = sessions(1, [at - 3 * H for at in days], "own1", H)
    helper = taken(2, H // 6, 0.3, H // 30)
    swift = Company(others + study_ + helper + taken(1, 0, 0.95, H // 60)).signals(1)
    assert swift["handed_over"].value == 4, "with study of their own before"
    usual = Company(others + study_ + helper + taken(1, 0, 0.95, H // 15)).signals(1)
    assert "handed_over" not in usual, "in no more haste than others"
    twice = Company(others + study_ + helper[:2] + taken(1, 0, 0.95, H // 60)).signals(1)
    assert "handed_over" not in twice


def test_tests_that_another_account_did_worse_before_count_on_any_device() -> None:
    def exams(learner_id: int, starts: list[int], device: str, mark: float) -> list[Sketch]:
        return [replace(item, mark=mark, played_us=0) for item in sessions(learner_id, starts, device, H // 60)]

    starts = [n * 24 * H for n in range(1, 6)]
    before = [at - H // 10 for at in starts]
    scouted = Company(exams(1, starts, "x", 0.95) + exams(2, before, "y", 0.4))
    assert scouted.signals(1)["handed_over"].value == 5
    assert "handed_over" not in scouted.signals(2)
    queue = Company(exams(1, starts, "x", 0.95) + exams(2, before[:2], "y", 0.4) + exams(3, before[2:4], "y", 0.4))
    assert "handed_over" not in queue.signals(1), "now one, now another stands before somebody"
    better = Company(exams(1, starts, "x", 0.9) + exams(2, before, "y", 0.95))
    assert "handed_over" not in better.signals(1)
    once = Company(exams(1, starts, "x", 0.95) + exams(2, before[:1], "x", 0.4))
    assert once.signals(1)["handed_over"].value == 1


def exam(learner_id: int, number: int, at: int, mark: float) -> Sketch:
    """A minute's test on one machine."""
    return Sketch(learner_id, (f"t{number}", f"t{learner_id}", ""), "d", at, at + H // 60, 0, mark, frozenset())


def test_tests_handed_over_show_among_honest_ones_if_the_other_account_only_tries() -> None:
    days = [n * 24 * H for n in range(1, 9)]
    tried = [exam(2, n, at - H // 10, 0.4) for n, at in enumerate(days[:4])]
    own = [exam(1, n, at, 0.95) for n, at in enumerate(days)] + sessions(1, [at - 2 * H for at in days[4:]])
    assert Company(own + tried).signals(1)["handed_over"].value == 4
    colleague = sessions(2, [at - 12 * H for at in days])
    assert "handed_over" not in Company(own + tried + colleague).signals(1), "who is examined before may be a colleague"
    studied = sessions(1, [at - 3 * H for at in days[:4]])
    assert "handed_over" not in Company(own + tried + studied).signals(1)


def test_who_is_examined_in_everything_on_one_day_has_studied_before() -> None:
    at = 10 * 24 * H
    own = [exam(1, n, at + n * H // 20, 0.95) for n in range(6)] + sessions(1, [n * 24 * H for n in range(6)])
    guesser = [exam(2, n, at + n * H // 20 - H // 30, 0.3) for n in range(6)]
    assert "handed_over" not in Company(own + guesser).signals(1)


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


def test_who_finds_out_may_guess_right_now_and_then() -> None:
    starts = [n * 24 * H for n in range(1, 7)]
    before = [at - H // 10 for at in starts]
    some_right = [
        replace(item, wrong=0.0 if n % 3 == 0 else 0.6, delays=(1,)) for n, item in enumerate(tries(before, "y"))
    ]
    assert Company(studied(starts, "x") + some_right).signals(1)["tried_before"].value == 6


def test_a_colleague_who_studied_the_same_before_is_nobody_who_tries_answers() -> None:
    starts = [n * 24 * H for n in range(1, 7)]
    before = [at - H // 4 for at in starts]
    right = Company(studied(starts, "x") + tries(before, "x", wrong=0.05))
    assert "tried_before" not in right.signals(1)
    long_ago = Company(studied(starts, "x") + tries([at - 3 * H for at in starts], "x"))
    assert "tried_before" not in long_ago.signals(1)


def sitter(number: int, home: float, away: float, took: int, elsewhere: str = "") -> list[Sketch]:
    """A week of study at home with a test of half an hour each, and an exam on another device, or there."""
    own = sessions(number, [n * 24 * H for n in range(5)], f"own{number}")
    tests = [
        replace(item, key=(f"t{n}", item.key[1], ""), mark=home, start=item.end, end=item.end + H // 2, played_us=0)
        for n, item in enumerate(own)
    ]
    exams = [
        replace(item, key=(f"x{n}", item.key[1], ""), mark=away, end=item.start + took, device=elsewhere or item.device)
        for n, item in enumerate(tests[:2])
    ]
    return [*own, *tests, *exams]


def test_exams_elsewhere_far_better_or_sooner_than_usual_are_a_stand_ins_where_others_sit_them_at_home() -> None:
    class_ = [item for number in range(2, 14) for item in sitter(number, 0.8, 0.8, H // 2)]
    assert Company(class_ + sitter(1, 0.6, 0.95, H // 2, "x")).signals(1)["stand_in"].value == 2
    assert Company(class_ + sitter(1, 0.9, 0.95, H // 4, "x")).signals(1)["stand_in"].value == 2
    both = sitter(1, 0.6, 0.95, H // 4, "x")
    assert Company(class_ + both).signals(1)["stand_in"].value == 4
    one = Company(class_ + both[:-1]).signals(1)
    assert one["stand_in"].value == 2 and load_model().holds(weigh(one, load_model())), "one exam, unlike in two ways"
    assert "stand_in" not in Company(class_ + sitter(1, 0.9, 0.95, H // 2, "x")).signals(1), "as good as ever"
    assert "stand_in" not in Company(class_ + sitter(1, 0.6, 0.95, H // 2)).signals(1), "on the own device"
    shared = [item for number in (1, 40, 41) for item in sitter(number, 0.9, 0.95, H // 2, "x")]
    assert Company(class_ + shared).signals(1)["stand_in"].value == 2, "three are examined where none of them studies"
    assert "stand_in" not in Company(class_ + shared[: len(shared) // 3 * 2]).signals(1), "two may be a couple"
    centre = [item for number in range(2, 14) for item in sitter(number, 0.6, 0.95, H // 2, "room")]
    assert "stand_in" not in Company(centre + sitter(1, 0.6, 0.95, H // 2, "room")).signals(1), "all are examined there"


def test_few_waits_of_a_timer_are_like_somebodys_by_chance() -> None:
    """A session with one gram of its beats finds it somewhere among hundreds; copies of what people did do not."""

    def shown(salt: int) -> dict[str, Found]:
        grams = [frozenset([salt << 32 | n]) for n in range(15)]
        both = [
            Sketch(who, (f"a{n}", f"s{who}", ""), "", at + who * H, at + (who + 1) * H, H, None, gram)
            for who in (1, 2)
            for n, (at, gram) in enumerate(zip(range(0, 15 * 24 * H, 24 * H), grams, strict=True))
        ]
        return Company(both).signals(2)

    assert "replay" not in shown(4)
    assert len(shown(1)["replay"].sessions) == 15


def test_what_a_question_was_worth_is_no_mark_and_a_quiz_told_by_one_statement_has_one() -> None:
    def mark(verb: str) -> float | None:
        statement = {
            "id": "6c1d1c5e-0f3a-4c5e-9d6e-0d9b0c0e0a01",
            "actor": {"account": {"homePage": "https://school.example", "name": "a"}},
            "verb": {"id": verb},
            "object": {"id": "https://school.example/quiz/1"},
            "result": {"score": {"scaled": 0.9}},
            "context": {"extensions": {EXT_SESSION_ID: "s"}},
            "timestamp": "2026-03-02T08:00:00Z",
        }
        at = 1_772_438_400_000_000
        return openings(read_signs([(1, msgspec.json.encode(statement), at, at, True, "", False, 0)]))[0].mark

    assert mark(VERB_PASSED) == 0.9
    assert mark(VERB_ANSWERED) is None
