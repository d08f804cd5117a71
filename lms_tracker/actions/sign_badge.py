"""A certificate as a signed Open Badge (VC-JWT), and the keys that sign.

Open Badges 3.0, 8.2: RS256, `kid` an address at which the public key can be had. A key is made when the first badge is
signed; its private half stays in the database, sealed with the product's secret key.
"""

import json
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import Engine, Row

from lms_tracker.actions.seal import seal, unseal
from lms_tracker.core.results.certificates import claims_of, credential_of
from lms_tracker.core.sealed import opened
from lms_tracker.store import results as store
from lms_tracker.store.db import reading, writing

KEY_BITS = 2048


def sign_badge(db: Engine, row: Row[Any], *, home: str, secret_key: str, now: datetime) -> str:
    """The compact JWS of a certificate's credential. The same certificate and key give the same bytes.

    Raises Unreadable when the key was sealed with another secret key.
    """
    key = _key(db, secret_key, now)
    credential = credential_of(opened(row.content), home=home, code=row.code, issued_at=row.issued_at)
    headers = {"kid": f"{home}/badges/keys/{key.name}", "typ": "JWT"}
    return jwt.encode(claims_of(credential), unseal(secret_key, key.private_sealed), "RS256", headers)


def public_key(db: Engine, name: str) -> dict[str, Any] | None:
    """The public half of a key as JWK, retired or not; None when there is none of that name."""
    with reading(db) as tx:
        found = store.key_named(tx, name)
    return None if found is None else json.loads(found.public_jwk)


def _key(db: Engine, secret_key: str, now: datetime) -> Row[Any]:
    with reading(db) as tx:
        found = store.key_in_force(tx)
    if found is not None:
        return found
    private = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    with writing(db) as tx:
        # Whoever comes second signs with the first one's: a key too many would do no harm, but be in the way for ever.
        if (there := store.key_in_force(tx)) is None:
            name = f"{now:%Y%m%d}-{_thumbprint(public)}"
            jwk = json.dumps({"kty": public["kty"], "n": public["n"], "e": public["e"], "alg": "RS256", "use": "sig"})
            store.add_key(tx, name=name, public_jwk=jwk, private_sealed=seal(secret_key, pem), made_at=now)
            there = store.key_in_force(tx)
    assert there is not None
    return there


def _thumbprint(public: dict[str, Any]) -> str:
    return str(public["n"])[:8].replace("_", "a").replace("-", "b").lower()
