"""Codes, papers, and when a result may be told."""

import secrets

import pytest

from lms_tracker.core.ballot import Tally, digest_of, new_code, outcome_of, read_code, read_paper, tally, written
from lms_tracker.core.study.review import NotAllowed


def test_a_code_is_read_however_it_is_typed_and_nothing_else_is_one() -> None:
    code = new_code(secrets.choice)
    assert read_code(written(code)) == read_code(f" {code.lower()} ") == code
    assert written("ABCD2345WXYZ") == "ABCD-2345-WXYZ"
    for typed in ("", "ABCD2345WXY", "ABCD2345WXYZZ", "ABCD2345WXY0", "ABCD2345WXYé"):
        assert read_code(typed) is None, typed


def test_what_is_kept_of_a_code_is_a_digest_and_does_not_change() -> None:
    assert digest_of("ABCD2345WXYZ") == "c7a0d085db05e07caba45f707b6ae3c80fee94ac1eea62d66bd9368d8e9eb9cc"


def test_a_candidate_may_be_left_out_but_not_all_of_them() -> None:
    assert read_paper(2, {0: ["1"], 1: []}) == {0: 1}
    for typed, why in (({0: []}, "empty"), ({0: ["5"]}, "answer:0"), ({1: ["1", "2"]}, "answer:1")):
        with pytest.raises(NotAllowed, match=why):
            read_paper(2, typed)


def test_satisfied_or_better_counts_of_those_who_judged() -> None:
    papers = [{0: 0}, {0: 1}, {0: 2}, {1: 4}, {0: 1, 1: 0}]
    assert tally(0, papers).steps == (1, 2, 1, 0, 0)
    share = tally(0, papers).share
    assert (share.count, share.of) == (3, 4)


@pytest.mark.parametrize(
    ("votes", "papers", "issued", "quorum", "outcome"),
    [(4, 4, 4, 0, "few"), (5, 5, 10, 50, "counted"), (5, 5, 11, 50, "quorum"), (5, 9, 10, 100, "quorum"), (9, 9, 9, 100, "counted")],
)  # fmt: skip
def test_too_few_votes_are_not_secret_and_too_few_papers_are_no_result(
    votes: int, papers: int, issued: int, quorum: int, outcome: str
) -> None:
    assert outcome_of(Tally((votes, 0, 0, 0, 0)), papers, issued, quorum) == outcome
