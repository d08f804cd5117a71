"""What a certificate says, how it is numbered, and the same as an Open Badge.

Source: Open Badges Specification 3.0 (1EdTech), 8.2 "JSON Web Token Proof Format"; Verifiable Credentials Data Model 2.0.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

Kind = Literal["passed", "honour"]
KINDS: dict[str, tuple[str, str]] = {
    "passed": ("结业证书", "Certificate of completion"),
    "honour": ("荣誉证书", "Certificate of honour"),
}
"""Titles, Chinese and English."""

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Of check codes: none that could be taken for another one on paper."""
CODE_LENGTH = 12
"""30**12 is 5e17: nobody finds a code by trying."""
CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
FORMAT = "lms-tracker-certificate/1"


def number_of(slug: str, year: int, serial: int) -> str:
    """The number on the paper: P1-2026-00042. Golden: certificates are quoted by it."""
    name = re.sub(r"[^0-9A-Z]+", "-", slug.upper()).strip("-") or "LMS"
    return f"{name}-{year}-{serial:05d}"


def written(code: str) -> str:
    """A check code in groups of four, as on paper."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def read_code(text: str) -> str | None:
    """The code that somebody typed, in whatever case and with or without its strokes; None when it cannot be one."""
    code = re.sub(r"[\s\-–—]+", "", text).upper()
    return code if len(code) == CODE_LENGTH and set(code) <= set(CODE_LETTERS) else None


def content_of(
    results: Mapping[str, Any], person: Mapping[str, Any], kind: str, number: str, issued_on: date
) -> dict[str, Any]:
    """What the paper says, to be sealed. `results`: content of frozen results, `person`: one of its people."""
    hours = [part for part in person["parts"] if part["unit"] == "class_hours"]
    return {
        "format": FORMAT,
        "kind": kind,
        "number": number,
        "name": person["name"],
        "school": person["school"],
        "programme": {key: results["programme"][key] for key in ("name", "organisation", "starts_on", "ends_on")},
        "class_hours": sum((Decimal(part["have"]) for part in hours), Decimal(0)) if hours else None,
        "final": person["final"],
        "honours": [results["honours"][key] for key in person["honours"]] if kind == "honour" else [],
        "issued_on": issued_on.isoformat(),
        "results": {"version": results["version"], "sha256": results["sha256"]},
    }


def credential_of(content: Mapping[str, Any], *, home: str, code: str, issued_at: datetime) -> dict[str, Any]:
    """The OpenBadgeCredential of a certificate. `home`: the product's address without a slash at its end."""
    title = KINDS[content["kind"]]
    programme = content["programme"]
    return {
        "@context": CONTEXT,
        "id": f"{home}/verify/{code}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": f"{programme['name']} {title[0]}",
        "issuer": issuer_of(home, programme["organisation"]),
        "validFrom": _instant(issued_at),
        "credentialSubject": {
            # Nobody can be found by it: it means the holder of this certificate, and nothing else.
            "id": uuid5(NAMESPACE_URL, f"{home}/verify/{code}").urn,
            "type": ["AchievementSubject"],
            "identifier": [
                {"type": "IdentityObject", "hashed": False, "identityHash": content["name"], "identityType": "name"}
            ],
            "achievement": {
                "id": uuid5(NAMESPACE_URL, f"{home} {programme['name']} {content['kind']}").urn,
                "type": ["Achievement"],
                "achievementType": "Certificate",
                "name": f"{programme['name']} {title[0]} / {title[1]}",
                "description": f"{programme['name']}，{programme['starts_on']} – {programme['ends_on']}",
                "criteria": {"narrative": _narrative(content)},
                "humanCode": content["number"],
            },
        },
        "credentialStatus": {"id": f"{home}/badges/revocations", "type": "1EdTechRevocationList"},
    }


def claims_of(credential: Mapping[str, Any]) -> dict[str, Any]:
    """The JWT payload of a credential: itself, with the registered claims that repeat parts of it (8.2.4.1)."""
    return {
        **credential,
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "nbf": int(datetime.fromisoformat(credential["validFrom"]).timestamp()),
        "sub": credential["credentialSubject"]["id"],
    }


def issuer_of(home: str, organisation: str | None) -> dict[str, Any]:
    """The profile of who gives the badge."""
    return {"id": f"{home}/badges/issuer", "type": ["Profile"], "name": organisation or "lms_tracker", "url": home}


def _narrative(content: Mapping[str, Any]) -> str:
    if content["kind"] == "honour":
        words = "、".join(one["zh"] for one in content["honours"])
        return f"按培训项目的评优规则获得：{words}。Selected by the rules of the programme."
    return "完成培训项目规定的学时、作业和研修成果，考核合格。Met all requirements of the programme and passed."


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
