"""Numbers, codes and words of certificates, and the badge's form (Open Badges 3.0, 8.2)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from lms_tracker.core.results.certificates import (
    CODE_LENGTH,
    claims_of,
    content_of,
    credential_of,
    number_of,
    read_code,
    written,
)

RESULTS: dict[str, Any] = {
    "programme": {
        "name": "校长远程培训",
        "organisation": "市教育局",
        "starts_on": "2026-07-01",
        "ends_on": "2027-06-30",
    },
    "honours": {"excellent": {"zh": "优秀学员", "en": "excellent learner"}},
    "version": 2,
    "sha256": "0" * 64,
}
PERSON: dict[str, Any] = {
    "name": "李明",
    "school": "实验中学",
    "final": Decimal("88.5"),
    "honours": ["excellent"],
    "parts": [{"unit": "class_hours", "have": Decimal("61.5")}, {"unit": "marks", "have": 6}],
}
AT = datetime(2027, 7, 15, 1, 2, 3, 500, tzinfo=UTC)


def _badge() -> dict[str, Any]:
    content = content_of(RESULTS, PERSON, "passed", "P1-2027-00042", date(2027, 7, 15))
    return credential_of(content, home="https://study.example.edu", code="7K4QWXYZ23AB", issued_at=AT)


def test_numbers_have_one_form() -> None:
    # Golden: certificates are quoted by their number.
    assert number_of("p1", 2027, 42) == "P1-2027-00042"
    assert number_of("校长/p2 north", 2027, 123456) == "P2-NORTH-2027-123456"
    assert number_of("校长", 2027, 1) == "LMS-2027-00001"


@pytest.mark.parametrize("typed", ["7K4QWXYZ23AB", "7k4q-wxyz-23ab", " 7K4Q WXYZ 23AB ", "7K4Q–WXYZ–23AB"])
def test_a_code_is_read_however_it_was_typed(typed: str) -> None:
    assert read_code(typed) == "7K4QWXYZ23AB"
    assert written("7K4QWXYZ23AB") == "7K4Q-WXYZ-23AB"


@pytest.mark.parametrize("typed", ["", "7K4QWXYZ23A", "7K4QWXYZ23ABC", "7K4QWXYZ23A0", "7K4QWXYZ23A'"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert read_code(typed) is None
    assert CODE_LENGTH == 12


def test_a_certificate_of_completion_tells_hours_and_no_honours() -> None:
    content = content_of(RESULTS, PERSON, "passed", "P1-2027-00042", date(2027, 7, 15))
    assert content["class_hours"] == Decimal("61.5") and content["honours"] == []
    assert content["results"] == {"version": 2, "sha256": "0" * 64}


def test_a_certificate_of_honour_tells_what_was_won() -> None:
    content = content_of(RESULTS, PERSON, "honour", "P1-2027-00043", date(2027, 7, 15))
    assert content["honours"] == [{"zh": "优秀学员", "en": "excellent learner"}]


def test_the_claims_of_a_badge_repeat_the_credential_as_the_specification_wants() -> None:
    badge = _badge()
    claims = claims_of(badge)
    assert claims["iss"] == badge["issuer"]["id"] == "https://study.example.edu/badges/issuer"
    assert claims["jti"] == badge["id"] == "https://study.example.edu/verify/7K4QWXYZ23AB"
    assert claims["sub"] == badge["credentialSubject"]["id"] and claims["sub"].startswith("urn:uuid:")
    assert badge["validFrom"] == "2027-07-15T01:02:03Z"
    assert datetime.fromtimestamp(claims["nbf"], UTC) == datetime(2027, 7, 15, 1, 2, 3, tzinfo=UTC)
    assert badge["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert badge["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert badge["credentialSubject"]["achievement"]["criteria"]["narrative"]
