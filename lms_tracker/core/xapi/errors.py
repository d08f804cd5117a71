"""The one way in which a statement is refused."""

RULES = {
    # form: the bytes are no statement at all
    "json": "Data 2.1: a statement is a JSON object in UTF-8",
    "depth": "our bound: at most 64 levels of nesting",
    "duplicate-key": "Data 2.2: a key stands only once in an object",
    "nul": "our bound: no text can hold U+0000, PostgreSQL's neither",
    "number-range": "Data 2.2: numbers have at most the range of a double, integers that of 64 bits",
    "too-many": "our bounds: a request has at most 10,000 statements, each 500,000 texts, brackets and commas",
    "too-long": "our bound: what a statement is found by has at most 2,000 bytes; PostgreSQL's index takes no more",
    # shape: one typed pass
    "required": "Data 2.2, 2.4: the property is required",
    "unknown-property": "Data 2.2: properties and their case are those of the specification",
    "null": "Data 2.2: null is allowed only in extensions",
    "type": "Data 2.2: each property has the data type of the specification",
    # strings with a format
    "uuid": "Data 2.4.1: RFC 4122 in its standard text form",
    "iri": "Data 2.2, 4.1: an IRI with a scheme (RFC 3987)",
    "language-tag": "Data 4.2: language tags are those of RFC 5646",
    "timestamp": "Data 4.5: ISO 8601 with a known offset",
    "duration": "Data 4.6: ISO 8601:2004 4.4.3.2",
    "mbox": "Data 2.4.2.3: mailto:<address>",
    "sha1": "Data 2.4.2.3: 40 hexadecimal digits",
    "sha2": "Data 2.4.11: the SHA-2 of the attachment in hexadecimal",
    "content-type": "Data 2.4.11: an Internet media type",
    # across fields
    "actor-type": "Data 2.4.2: an actor is an Agent or a Group",
    "one-identifier": "Data 2.4.2: exactly one of mbox, mbox_sha1sum, openid, account",
    "agent-members": "Data 2.4.2.1: an Agent has no members",
    "group-members": "Data 2.4.2.2: a Group without an identifier lists its members",
    "nested-group": "Data 2.4.2.2: members of a Group are Agents",
    "object-type": "Data 2.4.4: Activity, Agent, Group, SubStatement or StatementRef",
    "object-property": "Data 2.4.4: the property does not belong to this type of object",
    "sub-statement": "Data 2.4.4.3: no id, stored, version, authority, and no SubStatement inside",
    "interaction-type": "Data 2.4.4.1: one of the ten interaction types",
    "interaction-components": "Data 2.4.4.1: ids of components are unique, and their activity has an interactionType",
    "score-scaled": "Data 2.4.5.1: scaled lies between -1 and 1",
    "score-order": "Data 2.4.5.1: min < max, min <= raw <= max",
    "team": "Data 2.4.6: team is a Group",
    "activity-only": "Data 2.4.6: revision and platform only where the object is an Activity",
    "authority": "Data 2.4.9: an Agent, or a Group without identifier and with exactly two Agents",
    "context-actor": "IEEE 9274.1.1 4.2.2.5: contextAgent with an Agent, contextGroup with a Group, types as IRIs",
    "version": "Data 2.4.10: 1.0 or 1.0.x; IEEE 9274.1.1 4.2.4.2: also 2.0.x where the request is 2.0",
    "voiding": "Data 2.3.2: the object of a voiding statement is a StatementRef",
    "attachment-data": "Data 2.4.11: an attachment without fileUrl comes with its data in multipart/mixed",
    "signature": "Data 2.6: a JWS (RS256, RS384, RS512) of the statement as application/octet-stream",
    # the request around it
    "multipart": "Communication 1.5.2: statements first, then each attachment with its hash",
    "id-mismatch": "Communication 2.1.1: statementId and the statement's id are the same",
    "duplicate-id": "Communication 2.1.2: the ids of a batch differ",
    "bounds": "Communication 4.2: the credential may speak of one actor or one activity only",
    "void": "our bound: without the scope all a credential voids only what it stored itself",
    "erased": "PIPL art. 47: the person was erased here, and no more is taken",
    "stored": "trusted back-fill: each line carries its own time of storing",
}


class StatementError(ValueError):
    """A statement breaks a rule.

    `path` in JSONPath form (`$.actor.mbox`, in a batch `$[3].actor.mbox`), `rule` a key of RULES, `message` the
    fault and the rule in words, `index` the position in the batch or None.
    """

    def __init__(self, path: str, rule: str, fault: str, index: int | None = None) -> None:
        self.path, self.rule, self.fault, self.index = path, rule, fault, index
        self.message = f"{fault} ({RULES[rule]})"
        super().__init__(f"{path}: {self.message}")

    def at(self, index: int) -> "StatementError":
        """The same fault, seen from the batch whose statement number `index` it is."""
        return StatementError(f"$[{index}]{self.path[1:]}", self.rule, self.fault, index)
