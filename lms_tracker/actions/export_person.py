"""Everything that is held of one person, as a ZIP to take along (PIPL art. 45)."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec
from sqlalchemy import Connection, Engine

from lms_tracker.actions.erase_person import ErasureRefused
from lms_tracker.actions.grade import grade_cohort
from lms_tracker.actions.quarantine import jsons_of
from lms_tracker.core.study.export import export_entry
from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.core.xapi.mentioned import mentioned
from lms_tracker.core.xapi.redact import SOMEBODY_ELSE, as_typed, attached, names, redact, with_digests, without_others
from lms_tracker.store import erasure as store
from lms_tracker.store import (
    person_data,
    person_player,
    person_results,
    person_reviews,
    person_submissions,
    person_work,
    quarantine,
)
from lms_tracker.store import statement_edits as edits
from lms_tracker.store.attachments import attachments, held
from lms_tracker.store.contacts import contacts_of_person
from lms_tracker.store.db import reading
from lms_tracker.store.erasure import Person
from lms_tracker.store.find_learners import actors_of
from lms_tracker.store.ledger import entries_in_force

README = """\
个人信息副本（《个人信息保护法》第四十五条）
A copy of the personal information held of you (Personal Information Protection Law of China, art. 45)

profile.json                 姓名、标识、账号、班级 | names, identifiers, account without its password, classes
statements.jsonl             您的学习记录，每行一条 xAPI 语句；其中其他人已隐去 | your statements, one a line; others in them are left out
statements-naming-you.jsonl  别人的记录中提到您的；其中其他人已隐去 | others' statements that name you; the others are left out
attachments/                 您的记录所附文件，以 SHA-256 命名 | files that came with your statements, named by SHA-256
player.json, beats.jsonl     播放器会话、在场确认、被拒收的请求与逐次心跳 | sessions of the player, presence checks, refused requests, and each beat
documents/, documents.json   平台为您保存的学习状态等文档 | documents that platforms keep for you, such as where you stopped
ledger.jsonl                 学习时间账：计入、待核、不计及原因 | study time: what counts, waits or does not, and why
changes.json                 班级和学校的变动 | classes and schools, from when on and why
contacts.json                别人与您联系后的记录 | what was noted after somebody called you
marks.json                   作业分数与评语 | marks and remarks
results.json                 已冻结的成绩中您的部分、证书、异议 | your lines of frozen results, certificates, objections
achievements.json            出勤、考试、证书等记录 | attendance, exams, certificates and the like
overrides.json               人工更正的结果 | results that somebody set by hand
decisions.json               关于您学习时间的审核决定与理由 | what was decided about your study time, and why
appeals.json, appeals/       您的申诉、说明、结果与附件 | your appeals, what was said on them, outcomes and files
attendance.json              出勤登记 | attendance as it was written down
exams.json                   考试成绩 | results of exams
submissions.json, submissions/, drafts.json, peer-reviews.json
                             作业各版本、附件与评语，草稿，写给同学的互评 | work on assignments, drafts, reviews of others' work
ballots.json                 群众测评中对您的评价（无记名） | what came of the secret ballots about you
asked.json                   向专家的提问，答过哪些问卷 | questions to experts, and which surveys were answered
declarations.json, declarations/
                             请假、研修成果、笔记、读书的申报与材料 | leave, research output, notes and books declared, with files
grades.json                  成绩及每一分的来源 | grades, and where each point comes from
quarantine.json              平台发来但未被接受的请求中提到您的语句；其中其他人已隐去
                             | what requests that were refused say of you; the others are left out

JSON: UTF-8. Instants are in UTC. 时间均为世界协调时。
"""
_encode = msgspec.json.Encoder(decimal_format="number").encode


class NobodyThere(ErasureRefused):
    """There is no such learner, or nothing is held any more."""


def export_person(db: Engine, learner_id: int, out: IO[bytes], now: datetime) -> dict[str, int]:
    """Write the ZIP to a file that can be written only; how many statements, entries and so on are in it.

    One snapshot of the database, a row at a time. Raises NobodyThere before anything is written.
    """
    with reading(db) as tx:
        person = store.person_of(tx, learner_id)
        if person is None:
            raise NobodyThere(f"there is no learner {learner_id}, or nothing is held of that person any more")
        with ZipFile(out, "w", ZIP_DEFLATED) as zip:
            return _Export(tx, person, zip).write(db, now)


class _Export:
    def __init__(self, tx: Connection, person: Person, zip: ZipFile) -> None:
        self.tx, self.person, self.zip = tx, person, zip
        self.ifis = with_digests(person.ifis)

    def write(self, db: Engine, now: datetime) -> dict[str, int]:
        self._put("README.txt", README.encode())
        self._json("profile.json", person_data.profile_of(self.tx, self.person))
        counts = {"statements": self._statements(), "naming": self._naming(), "documents": self._documents()}
        actors = actors_of(self.tx, self.person.ids)
        entries = entries_in_force(self.tx, self.person.ids)
        counts["entries"] = self._lines(
            "ledger.jsonl", (_encode(export_entry(e, actors[e.learner_id])) for e in entries)
        )
        self._json("changes.json", person_data.changes_of(self.tx, self.person.ids))
        self._json("contacts.json", contacts_of_person(self.tx, self.person.ids))
        marks = person_data.marks_of(self.tx, self.person.ids)
        self._json("marks.json", marks)
        certificates = person_results.certificates_to_take_along(self.tx, self.person.ids)
        results = {
            "results": person_results.results_to_take_along(self.tx, self.person.ids),
            "certificates": certificates,
            "objections": person_results.objections_to_take_along(self.tx, self.person),
        }
        self._json("results.json", results)
        achievements = person_data.achievements_of(self.tx, self.person.ids)
        self._json("achievements.json", achievements)
        self._json("overrides.json", person_data.overrides_of(self.tx, self.person.ids))
        self._json("decisions.json", person_reviews.decisions_to_take_along(self.tx, self.person.ids))
        appeals = person_reviews.appeals_to_take_along(self.tx, self.person.ids)
        self._json("appeals.json", appeals)
        for name in (name for one in appeals for name in one["files"]):
            self._put(name, person_reviews.file_content(self.tx, name))
        self._json("attendance.json", person_work.presences_to_take_along(self.tx, self.person.ids))
        self._json("exams.json", person_work.exams_to_take_along(self.tx, self.person.ids))
        asked = {"questions": person_work.questions_to_take_along(self.tx, self.person.ids)}
        self._json("asked.json", asked | {"surveys": person_work.surveys_answered(self.tx, self.person.ids)})
        self._json("ballots.json", person_work.ballots_to_take_along(self.tx, self.person.ids))
        declared = person_work.declarations_to_take_along(self.tx, self.person.ids)
        self._json("declarations.json", declared)
        for name in (name for one in declared for name in one["files"]):
            self._put(name, person_work.proof_content(self.tx, name))
        handed_in = person_submissions.submissions_to_take_along(self.tx, self.person.ids, now)
        self._json("submissions.json", handed_in)
        for name in (name for one in handed_in for name in one["files"]):
            self._put(name, person_submissions.submitted_file(self.tx, name))
        self._json("drafts.json", person_submissions.drafts_to_take_along(self.tx, self.person.ids))
        self._json("peer-reviews.json", person_submissions.peer_reviews_to_take_along(self.tx, self.person.ids))
        self._json("player.json", person_player.sessions_to_take_along(self.tx, self.person.ids))
        beats = person_player.beats_to_take_along(self.tx, self.person.ids)
        counts["beats"] = self._lines("beats.jsonl", (_encode(one) for one in beats))
        self._json("grades.json", self._grades(db, now))
        refused = list(self._refused())
        self._json("quarantine.json", refused)
        return counts | {
            "marks": len(marks),
            "achievements": len(achievements),
            "certificates": len(certificates),
            "quarantine": len(refused),
            "appeals": len(appeals),
        }

    def _statements(self) -> int:
        data: set[str] = set()

        def raws() -> Iterable[bytes]:
            for row in edits.statements_of_learners(self.tx, self.person.ids):
                raw = without_others(bytes(row.raw), self.ifis)
                data.update(attached(raw))  # a signature carries the words that it signs
                yield raw

        count = self._lines("statements.jsonl", raws())
        for sha2 in sorted(held(self.tx, data)):
            self._put(f"attachments/{sha2}", attachments(self.tx, [sha2])[sha2])
        return count

    def _naming(self) -> int:
        """Of others' statements only what they say of the person: who else is in them is not the person's to know."""

        def raws() -> Iterable[bytes]:
            for row in edits.statements_naming(self.tx, (), self.ifis):
                raw = bytes(row.raw)
                if row.learner_id not in self.person.ids and names(raw, self.ifis.__contains__):
                    yield redact(raw, lambda ifi: ifi not in self.ifis, SOMEBODY_ELSE)

        return self._lines("statements-naming-you.jsonl", raws())

    def _refused(self) -> Iterator[dict[str, Any]]:
        """A batch is kept whole, and found by its text: most of it may be of others, and all of it."""
        ifis = as_typed(self.ifis)
        for id in quarantine.naming(self.tx, ifis):
            row = quarantine.one(self.tx, id)
            assert row is not None  # one snapshot
            read = [mentioned(json, ifis.__contains__) for json in jsons_of(row)]
            said = [one for statements in read for one in statements or ()]
            if said or None in read:  # what nobody can read may be of the person
                about = {"received": row.first_at, "source": row.source, "rule": row.rule, "state": row.state}
                yield about | {"statements": said or None}

    def _documents(self) -> int:
        index = []
        for number, row in enumerate(person_data.documents_of(self.tx, self.ifis), 1):
            name = f"documents/{number:04d}"
            self._put(name, bytes(row.content))
            about = {
                key: getattr(row, key) for key in ("kind", "activity", "registration", "id", "content_type", "updated")
            }
            index.append({"file": name, **about})
        self._json("documents.json", index)
        return len(index)

    def _grades(self, db: Engine, now: datetime) -> list[Any]:
        grades: list[Any] = []
        for programme_id, name in person_data.programmes_of(self.tx, self.person.ids):
            try:
                grades += [
                    {"programme": name, "grade": g} for g in grade_cohort(db, programme_id, now, self.person.ids)
                ]
            except (PolicyErrors, ValueError) as e:  # a programme that does not grade
                grades.append({"programme": name, "none": str(e)})
        return grades

    def _lines(self, name: str, lines: Iterable[bytes]) -> int:
        count = 0
        with self.zip.open(name, "w", force_zip64=True) as file:
            for line in lines:
                file.write(line + b"\n")
                count += 1
        return count

    def _json(self, name: str, value: Any) -> None:
        self._put(name, json.dumps(json.loads(_encode(value)), ensure_ascii=False, indent=2).encode())

    def _put(self, name: str, data: bytes) -> None:
        self.zip.writestr(name, data)
