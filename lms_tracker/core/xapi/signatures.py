"""Signed statements: a JSON web signature as an attachment (Data 2.6; RFC 7515)."""

import base64
import binascii
from typing import Any

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from msgspec import UNSET

from lms_tracker.core.xapi.errors import StatementError
from lms_tracker.core.xapi.model import Attachment, Statement
from lms_tracker.core.xapi.parse import encode_statement, parse_statement
from lms_tracker.core.xapi.sameness import same_statement
from lms_tracker.core.xapi.timestamps import parse_timestamp
from lms_tracker.core.xapi.vocabulary import ATTACHMENT_SIGNATURE

ALGORITHMS = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}
MAX_KEY_BITS = 8192
"""Our bound: larger keys take seconds to check."""


def is_signature(attachment: Attachment) -> bool:
    """Whether its data signs the statement."""
    return attachment.usageType == ATTACHMENT_SIGNATURE


def check_signature(
    statement: Statement, attachment: Attachment, data: bytes, path: str, version: str | None = None
) -> None:
    """Raises StatementError unless `data` is a signature of this very statement.

    Its bytes are verified where it carries a certificate (x5c), with that certificate's key. Whose certificate it is,
    and whether it is still good, an LRS cannot know: no authority of certificates is configured.
    """
    if attachment.contentType.partition(";")[0].strip().lower() != "application/octet-stream":
        raise StatementError(path + ".contentType", "signature", "not application/octet-stream")
    try:
        head, payload, signature = data.decode("ascii").split(".")
        header = msgspec.json.decode(_bytes(head), type=dict[str, Any])
        signed = parse_statement(_bytes(payload), version)
        bits = _bytes(signature)
    except StatementError as e:
        raise StatementError(path, "signature", f"what is signed is no statement: {e.path}: {e.fault}") from None
    except (ValueError, RecursionError) as e:  # wrong number of parts, not ASCII, not base64url, no JSON object
        raise StatementError(path, "signature", "no JSON web signature in compact form") from e
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise StatementError(path, "signature", f"the algorithm is none of {', '.join(ALGORITHMS)}")
    if "x5c" in header:
        _verify(header["x5c"], bits, f"{head}.{payload}".encode(), ALGORITHMS[algorithm], path)
    if not _is_about(signed, statement):
        raise StatementError(path, "signature", "another statement is signed than the one that was sent")


def _is_about(signed: Statement, sent: Statement) -> bool:
    if signed.id is not UNSET and (sent.id is UNSET or signed.id.lower() != sent.id.lower()):
        return False
    if (signed.timestamp is UNSET) != (sent.timestamp is UNSET):
        return False
    # same_statement does not always look at timestamps: an LRS may have given one.
    both = signed.timestamp is not UNSET and sent.timestamp is not UNSET
    if both and parse_timestamp(str(signed.timestamp)) != parse_timestamp(str(sent.timestamp)):
        return False
    return same_statement(_unsigned(signed), _unsigned(sent))


def _unsigned(statement: Statement) -> bytes:
    """The statement as it was before it was signed."""
    rest = [] if statement.attachments is UNSET else [a for a in statement.attachments if not is_signature(a)]
    return encode_statement(msgspec.structs.replace(statement, attachments=rest or UNSET, stored=UNSET))


def _verify(chain: Any, bits: bytes, signed: bytes, algorithm: hashes.HashAlgorithm, path: str) -> None:
    try:
        key = x509.load_der_x509_certificate(base64.b64decode(chain[0], validate=True)).public_key()
    except (ValueError, TypeError, LookupError, UnsupportedAlgorithm) as e:
        raise StatementError(path, "signature", "x5c does not begin with a certificate") from e
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size > MAX_KEY_BITS:
        raise StatementError(path, "signature", f"the certificate has no RSA key of at most {MAX_KEY_BITS} bits")
    try:
        key.verify(bits, signed, padding.PKCS1v15(), algorithm)
    except InvalidSignature:
        raise StatementError(path, "signature", "the certificate's key has not signed this") from None


def _bytes(text: str) -> bytes:
    """Base64url without padding (RFC 7515 2)."""
    if "=" in text or "+" in text or "/" in text:
        raise binascii.Error("not base64url")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
