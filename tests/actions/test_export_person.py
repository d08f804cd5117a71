"""The copy of one person's data: all of it, and nobody else's."""

import io
import json
from hashlib import sha256
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from sqlalchemy import Engine

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.erase_person import erase_person
from lms_tracker.actions.export_person import NobodyThere, export_person
from lms_tracker.actions.quarantine import keep_refused
from lms_tracker.store.db import reading
from lms_tracker.store.statements import statement_by_id
from tests.actions.erasing import LI, NOW, WANG, fill, said, send


def export(db: Engine, learner_id: int = 1) -> dict[str, bytes]:
    out = io.BytesIO()
    export_person(db, learner_id, out, NOW)
    with ZipFile(out) as zip:
        assert zip.testzip() is None
        return {name: zip.read(name) for name in zip.namelist()}


def lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def test_the_copy_holds_all_that_is_held(any_db: Engine) -> None:
    files = export(fill(any_db))
    assert "个人信息" in files["README.txt"].decode()
    profile = json.loads(files["profile.json"])
    assert (profile["names"], profile["accounts"][0]["login"]) == (["李一凡"], "p1")
    assert profile["classes"][0]["school"] == "第2中学"
    assert "password_hash" not in files["profile.json"].decode()
    statements = lines(files["statements.jsonl"])
    assert len(statements) > 10
    assert {one["actor"]["mbox"] for one in statements} == {LI["mbox"]}
    own = b"own work of Li"
    assert files[f"attachments/{sha256(own).hexdigest()}"] == own
    assert [files[one["file"]] for one in json.loads(files["documents.json"])] == [b"bookmark of Li"] * 2
    assert sum(entry["credited_seconds"] for entry in lines(files["ledger.jsonl"])) > 500
    assert [(one["mark"], one["comment"]) for one in json.loads(files["marks.json"])] == [(81, "李一凡写得好")]
    assert json.loads(files["grades.json"])[0]["programme"] == "校长培训"


def test_others_are_left_out_of_their_statements_that_name_the_person(any_db: Engine) -> None:
    fill(any_db)
    send(any_db, [said(WANG, context={"instructor": LI})])
    files = export(any_db)
    (naming,) = lines(files["statements-naming-you.jsonl"])
    assert naming["context"]["instructor"]["mbox"] == LI["mbox"]
    assert naming["actor"]["account"]["name"] == "somebody-else"
    assert not [name for name, data in files.items() if "王二妮".encode() in data or b"p2@example.org" in data]


def test_others_are_left_out_of_the_persons_own_statements_and_nothing_else_is(any_db: Engine) -> None:
    fill(any_db)
    context = {"instructor": WANG, "team": {"objectType": "Group", "name": "一组", "member": [LI, WANG]}}
    alone = said(LI, result={"response": "三点体会"})
    send(any_db, [said(LI, context=context), said(LI, WANG | {"objectType": "Agent"}), alone])
    with reading(any_db) as tx:
        kept = statement_by_id(tx, UUID(alone["id"]), voided=False)
    files = export(any_db)
    with_context, about, last = lines(files["statements.jsonl"])[-3:]
    nobody = {"objectType": "Agent", "account": {"homePage": "urn:lms-tracker:nobody", "name": "somebody-else"}}
    assert with_context["context"] == {"instructor": nobody, "team": context["team"] | {"member": [LI, nobody]}}
    assert about["object"] == nobody and about["actor"] == LI and "authority" in about and last["id"] == alone["id"]
    assert kept is not None and bytes(kept.raw) in files["statements.jsonl"].splitlines()
    assert b"operator" in files["statements.jsonl"], "who vouches for it is no third person"
    assert not [name for name, data in files.items() if "王二妮".encode() in data or b"p2@example.org" in data]


def test_nothing_is_exported_of_somebody_who_is_not_there_or_was_erased(any_db: Engine) -> None:
    fill(any_db)
    erase_person(any_db, 1, ordered_by="admin", reason="asked to", now=NOW)
    for nobody in (1, 999):
        with pytest.raises(NobodyThere):
            export(any_db, nobody)


def test_of_refused_requests_the_copy_holds_what_names_the_person_and_nobody_else(any_db: Engine) -> None:
    fill(any_db)
    source, _ = create_credential(any_db, "lms", now=NOW)
    typo = said(LI) | {"actor": {"mbox": LI["mbox"].removeprefix("mailto:")}, "verb": {}}
    others = said(WANG, context={"instructor": LI, "team": {"name": "王家", "member": [WANG, LI]}})
    like = said({"mbox": "mailto:up1@example.org", "name": "王二妮"})
    batch = json.dumps([typo, others, said(WANG), like], ensure_ascii=False).encode()
    broken = b'{"actor": {"mbox": "mailto:p1@example.org"}, "friend": "mailto:p2@example.org"'
    for raw in (batch, json.dumps(like).encode(), broken):
        keep_refused(any_db, source, raw, None, "required", "refused", NOW, status=400)
    files = export(any_db)
    readable, unreadable = json.loads(files["quarantine.json"])
    mine, theirs = readable["statements"]
    assert (mine, unreadable["statements"]) == (typo, None)
    nobody = {"objectType": "Agent", "account": {"homePage": "urn:lms-tracker:nobody", "name": "somebody-else"}}
    assert (theirs["actor"], theirs["context"]) == (nobody, {"instructor": LI, "team": {"member": [nobody, LI]}})
    assert theirs["object"] == others["object"]
    assert not [name for name, data in files.items() if "王".encode() in data or b"p2@example.org" in data]
