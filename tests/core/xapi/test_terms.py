"""Terms are stored: they are the same for ever."""

from uuid import UUID

import pytest

from lms_tracker.core.xapi.terms import ACTIVITY, ACTOR, AGENT, RELATED_ACTIVITY, RELATED_AGENT, VERB, fold, term

LI = "mbox:mailto:li@example.org"
GOLDEN = {
    (ACTOR, LI): 1667528384711586173,
    (AGENT, LI): -1591326843649096329,
    (VERB, "https://w3id.org/xapi/video/verbs/played"): -7504419720698198793,
    (ACTIVITY, "https://example.org/1"): 5951386153596540151,
}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_term_is_what_it_was(name: tuple[str, str]) -> None:
    assert term(*name) == GOLDEN[name]


def test_a_name_has_another_term_in_each_role() -> None:
    kinds = (ACTOR, AGENT, RELATED_AGENT, VERB, ACTIVITY, RELATED_ACTIVITY)
    assert len({term(kind, "x:y") for kind in kinds}) == len(kinds)


def test_a_long_name_has_a_term_like_any_other() -> None:
    assert term(VERB, "x:" + "y" * 10_000) == term(VERB, "x:" + "y" * 10_000) != term(VERB, "x:" + "y" * 10_001)


def test_a_uuid_folds_into_64_bits() -> None:
    assert fold(UUID(int=0)) == 0 == fold(UUID(int=(5 << 64) + 5))
    assert fold(UUID("12345678-1234-5678-9234-567812345678")) == -(2**63)
    assert fold(UUID(int=2**64 - 1)) == -1
