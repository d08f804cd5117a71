"""The certificate of an erasure, in forms that must never change."""

import json
from uuid import UUID

from lms_tracker.core.erasure import commitment, is_sealed, seal

ONE, TWO = UUID("00000000-0000-4000-8000-00000000000A"), UUID("f0000000-0000-4000-8000-000000000001")


def test_the_commitment_is_what_sha256sum_makes_of_a_sorted_list_of_ids() -> None:
    # printf '%s\n' 00000000-0000-4000-8000-00000000000a f0000000-0000-4000-8000-000000000001 | sha256sum
    golden = "ec828d9516450c31b8aafb553771349b88c154aed5ddc9c0e1f7146fc5bb94ff"
    assert commitment([TWO, ONE]) == commitment([ONE, TWO]) == golden
    assert commitment([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert commitment([ONE]) != golden


def test_a_certificate_shows_when_a_word_of_it_was_changed() -> None:
    text = seal({"reason": "本人请求", "counts": {"statements": 3}})
    assert is_sealed(text)
    assert not is_sealed(text.replace("3", "4"))
    assert not is_sealed(json.dumps({"reason": "unsealed"}))
