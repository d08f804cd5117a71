"""Who is one person by what their identifiers say."""

from hashlib import sha1

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_tracker.core.identities import IdentityRule, aliases, digest_of, group, parse_rule

A, B, C = "https://a.example", "https://b.example", "https://c.example"
SAME = IdentityRule("same-name", A, B, 1)
MAIL = IdentityRule("mail-name", A, "school.example", 2)
LI = "mbox:mailto:li@school.example"
LI_DIGEST = f"sha1:{sha1(b'mailto:li@school.example').hexdigest()}"


def test_a_mail_address_is_its_sha1_and_nobody_else_has_one() -> None:
    assert digest_of("mbox:mailto:a@b.org") == "sha1:" + sha1(b"mailto:a@b.org").hexdigest()
    assert digest_of("openid:https://a.b/c") is None
    assert set(aliases(LI, [])) == {LI, LI_DIGEST}


@pytest.mark.parametrize(
    ("ifi", "expected"),
    [
        (f"account:{A} li", {f"account:{A} li", f"account:{B} li", LI, LI_DIGEST}),
        (f"account:{B} li", {f"account:{A} li", f"account:{B} li", LI, LI_DIGEST}),
        (LI, {f"account:{A} li", f"account:{B} li", LI, LI_DIGEST}),
        (f"account:{A} li ming", {f"account:{A} li ming", f"account:{B} li ming"}),
        (f"account:{C} li", {f"account:{C} li"}),
        (f"account:{A}/x li", {f"account:{A}/x li"}),
        ("mbox:mailto:li@other.example", None),
        ("openid:https://a.example", {"openid:https://a.example"}),
    ],
)
def test_rules_reach_as_far_as_they_go_and_no_further(ifi: str, expected: set[str] | None) -> None:
    found = aliases(ifi, [SAME, MAIL])
    assert set(found) == (expected if expected is not None else {ifi, digest_of(ifi)})
    assert found[ifi] is None


def test_the_rule_that_led_somewhere_is_known() -> None:
    assert aliases(f"account:{B} li", [SAME, MAIL])[LI] == MAIL
    assert aliases(LI, [])[LI_DIGEST] is None


@given(
    st.lists(
        st.sampled_from([f"account:{h} {n}" for h in (A, B, C) for n in ("li", "wang")] + [LI, LI_DIGEST]), unique=True
    )
)
def test_whoever_meets_is_one_person_whatever_the_order(ifis: list[str]) -> None:
    closures = {ifi: aliases(ifi, [SAME, MAIL]) for ifi in ifis}
    people = group(ifis, closures)
    assert sorted(one for person in people for one in person) == sorted(ifis)
    for person in people:
        for other in people:
            if person is not other:
                assert not {a for i in person for a in closures[i]} & {a for i in other for a in closures[i]}
    li = {f"account:{A} li", f"account:{B} li", LI, LI_DIGEST} & set(ifis)
    assert not li or set(next(person for person in people if person[0] in li)) == li


@pytest.mark.parametrize(
    ("kind", "one", "other", "why"),
    [
        ("alike", A, B, "no kind of rule"),
        ("same-name", "a.example", B, "not a home page"),
        ("same-name", A, "b.example", "not a home page"),
        ("mail-name", A, "https://b.example", "not a mail domain"),
        ("mail-name", A, "b example", "not a mail domain"),
        ("same-name", A, A, "the same"),
        ("same-name", A + "\n", B, "not a home page"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(kind: str, one: str, other: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_rule(kind, one, other)
