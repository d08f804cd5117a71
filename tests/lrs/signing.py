"""Signs statements for tests: keys, certificates and JSON web signatures."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

HASHES = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    """A key; another one for another number."""
    return rsa.generate_private_key(65537, 2048)


def certificate(key: Key) -> str:
    """A self-signed certificate as it stands in x5c."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
    der = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return base64.b64encode(der).decode()


def jws(payload: Any, *, alg: Any = "RS256", key: rsa.RSAPrivateKey | None = None, **header: Any) -> bytes:
    """A compact JSON web signature of a payload, bytes or anything that becomes JSON."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signed = f"{_text(json.dumps({'alg': alg} | header).encode())}.{_text(raw)}".encode()
    bits = (key or rsa_key()).sign(signed, padding.PKCS1v15(), HASHES.get(str(alg), hashes.SHA256()))
    return signed + b"." + _text(bits).encode()


def describe(signature: bytes, **changes: Any) -> dict[str, Any]:
    """The attachment that goes with a signature."""
    return {
        "usageType": "http://adlnet.gov/expapi/attachments/signature",
        "display": {"en": "signature"},
        "contentType": "application/octet-stream",
        "length": len(signature),
        "sha2": hashlib.sha256(signature).hexdigest(),
    } | changes


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
