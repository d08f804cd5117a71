"""Sealed secrets: readable with the same secret key, and in a year still."""

import pytest

from lms_tracker.actions.seal import Unreadable, seal, unseal

KEY = "k" * 40


def test_what_is_sealed_opens_with_the_same_key_only() -> None:
    sealed = seal(KEY, "geheim 密")
    assert unseal(KEY, sealed) == "geheim 密"
    assert b"geheim" not in sealed and seal(KEY, "geheim 密") != sealed
    with pytest.raises(Unreadable):
        unseal("another", sealed)
    with pytest.raises(Unreadable):
        unseal(KEY, sealed[:-4])
    with pytest.raises(ValueError):
        seal("", "x")


def test_what_was_sealed_by_the_first_release_opens() -> None:
    assert (
        unseal(
            KEY, b"gAAAAABrAHcrwjzrGb7z4pAWeQQy5moaet5_3NH4cCcgCaM3eLE-gXw32mqhqVN0tAQicWRHtz_2IJH6DbbDV_UtR94Bv3QtBQ=="
        )
        == "first"
    )
