"""Documents of the state, activity profile and agent profile resources: where each stands, and how it may change.

Communication 2.2 (documents and their merge) and 3.1 (concurrency).
"""

import hashlib

import msgspec

STATE, ACTIVITY_PROFILE, AGENT_PROFILE = "state", "activity-profile", "agent-profile"
IN_AN_ETAG = r'[^\s",]'
"""A letter that makes something an ETag: blanks, quotes and commas alone name none."""


class DocumentError(ValueError):
    """Two documents that cannot be merged; the message says which one is at fault."""


class PreconditionFailed(Exception):
    """The document is not the one that If-Match or If-None-Match asks for."""


class Unguarded(Exception):
    """A PUT that must say with If-Match or If-None-Match what it replaces, and does not."""

    def __init__(self, exists: bool) -> None:
        self.exists = exists
        there = "there is a document already: read it, and send its ETag" if exists else "send If-None-Match: *"
        super().__init__(f"If-Match or If-None-Match is needed; {there}")


class Place(msgspec.Struct, frozen=True):
    """What documents belong to: an activity, an agent (an identifier of actors.py), or, for states, both."""

    kind: str
    activity: str = ""
    ifi: str = ""

    def digest(self) -> str:
        """The same for ever: documents are found by it. 64 hexadecimal digits, however long the IRIs are."""
        return hashlib.sha256(f"{self.kind} {self.activity} {self.ifi}".encode()).hexdigest()


class Document(msgspec.Struct, frozen=True):
    """Any bytes, with the Content-Type that they came with."""

    content_type: str
    content: bytes

    def etag(self) -> str:
        """Communication 3.1: the SHA-1 of the content in hexadecimal, without quotes."""
        return hashlib.sha1(self.content, usedforsecurity=False).hexdigest()

    def is_json(self) -> bool:
        """Whether its Content-Type says so."""
        return self.content_type.partition(";")[0].strip().lower() == "application/json"


class Precondition(msgspec.Struct, frozen=True):
    """If-Match and If-None-Match: ETags without quotes, `*` for any; None where the header is absent."""

    match: tuple[str, ...] | None = None
    none_match: tuple[str, ...] | None = None

    def check(self, there: Document | None) -> None:
        """Raises PreconditionFailed."""
        if self.match is not None and not _names(self.match, there):
            raise PreconditionFailed("If-Match: the document has changed, or there is none")
        if self.none_match is not None and _names(self.none_match, there):
            raise PreconditionFailed("If-None-Match: there is such a document already")

    def require(self, there: Document | None, *, two: bool, kind: str) -> None:
        """What a PUT must bring. Raises Unguarded.

        1.0.3: profiles always need a header, states never. 2.0: whatever replaces a document needs one.
        """
        given = self.match is not None or self.none_match is not None
        if not given and (there is not None if two else kind != STATE):
            raise Unguarded(there is not None)


def require_object(document: Document) -> None:
    """What is posted as application/json is a JSON object, also where there is nothing to merge it with yet.

    Raises DocumentError.
    """
    if document.is_json():
        _properties(document, "the document that was sent")


def merge(old: Document, new: Document) -> Document:
    """The old JSON object with the new one's properties put over it, one level deep. Raises DocumentError."""
    properties = _properties(old, "the document that is here") | _properties(new, "the document that was sent")
    return Document(new.content_type, msgspec.json.encode(properties))


def _properties(document: Document, which: str) -> dict[str, msgspec.Raw]:
    if not document.is_json():
        raise DocumentError(f"{which} is not application/json, so it cannot be merged")
    try:
        return msgspec.json.decode(document.content, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeError, RecursionError) as e:
        raise DocumentError(f"{which} is no JSON object, so it cannot be merged") from e


def _names(etags: tuple[str, ...], there: Document | None) -> bool:
    return there is not None and ("*" in etags or there.etag() in etags)
