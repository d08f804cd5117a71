"""The benchmark runs, says the same twice, and its deterministic figures hold."""

import random
from pathlib import Path

import pytest

from lms_tracker.core.study.policy import StudyPolicy
from tests.bench.idle import __main__ as bench
from tests.bench.idle.__main__ import load_model, run
from tests.bench.idle.blind import blind_people, sealed
from tests.bench.idle.blind_cheats import BLIND_GROUPS, BLIND_INVARIANT, BLIND_SUSPICION, LIMITS
from tests.bench.idle.blind_people import BLIND_HONEST, BLIND_HONEST_GROUPS, CRUDE
from tests.bench.idle.cheats import ALONE, INVARIANT
from tests.bench.idle.figures import bootstrap, false_s, of_blind, of_judge, overall, table, wilson
from tests.bench.idle.groups import CHEAT_GROUPS
from tests.bench.idle.measure import Judged, judge, suspect
from tests.bench.idle.people import HONEST
from tests.bench.idle.player import Truth, lines
from tests.bench.idle.population import TRAINING, learner, people
from tests.bench.idle.second import second_people
from tests.bench.idle.second_cheats import SECOND_CHEATS
from tests.bench.idle.second_groups import SCOUT as SECOND_SCOUT
from tests.bench.idle.second_groups import SECOND_CHEAT_GROUPS
from tests.bench.idle.second_people import SECOND_HONEST, SECOND_HONEST_GROUPS

BLIND = (*BLIND_HONEST, *BLIND_HONEST_GROUPS, *BLIND_INVARIANT, *BLIND_SUSPICION, *BLIND_GROUPS, *LIMITS)
SEALED = "B2 B4 B5 B8 B9 B12 H1 H3 H4 H5 H6 H7 H8 H9 H12 H14 H15"
JUDGE = (*SECOND_HONEST, *SECOND_HONEST_GROUPS, *SECOND_CHEATS, *SECOND_CHEAT_GROUPS)
JUDGE_SEALED = "K2 K4 K5 K6 K7 K8 J1 J2 J4 J5 J7 J8"
JUDGE_FIGURES = ("suspicion.held_share", "honest.held_share", "honest.credited_share", "sealed.suspicion.held_share")


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    return run(each=1, days=3, weight=1, seed=11)


def test_figures_have_their_fixed_names_and_honest_people_lose_nothing(judged: list[Judged]) -> None:
    figures = {figure.name: figure.value for figure in overall(judged)}
    assert figures["idle.honest.held_share"] == 0
    assert figures["idle.honest.credited_share"] >= 0.97
    assert figures["idle.minutes_error"] <= 0.04
    assert {"idle.invariant.false_credit_share", "idle.suspicion.held_share"} <= figures.keys()


def test_every_family_has_a_row(judged: list[Judged]) -> None:
    rows = "\n".join(table(judged))
    assert all(f"| {family} |" in rows for family in (*HONEST, *ALONE, *CHEAT_GROUPS))


def test_every_blind_family_is_judged_and_half_of_them_is_sealed_for_good() -> None:
    """A family that is renamed would be drawn anew: the names and their seals stand for what was published."""
    ones = list(judge(blind_people(1, 2, 11), StudyPolicy()))
    suspect(ones, load_model())
    assert {one.family for one in ones} == {*CRUDE, *BLIND}
    assert {family.split()[0] for family in BLIND if sealed(family)} == set(SEALED.split())
    assert {"idle.blind.sealed.honest.held_share", "idle.blind.open.suspicion.held_share"} <= {
        figure.name for figure in of_blind(ones)
    }
    assert sum(one.held for one in ones if one.family in CRUDE) == 0


def test_the_judges_families_are_judged_and_their_seals_stand() -> None:
    ones = list(judge(second_people(1, 2, 11), StudyPolicy()))
    suspect(ones, load_model())
    assert {one.family for one in ones} == {*JUDGE, SECOND_SCOUT}
    assert {family.split()[0] for family in JUDGE if sealed(family)} == set(JUDGE_SEALED.split())
    figures = {figure.name: figure for figure in of_judge(ones)}
    assert {f"idle.judge.{name}" for name in JUDGE_FIGURES} <= figures.keys()
    assert figures["idle.judge.honest.held_share"].value == 0
    assert all(one.true == 0 for one in ones if not one.honest and not one.family.startswith("J8 "))


def test_the_page_has_a_place_for_every_figure(
    tmp_path: Path, judged: list[Judged], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "PAGE", tmp_path / "page.md")
    bench.publish(list(overall(judged)), ("(families)", "(blind)", "(judge)"), len(judged), 3)
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert all(text in page for text in ("idle.honest.held_share", "(families)", "(blind)", "(judge)", load_model().id))
    assert "{" not in page


def test_the_same_seed_gives_the_same_statements() -> None:
    def told(seed: int) -> list[bytes]:
        return [line for group in people(1, 2, seed) for who in group for line in lines(who)]

    assert told(3) == told(3)
    assert told(3) != told(4)


def test_whole_families_are_left_out_of_training() -> None:
    suspects = {name for name in (*ALONE, *CHEAT_GROUPS) if not name.startswith(INVARIANT)}
    trained = {name for name in suspects if name.startswith(TRAINING)}
    assert len(trained) == len(TRAINING) and len(suspects - trained) >= 5


def test_truth_counts_content_once_and_one_place_at_a_time() -> None:
    truth = Truth()
    truth.study(0, 100, "a", 0, 100)
    truth.study(200, 300, "a", 50, 150)
    truth.busy_until = 300
    truth.study(250, 350, "b", 0, 100)
    assert sum(amount for _, _, amount in truth.spans) == pytest.approx(100 + 50 + 50)


def test_held_time_counts_as_lost_for_the_honest_and_as_stopped_for_others() -> None:
    who = learner("U1 mouse jiggler", False, 1, 1)
    ALONE["U1 mouse jiggler"](who, 1_772_323_200.0, "https://school.example/course/3")
    (one,) = judge([[who]], StudyPolicy())
    before = false_s(one)
    suspect([one], load_model())
    assert before > 0 and (false_s(one) == 0) == one.held


def test_intervals_hold_what_was_measured() -> None:
    assert wilson(0, 1000)[1] < 0.004 and wilson(5, 10)[0] < 0.5 < wilson(5, 10)[1]
    rng = random.Random(1)
    ones = [Judged("", "", True, "", claimed=1, true=rng.random()) for _ in range(50)]
    low, high = bootstrap(ones, lambda one: one.true, lambda one: one.claimed)
    assert low < sum(one.true for one in ones) / 50 < high
