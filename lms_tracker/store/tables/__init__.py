"""Every table of the product, in one place. Migrations are written by hand; a test holds the two equal."""

from lms_tracker.store.tables.accounts import account, job_run, login_failure, role
from lms_tracker.store.tables.erasure import blocked_identity, erased_statement, erasure
from lms_tracker.store.tables.exchange import forward_aside, forward_target, quarantine, quarantine_dropped
from lms_tracker.store.tables.people import (
    credential,
    identity,
    identity_event,
    identity_rule,
    learner,
    unposted_cause,
)
from lms_tracker.store.tables.programmes import (
    activity,
    assignment,
    bulletin,
    cohort,
    course,
    enrolment,
    mark,
    organisation,
    programme,
)
from lms_tracker.store.tables.record import (
    EVIDENCE,
    attachment,
    definition,
    document,
    posting,
    statement,
)
from lms_tracker.store.tables.study import ledger, touched_learner, unsettled
from lms_tracker.store.tables.types import LARGEST_ID, DecimalText, Instant, metadata

__all__ = [
    "EVIDENCE",
    "LARGEST_ID",
    "DecimalText",
    "Instant",
    "account",
    "activity",
    "assignment",
    "attachment",
    "blocked_identity",
    "bulletin",
    "cohort",
    "course",
    "credential",
    "definition",
    "document",
    "enrolment",
    "erased_statement",
    "erasure",
    "forward_aside",
    "forward_target",
    "identity",
    "identity_event",
    "identity_rule",
    "job_run",
    "learner",
    "ledger",
    "login_failure",
    "mark",
    "metadata",
    "organisation",
    "posting",
    "programme",
    "quarantine",
    "quarantine_dropped",
    "role",
    "statement",
    "touched_learner",
    "unposted_cause",
    "unsettled",
]
