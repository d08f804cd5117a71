"""The server against its own description: schemathesis makes requests from the OpenAPI document and judges the answers.

`make test` runs a bounded, repeatable round (test_schemathesis.py). For a long one:

    python -m tests.lrs.openapi.fuzz 500 [SEED [sqlite|postgresql]]      # examples per operation; hours, and gigabytes
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.engine import events, from_schema
from schemathesis.transport.wsgi import WSGI_TRANSPORT

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.upgrade_database import upgrade_database
from lms_tracker.app import create_app
from lms_tracker.core.xapi.multipart import join_multipart
from lms_tracker.core.xapi.scopes import ALL
from lms_tracker.settings import Settings
from lms_tracker.store.db import open_db
from tests import services

STATEMENT_RULES = {
    "activity-only", "attachment-data", "conflict", "depth", "duplicate-id", "duration", "id-mismatch",
    "interaction-components", "multipart", "nul", "number-range", "score-order", "sha2", "signature", "timestamp",
    "too-long", "unknown-property", "version", "voiding",
}  # fmt: skip
"""What no schema says of statements, so that a request which fits the document may break it. `unknown-property`: the
context agents of 2.0 in a request of 1.0; `multipart`: data beside an empty batch, which nobody describes."""
DOCUMENT_RULES = {"merge", "nul", "parameter", "precondition"}
FREE_PARAMETERS = {"agent", "cursor", "since", "until", "stateId", "profileId"}
"""Whose form no pattern tells whole: dates that no calendar has, U+0000, lengths in bytes."""


class Found(list[str]):
    """Faults in words; `requests` counts what was sent, `answers` by status what came back."""

    requests = 0
    answers: Counter[int]


@WSGI_TRANSPORT.serializer("multipart/mixed")
def with_attachments(ctx: Any, value: Any) -> dict[str, Any]:
    """As the encoding of the document says: the statements, then each attachment with its hash, which the first
    statement describes."""
    statements, data = (
        (value.get(name) for name in ("statements", "attachments")) if isinstance(value, dict) else (None, None)
    )
    first = statements[0] if isinstance(statements, list) and statements else statements
    parts = [(sha256(raw).hexdigest(), "application/octet-stream", raw) for raw in _bytes(data)]
    if isinstance(first, dict) and isinstance(first.setdefault("attachments", []), list):
        first["attachments"] += [
            {"usageType": "urn:x:file", "display": {}, "contentType": kind, "length": len(raw), "sha2": sha2}
            for sha2, kind, raw in parts
        ]
    body = join_multipart(json.dumps(statements).encode(), parts, "between")
    return {"data": body, "content_type": "multipart/mixed; boundary=between"}


def _bytes(data: Any) -> Iterator[bytes]:
    for one in data if isinstance(data, list) else []:
        if isinstance(raw := getattr(one, "data", one), bytes):
            yield raw


class BrokenPromise(Failure):
    """A request that fits the document, and was refused by a rule that the document could have told."""


@schemathesis.check
def refused_only_by_what_no_schema_says(ctx: Any, response: Any, case: Any) -> None:
    if response.status_code != 400 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if case.method == "HEAD" or _is_excused(case, response.json()):
        return
    raise BrokenPromise(operation=case.operation.label, title="Refused without need", message=response.text[:500])


def _is_excused(case: Any, error: dict[str, Any]) -> bool:
    rule, path = error["rule"], error["path"]
    if case.path == "/statements" and case.method == "GET":
        alone = {"statementId", "voidedStatementId"} & set(case.query)
        return rule == "parameter" and (path in FREE_PARAMETERS or bool(alone))
    if case.path == "/statements":
        # 7.0 is an integer to JSON Schema, and none to xAPI.
        return rule in STATEMENT_RULES or (rule == "type" and path.endswith(".length"))
    return rule in DOCUMENT_RULES


def run(app: Flask, *, examples: int, seed: int = 1, everything: bool = False) -> Found:
    """`examples` requests per operation and as many walks from answer to request; with `everything` also each
    constraint of the schemas by itself, which takes minutes, and faults are printed as they are found. The same seed
    makes the same requests."""
    made, secret = create_credential(
        app.extensions["db"], "schemathesis", scopes=frozenset({ALL}), now=datetime.now(UTC)
    )
    # Only what the document says: values fished from answers, or from our sources, would make another run of each seed.
    told_only = {"extra-data-sources": {"responses": False}, "error-feedback": {"enabled": False}}
    each_constraint = {"enabled": True, "unexpected-methods": []}
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "continue-on-failure": True,
            "suppress-health-check": ["too_slow"],  # a busy machine is no fault of what is tested
            "auth": {"basic": {"username": made.key, "password": secret}},
            "generation": {"max-examples": examples, "deterministic": True, "no-shrink": True, "database": "none"},
            "analysis": {"constants": {"enabled": False}},
            "phases": {
                "examples": {"enabled": everything},  # test_document.py sends the document's own
                "coverage": each_constraint if everything else {"enabled": False},
                "fuzzing": told_only,
                "stateful": {"max-steps": 4},
            },
            "checks": {
                # Of what is not known the key is asked for first, then the version; test_methods.py has the rest.
                "unsupported_method": {"enabled": False},
                # Cannot call a WSGI application (schemathesis 4.32); tests/lrs/test_access.py asks as every outsider.
                "ignored_auth": {"enabled": False},
                # Its place is taken by refused_only_by_what_no_schema_says.
                "positive_data_acceptance": {"enabled": False},
            },
        }
    )
    schema = schemathesis.openapi.from_wsgi("/xapi/openapi.json?lang=en", app, config=config)
    found = Found()
    found.answers = Counter()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            sent = event.recorder.interactions.values()
            found.requests += len(sent)
            found.answers.update(one.response.status_code for one in sent if one.response is not None)
            if everything and found.requests // 1000 > (found.requests - len(sent)) // 1000:
                print(f"{found.requests} requests, {len(found)} faults so far", flush=True)
            faults = list(_failures(event))
            found += faults
            if everything and faults:
                print(*faults, sep="\n", flush=True)
        elif isinstance(event, events.NonFatalError):
            found.append(f"{event.label}: {event.info}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    return found


def _failures(event: events.ScenarioFinished) -> Iterator[str]:
    for checks in event.recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                yield f"{failure.operation}: {check.name}: {failure.message[:600]}\n    {check.failure_info.code_sample}"


def main(examples: int, seed: int, kind: str = "sqlite") -> int:
    """A long round over one database; the number of faults."""
    with TemporaryDirectory() as folder, _database(kind, folder) as url:
        settings = Settings(database_url=url, var_dir=str(Path(folder)), public_url="https://lrs.example.org")
        db = open_db(settings.database_url)
        upgrade_database(db)
        db.dispose()
        app = create_app(settings)
        found = run(app, examples=examples, seed=seed, everything=True)
        app.extensions["db"].dispose()
    answers = ", ".join(f"{status}: {count}" for status, count in sorted(found.answers.items()))
    print(f"{kind}, seed {seed}: {found.requests} requests, {len(found)} faults; answers {answers}")
    return len(found)


@contextmanager
def _database(kind: str, folder: str) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/fuzz.db"
        return
    with services.postgresql("synchronous_commit=off") as server:
        yield server.render_as_string()


if __name__ == "__main__":
    sys.exit(min(main(int(sys.argv[1]), *map(int, sys.argv[2:3] or ["1"]), *sys.argv[3:4]), 1))
