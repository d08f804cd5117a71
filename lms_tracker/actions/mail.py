"""Mails to people who left an address: an outbox in the same transaction as what they tell of, and the sending of it.

A mail is put into the outbox once, and sent until the server has taken it: once, unless the process dies between the two. It
then has the same Message-ID, by which mail systems know it again.
"""

import logging
import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row

from lms_tracker.core.mail import MERGED, Server, check_address, merged, next_try, write
from lms_tracker.store import mail as store
from lms_tracker.store.db import writing

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
AT_ONCE = 20
TIMEOUT_S = 20.0
BEFORE = {"due": "—"}
"""Of mails that waited when texts had no deadline."""
KEPT = timedelta(days=90)
"""What was sent is forgotten after that."""


def enqueue_mail(
    tx: Connection, account_id: int, kind: str, values: Mapping[str, Any], now: datetime, *, about: str | None = None
) -> bool:
    """Have an account told something by mail, in the caller's transaction. False: it has no address, or was told before.

    `kind` and `values` are those of core.mail.TEXTS. What is the same in kind and `about` (by default: in its values) comes
    once. Raises KeyError for a kind that there is not, or values that its text lacks.
    """
    write(kind, dict(values), "")
    facts = msgspec.json.encode(dict(values), order="deterministic").decode()
    return store.add_mail(tx, account_id, kind, facts if about is None else about, facts, now)


def set_address(db: Engine, account_id: int, text: str) -> str | None:
    """Where an account's mail goes from now on; an empty text: nowhere. Raises ValueError when it is no address."""
    address = check_address(text) if text.strip() else None
    with writing(db) as tx:
        store.set_address(tx, account_id, address)
    log.info("account %d %s", account_id, "has an address for mail" if address else "wants no mail")
    return address


def send_mails(
    db: Engine,
    server: Server,
    *,
    sender: str,
    public_url: str,
    clock: Callable[[], datetime],
    jitter: Callable[[], float],
) -> int:
    """Send what is due: how many were tried, each in the outbox counted though they may be one mail. Never raises for what the server does."""
    now = clock()
    with writing(db) as tx:
        store.forget_mails(tx, now - KEPT)
        rows = store.claim_mails(tx, now, LEASE, AT_ONCE)
    if not rows:
        return 0
    groups = _together(rows)
    troubles = _deliver(
        server, {id: _message(mails, sender, public_url) for id, mails in groups.items() if mails[0].address}
    )
    with writing(db) as tx:
        for id, mails in groups.items():
            trouble, chance = troubles.get(id, "the account has no address"), jitter()
            for row in mails:
                if trouble is None:
                    store.have_sent(tx, row.id, clock())
                    continue
                again = next_try(row.made_at, row.attempts + 1, clock(), chance) if row.address else None
                store.have_failed(tx, row.id, row.attempts + 1, trouble, again)
    failed = {trouble for trouble in troubles.values() if trouble}
    log.info(
        "%d mails tried for %d that waited, %d sent%s",
        len(groups),
        len(rows),
        sum(one is None for one in troubles.values()),
        _said(failed),
    )
    return len(rows)


def _together(rows: Sequence[Row[Any]]) -> dict[int, list[Row[Any]]]:
    """What becomes one mail, by the id of the first of them."""
    found: dict[tuple[object, ...], list[Row[Any]]] = {}
    for row in rows:
        found.setdefault((row.account_id, row.kind) if row.kind in MERGED else (row.id,), []).append(row)
    return {mails[0].id: mails for mails in found.values()}


def _said(troubles: set[str]) -> str:
    return f": {'; '.join(sorted(troubles))}" if troubles else ""


def _message(mails: Sequence[Row[Any]], sender: str, public_url: str) -> EmailMessage:
    message, row = EmailMessage(), mails[0]
    values = merged([BEFORE | msgspec.json.decode(mail.facts) for mail in mails])
    subject, text = write(row.kind, values, public_url, len(mails))
    message["Subject"], message["From"], message["To"] = subject, sender, row.address
    message["Date"] = format_datetime(row.made_at)
    message["Message-ID"] = f"<lms-tracker-{row.id}-{int(row.made_at.timestamp())}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answering machine answers
    message.set_content(text)
    return message


def _deliver(server: Server, messages: Mapping[int, EmailMessage]) -> dict[int, str | None]:
    """By id of the mail: None where the server took it, else what went wrong, without an address in it."""
    if not messages:
        return {}
    outcome: dict[int, str | None] = dict.fromkeys(messages, "not tried")
    try:
        with _connect(server) as smtp:
            for id, message in messages.items():
                outcome[id] = _hand_over(smtp, message)
    except (OSError, smtplib.SMTPException) as e:
        trouble = _name(e)
        return {id: trouble if told == "not tried" else told for id, told in outcome.items()}
    return outcome


def _connect(server: Server) -> smtplib.SMTP:
    safe = ssl.create_default_context()
    if server.tls:
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=safe)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
    try:
        smtp.ehlo()
        if not server.tls and smtp.has_extn("starttls"):
            smtp.starttls(context=safe)
            smtp.ehlo()
        if server.user:
            smtp.login(server.user, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _hand_over(smtp: smtplib.SMTP, message: EmailMessage) -> str | None:
    try:
        smtp.send_message(message)
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPException as e:
        return _name(e)
    return None


def _name(e: Exception) -> str:
    """The error with its code; never its words, which may repeat an address or a password."""
    code = getattr(e, "smtp_code", None)
    if isinstance(e, smtplib.SMTPRecipientsRefused):
        code = next((code for code, _ in e.recipients.values()), None)
    return type(e).__name__ if code is None else f"{type(e).__name__} {code}"
