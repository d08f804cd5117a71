"""Sessions that are another one again, among honest ones."""

from lms_tracker.core.study.suspicion.company import Company
from lms_tracker.core.study.suspicion.model import weigh
from lms_tracker.core.study.suspicion.recordings import FEW_GRAMS
from lms_tracker.core.study.suspicion.sketches import Sketch
from tests.bench.idle.__main__ import load_model
from tests.core.study.suspicion.simulated import H


def made(number: int, grams: range, learner_id: int = 1, salt: int = 2) -> Sketch:
    """A session with so many things done by hand."""
    hashes = frozenset(salt << 32 | gram for gram in grams)
    key = (f"a{number}", f"s{number}-{learner_id}", "")
    return Sketch(learner_id, key, "", number * 24 * H, number * 24 * H + H, H, None, hashes)


def own_study(many: int) -> list[Sketch]:
    return [made(20 + n, range(1000 * n, 1000 * n + 9)) for n in range(1, 1 + many)]


def test_copies_are_seen_among_as_much_study_of_ones_own() -> None:
    copies = [made(n, range(4)) for n in range(5)]
    found = Company(copies + own_study(8)).signals(1)
    assert found["copies"].value == 4 and found["copies"].sessions == tuple(item.key for item in copies[1:])
    assert "replay" not in found or found["replay"].value < 0.5, "all in all most of it is different"
    assert load_model().holds(weigh(found, load_model()))


def test_one_session_like_another_holds_nobody() -> None:
    twice = [made(n, range(4)) for n in range(2)]
    found = Company(twice + own_study(8)).signals(1)
    assert found["copies"].value == 1 and weigh({"copies": found["copies"]}, load_model()).score == 0
    assert "copies" not in Company([made(n, range(1)) for n in range(5)]).signals(1), "one thing done is like another"
    half = [made(n, range(n * 4, n * 4 + 8)) for n in range(5)]
    assert "copies" not in Company(half).signals(1)


def test_of_others_sessions_more_must_be_alike_for_there_are_many() -> None:
    few, enough = range(FEW_GRAMS - 1), range(FEW_GRAMS)
    assert "copies" not in Company([made(0, few, 2), made(1, few)]).signals(1)
    assert Company([made(0, enough, 2), made(1, enough)]).signals(1)["copies"].value == 1
