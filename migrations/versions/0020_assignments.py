"""Assignments with terms, submissions, assessments, peer review and comparison of texts.

Expand: the tables `assignment_terms`, `submission`, `submission_file`, `submission_draft`, `submission_return`,
`assessment`, `peer_pair`, `mark_objection`, `unread_text`, `text_print` and `text_match`. Contract: nothing.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

IN_FORCE = sa.text("replaced_at IS NULL")


def upgrade() -> None:
    _table("assignment_terms", _id(), _key("assignment_id", "assignment", index=True), *_texts("content", "seed"),
           _key("set_by", "account", nullable=True), _instant("set_at"))  # fmt: skip
    _table(
        "submission", _id(), _key("assignment_id", "assignment"), _key("learner_id", "learner", index=True),
        sa.Column("version", sa.Integer, nullable=False), sa.Column("text", sa.Text), *_texts("receipt"),
        _instant("handed_in_at"), unique=(("assignment_id", "learner_id", "version"),),
    )  # fmt: skip
    _table("submission_file", _id(), _key("submission_id", "submission", index=True), *_texts("name"),
           _key("sha256", "stored_file", column=sa.Text, of_column="sha256", index=True))  # fmt: skip
    _table("submission_draft", _key("assignment_id", "assignment"), _key("learner_id", "learner"), *_texts("text"),
           _instant("saved_at"), primary=("assignment_id", "learner_id"))  # fmt: skip
    _table(
        "submission_return", _id(), _key("submission_id", "submission"), *_texts("words"), _instant("until"),
        _key("returned_by", "account", nullable=True), _instant("returned_at"), unique=(("submission_id",),),
    )  # fmt: skip
    _table(
        "assessment", _id(), _key("submission_id", "submission", index=True), _key("terms_id", "assignment_terms"),
        *_texts("kind"), _key("marker_id", "account", nullable=True),
        _key("learner_id", "learner", nullable=True, index=True), *_texts("mark", "chosen", "remarks"),
        sa.Column("comment", sa.Text), _instant("made_at"), _instant("replaced_at", nullable=True),
    )  # fmt: skip
    for name, by in (("uq_assessment_marker", "marker_id"), ("uq_assessment_peer", "learner_id")):
        op.create_index(
            name, "assessment", ["submission_id", by], unique=True, sqlite_where=IN_FORCE, postgresql_where=IN_FORCE
        )
    _table(
        "peer_pair", _id(), _key("assignment_id", "assignment", index=True),
        _key("submission_id", "submission", index=True), _key("learner_id", "learner", index=True),
        _instant("made_at"), _instant("ended_at", nullable=True), unique=(("submission_id", "learner_id"),),
    )  # fmt: skip
    _table(
        "mark_objection", _id(), _key("submission_id", "submission"), *_texts("words"), _instant("filed_at"),
        sa.Column("outcome", sa.Text), sa.Column("outcome_words", sa.Text), _key("decided_by", "account", nullable=True),
        _instant("decided_at", nullable=True), unique=(("submission_id",),),
    )  # fmt: skip
    _table("unread_text", _key("submission_id", "submission"), _instant("since", index=True),
           _instant("claimed_until", nullable=True), primary=("submission_id",))  # fmt: skip
    _table(
        "text_print", _key("submission_id", "submission"), _key("programme_id", "programme", index=True),
        sa.Column("version", sa.Integer, nullable=False), *_texts("text", "unread"),
        sa.Column("marks", sa.LargeBinary), sa.Column("signature", sa.LargeBinary), _instant("made_at"),
        primary=("submission_id",),
    )  # fmt: skip
    _table(
        "text_match", _key("one_id", "submission"), _key("other_id", "submission", index=True),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("same", "one_permille", "other_permille")),
        _instant("found_at"), primary=("one_id", "other_id"),
    )  # fmt: skip


def downgrade() -> None:
    for name in ("text_match", "text_print", "unread_text", "mark_objection", "peer_pair", "assessment", "submission_return",
                 "submission_draft", "submission_file", "submission", "assignment_terms"):  # fmt: skip
        op.drop_table(name)


def _id() -> sa.Column:
    return sa.Column("id", sa.Integer, nullable=False)


def _instant(name: str, nullable: bool = False, index: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger, nullable=nullable, info={"index": index})


def _texts(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _key(
    name: str, of: str, nullable: bool = False, index: bool = False, column: type = sa.Integer, of_column: str = "id"
) -> sa.Column:
    return sa.Column(
        name, column, nullable=nullable, autoincrement=False, info={"of": f"{of}.{of_column}", "index": index}
    )


def _table(
    name: str, *columns: sa.Column, primary: tuple[str, ...] = ("id",), unique: tuple[tuple[str, ...], ...] = ()
) -> None:
    """A table; columns say by themselves whose keys they are and whether they are indexed."""
    op.create_table(
        name,
        *columns,
        sa.PrimaryKeyConstraint(*primary, name=f"pk_{name}"),
        *(
            sa.ForeignKeyConstraint([column.name], [column.info["of"]], name=f"fk_{name}_{column.name}")
            for column in columns
            if "of" in column.info
        ),
        *(sa.UniqueConstraint(*names, name=f"uq_{name}_{'_'.join(names)}") for names in unique),
    )
    for column in columns:
        if column.info.get("index"):
            op.create_index(f"ix_{name}_{column.name}", name, [column.name])
