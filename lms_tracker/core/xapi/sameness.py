"""Whether two statements with one id say the same (Data 2.2, Statement Immutability; Communication 2.1.1).

Not compared: what an LRS assigns (id, stored, authority, version, a timestamp that the sender left out), activity
definitions and verb displays (the specification does not count them as part of the statement), the order of keys and of a
group's members, how numbers, durations, instants and UUIDs are written.
"""

import json
from typing import Any

import msgspec

from lms_tracker.core.xapi.timestamps import parse_duration, parse_timestamp

_ASSIGNED = ("id", "stored", "authority", "version", "timestamp")


def same_statement(stored: bytes, sent: bytes) -> bool:
    """`stored` is complete, as kept; `sent` is valid. Key order and spaces don't matter."""
    old, new = msgspec.json.decode(stored), msgspec.json.decode(sent)
    # A timestamp equal to `stored` is the one that was given to a statement without.
    assigned = old.get("timestamp") == old.get("stored") or "timestamp" not in new
    if not assigned and parse_timestamp(old["timestamp"]) != parse_timestamp(new["timestamp"]):
        return False
    return bool(_statement(old) == _statement(new))


def _statement(statement: dict[str, Any]) -> Any:
    said = {key: value for key, value in statement.items() if key not in _ASSIGNED}
    return _exact(_normal(said))


def _normal(statement: dict[str, Any]) -> dict[str, Any]:
    out = dict(statement)
    out["actor"] = _actor(out["actor"])
    out["verb"] = out["verb"]["id"]
    out["object"] = _object(out["object"])
    if "result" in out:
        out["result"] = dict(out["result"])
        if "duration" in out["result"]:
            # Data 4.6: what is finer than 0.01 s is not compared
            out["result"]["duration"] = parse_duration(out["result"]["duration"]) // 10_000
    if "context" in out:
        out["context"] = _context(out["context"])
    return out


def _object(target: dict[str, Any]) -> dict[str, Any]:
    kind = target.get("objectType", "Activity")
    if kind in ("Agent", "Group"):
        return _actor(target)
    if kind == "StatementRef":
        return {"objectType": kind, "id": target["id"].lower()}
    if kind == "SubStatement":
        sub = _normal(target)
        if "timestamp" in sub:
            sub["timestamp"] = parse_timestamp(sub["timestamp"]).isoformat()
        return sub
    return {"objectType": "Activity", "id": target["id"]}


def _actor(actor: dict[str, Any]) -> dict[str, Any]:
    out = {"objectType": "Agent"} | actor
    if "mbox_sha1sum" in out:
        out["mbox_sha1sum"] = out["mbox_sha1sum"].lower()
    if "member" in out:
        members = [_actor(member) for member in out["member"]]
        out["member"] = sorted(members, key=lambda member: json.dumps(member, sort_keys=True))
    return out


def _context(context: dict[str, Any]) -> dict[str, Any]:
    out = dict(context)
    for role in ("instructor", "team"):
        if role in out:
            out[role] = _actor(out[role])
    for kinds, role in (("contextAgents", "agent"), ("contextGroups", "group")):
        if kinds in out:
            out[kinds] = [one | {role: _actor(one[role])} for one in out[kinds]]
    if "registration" in out:
        out["registration"] = out["registration"].lower()
    if "statement" in out:
        out["statement"] = _object(out["statement"])
    if "contextActivities" in out:
        out["contextActivities"] = {
            kind: [activity["id"] for activity in (found if isinstance(found, list) else [found])]
            for kind, found in out["contextActivities"].items()
        }
    return out


def _exact(value: Any) -> Any:
    """1 and 1.0 are one number, but true is not 1: Python's equality is made JSON's."""
    if isinstance(value, bool):
        return ("true",) if value else ("false",)
    if isinstance(value, dict):
        return {key: _exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_exact(item) for item in value]
    return value
