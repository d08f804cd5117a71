"""Who may see what: the one table. A route that is not in it is closed to everybody (web.guard)."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from lms_tracker.actions.hand_in import MAX_TEXT, WORK_FILES
from lms_tracker.core.bulletin import READERS
from lms_tracker.core.declarations import PROOFS
from lms_tracker.core.study.review import APPEAL_FILES
from lms_tracker.core.uploads import CARRIED, TABLE
from lms_tracker.store import places, places_of_work
from lms_tracker.store.places import Place

Find = Callable[[Connection, dict[str, Any]], Place | None]


class Rule(Struct, frozen=True):
    """`who`: roles, any of which is enough. `find`: the place that the role must reach; None when any place will do.
    `own`: whose own it is may (True), or must not (False) do it, whatever their roles; None: that makes no difference.
    True without any role: nobody else may."""

    who: tuple[str, ...] = ()
    find: Find | None = None
    public: bool = False
    own: bool | None = None
    max_bytes: int | None = None
    """Largest form, where it is not MAX_FORM_BYTES."""


ANYBODY = Rule(public=True)
LOGGED_IN = Rule()
LEARNER = Rule(who=("learner",))

OVERSEE = ("centre", "leading_group")
"""Whose scope is an organisation that has classes under it: they look, and change nothing."""
WATCH_A_CLASS = ("monitor", "head_teacher", "liaison", "staff", *OVERSEE)
MARK = ("expert", "liaison")
ADMINISTER = ("administrator",)
RUN_A_PROGRAMME = ("liaison", "staff")
READ_BULLETINS = READERS
INSIDE = ("learner", "monitor", "head_teacher", "liaison", "expert", "staff", "bureau", *OVERSEE)
"""Everybody who has to do with a programme: its page leads each to what is theirs."""
SEE_COMMENTS = ("head_teacher", "liaison", "staff", "expert")
"""Whoever sees a learner's page without one of these sees hours, pace and points, but no remarks on the work."""

COHORT = Rule(WATCH_A_CLASS, lambda db, at: places.place_of_cohort(db, at["cohort_id"]))


def _classmate(db: Connection, at: dict[str, Any]) -> Place | None:
    return places.place_of_learner(db, at["cohort_id"], at["learner_id"])


CLASSMATE = Rule(WATCH_A_CLASS, _classmate)
BULLETIN = Rule(READ_BULLETINS, lambda db, at: places.place_of_bulletin(db, at["bulletin_id"]))


def _programme(db: Connection, at: dict[str, Any]) -> Place | None:
    return places.place_of_programme(db, at["programme_id"])


PROGRAMME = Rule(RUN_A_PROGRAMME, _programme)
STAFF = Rule(("staff",), _programme)
SEE_MEMBERS = ("head_teacher", "liaison", "staff", "bureau", *OVERSEE)
"""Who has a list of learners: those of the own class, district or centre, or of the whole programme."""
READ_CONTACTS = ("head_teacher", "liaison", "staff", *OVERSEE)
MEMBER = Rule(SEE_MEMBERS, lambda db, at: places.place_of_member(db, at["programme_id"], at["learner_id"]))
"""A learner of the programme, wherever in it."""


def _somebody_of_the_class(db: Connection, at: dict[str, Any]) -> Place | None:
    return places.place_of_study_time(db, at["cohort_id"], at["learner_id"])


NOTE_CONTACTS = Rule(("monitor", "head_teacher", "liaison", "staff"), _somebody_of_the_class, own=False)
ROSTER_BYTES = 8_000_000
ADMINISTRATOR = Rule(ADMINISTER)


def _assignment(db: Connection, at: dict[str, Any]) -> Place | None:
    return places.place_of_assignment(db, at["assignment_id"])


ASSIGNMENT = Rule(MARK, _assignment)
SET_WORK = Rule(RUN_A_PROGRAMME, _assignment)
TASK = Rule(LEARNER.who, _assignment)
PAIR = Rule(find=lambda db, at: places.place_of_pair(db, at["pair_id"]), own=True)
WORK = Rule(MARK, lambda db, at: places.place_of_work(db, at["assignment_id"], at["submission_id"]), own=False)
DRAFT_BYTES = 4 * MAX_TEXT + 10_000

REVIEW = ("head_teacher", "liaison", "staff")
FOLLOW_REVIEWS = ("monitor", *REVIEW)
HELD_TIME = Rule(REVIEW, lambda db, at: places.place_of_study_time(db, at["cohort_id"], at["learner_id"]), own=False)

STUDY_OR_WATCH = ("learner", "head_teacher", "liaison", "staff")
UNIT = Rule(STUDY_OR_WATCH, lambda db, at: places.place_of_unit(db, at["unit_id"]))
MEDIUM = Rule(STUDY_OR_WATCH, lambda db, at: places.place_of_medium(db, at["medium_id"]))
MAX_PIECE_BYTES = 16 * 1024 * 1024
"""Largest piece of a medium in one request."""


HOLD_A_MEETING = ("monitor", *REVIEW)
MEETING = Rule(HOLD_A_MEETING, lambda db, at: places_of_work.place_of_meeting(db, at["meeting_id"]))
OWN_PART = Rule(("learner",), _programme)
"""A learner's own pages in a programme."""


TALK = ("learner", "monitor", "head_teacher", "liaison", "expert", "staff")


def _survey(db: Connection, at: dict[str, Any]) -> Place | None:
    return places_of_work.place_of_survey(db, at["survey_id"])


def _question(db: Connection, at: dict[str, Any]) -> Place | None:
    return places_of_work.place_of_question(db, at["question_id"])


BALLOT = Rule(RUN_A_PROGRAMME, lambda db, at: places_of_work.place_of_ballot(db, at["ballot_id"]))
EXAM = Rule(RUN_A_PROGRAMME, lambda db, at: places_of_work.place_of_exam(db, at["exam_id"]))


def _declaration(db: Connection, at: dict[str, Any]) -> Place | None:
    return places_of_work.place_of_declaration(db, at["declaration_id"])


def _appeal(db: Connection, at: dict[str, Any]) -> Place | None:
    return places.place_of_appeal(db, at["appeal_id"])


def _class_of_appeal(db: Connection, at: dict[str, Any]) -> Place | None:
    return places.class_of_appeal(db, at["appeal_id"])


RESULT = Rule(RUN_A_PROGRAMME, lambda db, at: places.place_of_result(db, at["result_id"]))


def _notice(db: Connection, at: dict[str, Any]) -> Place | None:
    return places.place_of_notice(db, at["notice_id"])


def _certificate(db: Connection, at: dict[str, Any]) -> Place | None:
    return places.place_of_certificate(db, at["certificate_id"])


ROUTES: dict[str, Rule] = {
    "static": ANYBODY,
    "auth.login": ANYBODY,
    "auth.language": ANYBODY,
    "auth.logout": LOGGED_IN,
    "auth.password": LOGGED_IN,
    "auth.mail": LOGGED_IN,
    "home.index": LOGGED_IN,
    "study.mine": LEARNER,
    "grades.mine": LEARNER,
    "grades.mine_json": LEARNER,
    "grades.show": Rule(REVIEW, _classmate),
    "grades.show_json": Rule(REVIEW, _classmate),
    "grades.set_result": Rule(RUN_A_PROGRAMME, _classmate, own=False),
    "grades.withdraw_result": Rule(RUN_A_PROGRAMME, _classmate, own=False),
    "grades.standing": PROGRAMME,
    "courses.listing": LEARNER,
    "courses.unit": UNIT,
    "media.show": MEDIUM,
    "privacy.mine": LEARNER,
    "privacy.export": LEARNER,
    "cohort.listing": Rule(WATCH_A_CLASS),
    "cohort.show": COHORT,
    "cohort.learner": CLASSMATE,
    "bulletins.listing": Rule(READ_BULLETINS),
    "bulletins.show": BULLETIN,
    "bulletins.download": BULLETIN,
    "programmes.listing": Rule(INSIDE),
    "programmes.show": Rule(INSIDE, _programme),
    "results.listing": PROGRAMME,
    "results.freeze": PROGRAMME,
    "results.show": RESULT,
    "results.download": RESULT,
    "results.publish": RESULT,
    "results.certify": RESULT,
    "notices.listing": Rule(INSIDE, _programme),
    "notices.show": Rule(INSIDE, _notice),
    "notices.object_": Rule(INSIDE, _notice),
    "notices.answer": Rule(RUN_A_PROGRAMME, _notice),
    "notices.withdraw": Rule(RUN_A_PROGRAMME, _notice),
    "archives.mine": LEARNER,
    "archives.learner": Rule(RUN_A_PROGRAMME, CLASSMATE.find),
    "certificates.mine": LEARNER,
    "certificates.pdf": Rule(RUN_A_PROGRAMME, _certificate, own=True),
    "certificates.revoke": Rule(RUN_A_PROGRAMME, _certificate, own=False),
    "certificates.ask": ANYBODY,
    "certificates.verify": ANYBODY,
    "certificates.badge": ANYBODY,
    "certificates.issuer": ANYBODY,
    "certificates.key": ANYBODY,
    "certificates.revocations": ANYBODY,
    "members.listing": Rule(SEE_MEMBERS, _programme),
    "members.show": MEMBER,
    "members.change": Rule(("staff",), MEMBER.find),
    "contacts.listing": Rule(WATCH_A_CLASS, _somebody_of_the_class, own=False),
    "contacts.add": NOTE_CONTACTS,
    "contacts.withdraw": NOTE_CONTACTS,
    "contacts.log": Rule(READ_CONTACTS, _programme),
    "responsible.show": Rule(SEE_MEMBERS, _programme),
    "responsible.add": STAFF,
    "responsible.end": STAFF,
    "responsible.account": STAFF,
    "classes.show": STAFF,
    "classes.form": STAFF,
    "classes.size": STAFF,
    "organisations.listing": STAFF,
    "organisations.add": STAFF,
    "organisations.import_": Rule(("staff",), _programme, max_bytes=ROSTER_BYTES),
    "organisations.show": STAFF,
    "organisations.change": STAFF,
    "calendar.show": Rule(INSIDE, _programme),
    "calendar.download": Rule(INSIDE, _programme),
    "calendar.key": Rule(INSIDE, _programme),
    "calendar.new": PROGRAMME,
    "calendar.edit": PROGRAMME,
    "calendar.feed": ANYBODY,
    "questions.listing": PROGRAMME,
    "questions.import_": Rule(RUN_A_PROGRAMME, _programme, max_bytes=TABLE.form_bytes),
    "roster.upload": STAFF,
    "roster.template": STAFF,
    "roster.preview": Rule(("staff",), _programme, max_bytes=ROSTER_BYTES),
    "roster.import_": Rule(("staff",), _programme, max_bytes=ROSTER_BYTES),
    "policies.history": Rule((*RUN_A_PROGRAMME, "leading_group"), _programme),
    "content.listing": PROGRAMME,
    "content.move": PROGRAMME,
    "content.unit": PROGRAMME,
    "content.change": PROGRAMME,
    "content.received": PROGRAMME,
    "content.upload": Rule(RUN_A_PROGRAMME, PROGRAMME.find, max_bytes=MAX_PIECE_BYTES),
    "marking.listing": Rule(MARK),
    "marking.show": ASSIGNMENT,
    "marking.record": ASSIGNMENT,
    "marking.work": WORK,
    "marking.assess": WORK,
    "marking.send_back": WORK,
    "marking.download": WORK,
    "marking.match": WORK,
    "tasks.listing": LEARNER,
    "tasks.show": TASK,
    "tasks.hand_in_work": msgspec.structs.replace(TASK, max_bytes=WORK_FILES.form_bytes),
    "tasks.draft": msgspec.structs.replace(TASK, max_bytes=DRAFT_BYTES),
    "tasks.download": TASK,
    "tasks.object_to_it": TASK,
    "peers.show": PAIR,
    "peers.record": PAIR,
    "peers.download": PAIR,
    "assignments.listing": PROGRAMME,
    "assignments.new": PROGRAMME,
    "assignments.add": PROGRAMME,
    "assignments.show": SET_WORK,
    "assignments.edit": SET_WORK,
    "assignments.change": SET_WORK,
    "assignments.hand_on": SET_WORK,
    "assignments.decide": SET_WORK,
    "appeals.listing": LEARNER,
    "appeals.new": LEARNER,
    "appeals.file": Rule(who=("learner",), max_bytes=APPEAL_FILES.form_bytes),
    "appeals.show": Rule(FOLLOW_REVIEWS, _appeal, own=True),
    "appeals.download": Rule(REVIEW, _appeal, own=True),
    "appeals.state": Rule(("monitor", "head_teacher"), _class_of_appeal, own=False),
    "appeals.decide": Rule(REVIEW, _appeal, own=False),
    "review.queue": Rule(FOLLOW_REVIEWS),
    "review.show": HELD_TIME,
    "review.decide": HELD_TIME,
    "attendance.listing": Rule(HOLD_A_MEETING, _programme),
    "attendance.new": Rule(REVIEW, _programme),
    "attendance.create": Rule(REVIEW, _programme),
    "attendance.show": MEETING,
    "attendance.record": MEETING,
    "attendance.cancel": msgspec.structs.replace(MEETING, who=REVIEW),
    "attendance.code": MEETING,
    "attendance.bring_in": msgspec.structs.replace(MEETING, max_bytes=CARRIED),
    "sign_in.mine": OWN_PART,
    "sign_in.form": LEARNER,
    "sign_in.enter": LEARNER,
    "exams.mine": OWN_PART,
    "exams.listing": PROGRAMME,
    "exams.create": PROGRAMME,
    "exams.show": EXAM,
    "exams.record": EXAM,
    "exams.bring_in": msgspec.structs.replace(EXAM, max_bytes=CARRIED),
    "exams.close": EXAM,
    "panels.listing": Rule(("expert",), _programme),
    "panels.show": Rule(("expert",), _declaration, own=False),
    "panels.grade": Rule(("expert",), _declaration, own=False),
    "panels.download": Rule(("expert",), _declaration, own=False),
    "panels.seat": Rule(RUN_A_PROGRAMME, _declaration, own=False),
    "panels.rule": Rule(RUN_A_PROGRAMME, _declaration, own=False),
    "panels.publications": Rule(INSIDE, _programme),
    "panels.export": PROGRAMME,
    "books.listing": Rule(REVIEW, _programme),
    "books.bring_in": msgspec.structs.replace(PROGRAMME, max_bytes=CARRIED),
    "books.add": PROGRAMME,
    "books.retire": PROGRAMME,
    "surveys.mine": OWN_PART,
    "surveys.show": Rule(("learner",), _survey),
    "surveys.answer": Rule(("learner",), _survey),
    "surveys.listing": Rule(READ_BULLETINS, _programme),
    "surveys.new": PROGRAMME,
    "surveys.create": PROGRAMME,
    "surveys.results": Rule(READ_BULLETINS, _survey),
    "surveys.export": Rule(READ_BULLETINS, _survey),
    "surveys.close": Rule(RUN_A_PROGRAMME, _survey),
    "achievements.form": PROGRAMME,
    "achievements.bring_in": msgspec.structs.replace(PROGRAMME, max_bytes=CARRIED),
    "ballots.listing": PROGRAMME,
    "ballots.new": PROGRAMME,
    "ballots.call": PROGRAMME,
    "ballots.show": BALLOT,
    "ballots.change": BALLOT,
    "ballots.ask": ANYBODY,  # whoever has a code; it alone opens a paper, once
    "ballots.vote": ANYBODY,
    "answers.listing": Rule(TALK, _programme),
    "answers.put": Rule(TALK, _programme),
    "answers.show": Rule(TALK, _question),
    "answers.reply": Rule(("expert",), _question),
    "answers.withdraw": Rule(find=_question, own=True),
    "answers.experts": Rule(("expert", *RUN_A_PROGRAMME), _programme),
    "declarations.leave": OWN_PART,
    "declarations.research": OWN_PART,
    "declarations.note": OWN_PART,
    "declarations.reading": OWN_PART,
    "declarations.report": OWN_PART,
    "declarations.analysis": OWN_PART,
    "declarations.new": OWN_PART,
    "declarations.hand_in": msgspec.structs.replace(OWN_PART, max_bytes=PROOFS.form_bytes),
    "declarations.queue": Rule(REVIEW, _programme),
    "declarations.show": Rule(REVIEW, _declaration, own=True),
    "declarations.decide": Rule(REVIEW, _declaration, own=False),
    "declarations.again": Rule(find=_declaration, own=True, max_bytes=PROOFS.form_bytes),
    "declarations.withdraw": Rule(find=_declaration, own=True),
    "declarations.download": Rule(REVIEW, _declaration, own=True),
    "admin.index": ADMINISTRATOR,
    "admin.credentials": ADMINISTRATOR,
    "admin.new_credential": ADMINISTRATOR,
    "admin.add_credential": ADMINISTRATOR,
    "admin.credential": ADMINISTRATOR,
    "admin.rotate_credential": ADMINISTRATOR,
    "admin.revoke_a_credential": ADMINISTRATOR,
    "admin.identities": ADMINISTRATOR,
    "admin.identity": ADMINISTRATOR,
    "admin.split_identity": ADMINISTRATOR,
    "admin.compare": ADMINISTRATOR,
    "admin.join": ADMINISTRATOR,
    "admin.identity_history": ADMINISTRATOR,
    "admin.namesakes": ADMINISTRATOR,
    "admin.judge_namesakes": ADMINISTRATOR,
    "admin.identity_rules": ADMINISTRATOR,
    "admin.add_rule": ADMINISTRATOR,
    "admin.drop_a_rule": ADMINISTRATOR,
    "admin.apply_all_rules": ADMINISTRATOR,
    "admin.api": ADMINISTRATOR,
    "admin.persons": ADMINISTRATOR,
    "admin.person": ADMINISTRATOR,
    "admin.person_export": ADMINISTRATOR,
    "admin.erase": ADMINISTRATOR,
    "admin.clean": ADMINISTRATOR,
    "admin.erasure": ADMINISTRATOR,
    "admin.certificate": ADMINISTRATOR,
    "admin.retention": ADMINISTRATOR,
    "admin.keep": ADMINISTRATOR,
    "admin.forwarding": ADMINISTRATOR,
    "admin.new_target": ADMINISTRATOR,
    "admin.add_target": ADMINISTRATOR,
    "admin.target": ADMINISTRATOR,
    "admin.edit_target": ADMINISTRATOR,
    "admin.change_target": ADMINISTRATOR,
    "admin.steer_target": ADMINISTRATOR,
    "admin.quarantine": ADMINISTRATOR,
    "admin.refused": ADMINISTRATOR,
    "admin.decide": ADMINISTRATOR,
    "admin.replay_kind": ADMINISTRATOR,
}

MAX_FORM_BYTES = 200_000
"""No form of ours is longer; more is refused with 413."""

BEFORE_A_NEW_PASSWORD = {"auth.password", "auth.logout"}
"""All that whoever was given a password may do until it is replaced."""

OTHER_DOORS = {"xapi", "live"}
"""Blueprints that look for themselves who asks: with a key, a grant, or (where a grant is given) a login."""

WITH_A_GRANT = {
    "live.grants": "`learner`, a credential",
    "live.check": "a grant",
    "live.profile": "everybody",
}
"""Who gets an answer of the player's own door, in words."""
