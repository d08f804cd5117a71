"""Results that stand: frozen lists, public notices with objections, certificates, and the keys that sign them."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from lms_tracker.store.tables.types import Instant, metadata

frozen_result = Table(
    "frozen_result",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("content", Text, nullable=False),  # JSON as core.results.frozen makes and core.sealed seals it
    Column("reason", Text, nullable=False),
    Column("frozen_by", ForeignKey("account.id")),  # null: an operator's command, or somebody erased
    Column("frozen_at", Instant, nullable=False),
    Column("superseded_at", Instant),
    UniqueConstraint("programme_id", "version"),
)

result_notice = Table(
    "result_notice",  # 公示: what of a frozen list is shown, to whom, and until when objections are taken
    metadata,
    Column("id", Integer, primary_key=True),
    Column("result_id", ForeignKey("frozen_result.id"), nullable=False, index=True),
    Column("opens_at", Instant, nullable=False),
    Column("closes_at", Instant, nullable=False),  # the first instant at which no objection is taken any more
    Column("contact", Text, nullable=False),  # whom to turn to, beside the form
    Column("published_by", ForeignKey("account.id")),
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", ForeignKey("account.id")),
    Column("withdrawn_why", Text),
)

objection = Table(
    "objection",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("notice_id", ForeignKey("result_notice.id"), nullable=False, index=True),
    Column("account_id", ForeignKey("account.id"), index=True),  # who objects; null: somebody erased
    Column("about_learner_id", ForeignKey("learner.id"), index=True),  # whose result; null: the list as a whole
    Column("words", Text, nullable=False),
    Column("filed_at", Instant, nullable=False),
    Column("outcome", Text),  # upheld | rejected; null: not answered yet
    Column("answer", Text),
    Column("answered_by", ForeignKey("account.id")),
    Column("answered_at", Instant),
)

certificate = Table(
    "certificate",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("result_id", ForeignKey("frozen_result.id"), nullable=False, index=True),
    Column("learner_id", ForeignKey("learner.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),  # a key of core.results.certificates.KINDS
    Column(
        "number", Text, nullable=False, unique=True
    ),  # for people and files: counts up, tells nothing, opens nothing
    Column("code", Text, nullable=False, unique=True),  # random, on the paper: who has it may check the certificate
    Column("issued_on", Date, nullable=False),
    Column("content", Text, nullable=False),  # JSON, sealed: what the paper says
    Column("issued_by", ForeignKey("account.id")),
    Column("issued_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("revoked_by", ForeignKey("account.id")),
    Column("revoked_why", Text),
    Index(
        "uq_certificate_in_force",
        "result_id",
        "learner_id",
        "kind",
        unique=True,
        sqlite_where=text("revoked_at IS NULL"),
        postgresql_where=text("revoked_at IS NULL"),
    ),
)

signing_key = Table(
    "signing_key",  # of Open Badges; a key that signs no more still checks what it signed
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),  # the end of its address, as `kid` names it
    Column("public_jwk", Text, nullable=False),
    Column("private_sealed", LargeBinary, nullable=False),  # PEM, as actions.seal seals it
    Column("made_at", Instant, nullable=False),
    Column("retired_at", Instant),
)
