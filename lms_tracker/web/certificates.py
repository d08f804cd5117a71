"""Certificates: a person's own, as PDF and as Open Badge; and the public page that tells whether one is genuine."""

from io import BytesIO
from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Row

from lms_tracker.actions.issue_certificates import revoke_certificate
from lms_tracker.actions.sign_badge import public_key, sign_badge
from lms_tracker.core.results.certificates import issuer_of, read_code, written
from lms_tracker.core.results.notices import ResultsRefused
from lms_tracker.core.sealed import opened
from lms_tracker.store import results as store
from lms_tracker.store.db import reading
from lms_tracker.web.clock import now
from lms_tracker.web.people import me
from lms_tracker.web.results_words import KINDS, refusal

bp = Blueprint("certificates", __name__)


@bp.get("/certificates")
def mine() -> ResponseReturnValue:
    """A learner's certificates, the latest first."""
    learner_id = me().learner_id
    assert learner_id is not None  # the guard lets learners in
    with reading(current_app.extensions["db"]) as db:
        rows = store.certificates_of_learners(db, [learner_id])
    lines = [(row, opened(row.content)) for row in rows]
    return render_template("certificates/mine.html", lines=lines, kinds=KINDS, written=written)


@bp.get("/certificates/<int:certificate_id>.pdf")
def pdf(certificate_id: int) -> ResponseReturnValue:
    """The paper. A revoked certificate has none any more."""
    from lms_tracker.reports.certificate import certificate_pdf  # its library is loaded only when it is used

    with reading(current_app.extensions["db"]) as db:
        row = store.certificate_by(db, id=certificate_id)
    if row is None or row.revoked_at is not None:
        abort(404)
    data = certificate_pdf(opened(row.content), row.code, f"{_home()}/verify/{row.code}")
    return send_file(BytesIO(data), "application/pdf", download_name=f"{row.number}.pdf")


@bp.post("/certificates/<int:certificate_id>/revoke")
def revoke(certificate_id: int) -> ResponseReturnValue:
    """Says that it holds no longer, with a reason."""
    db = current_app.extensions["db"]
    with reading(db) as tx:
        row = store.certificate_by(tx, id=certificate_id)
    if row is None:
        abort(404)
    try:
        revoke_certificate(db, certificate_id, why=request.form.get("why", ""), by=me().id, now=now())
        flash(_("证书 %(n)s 已作废。", n=row.number))
    except ResultsRefused as e:
        flash(refusal(e))
    return redirect(url_for("results.show", result_id=row.result_id, _anchor="certificates"), 303)


@bp.get("/verify")
def ask() -> ResponseReturnValue:
    """Asks for the code on the paper."""
    typed = request.args.get("code", "")
    code = read_code(typed)
    if code is not None:
        return redirect(url_for("certificates.verify", code=code), 303)
    return render_template("certificates/verify.html", row=None, typed=typed[:40], not_a_code=bool(typed.strip()))


@bp.get("/verify/<code>")
def verify(code: str) -> ResponseReturnValue:
    """Whether there is a certificate of this code, what it says, and whether it holds. For whoever has the paper."""
    row = _by_code(code)
    if row is None:
        page = render_template("certificates/verify.html", row=None, typed=code[:40], fault=True)
        return page, 404
    content = opened(row.content)
    return render_template("certificates/verify.html", row=row, content=content, kinds=KINDS, written=written)


@bp.get("/verify/<code>.jwt")
def badge(code: str) -> ResponseReturnValue:
    """The certificate as Open Badge: a signed credential (VC-JWT)."""
    row = _by_code(code)
    if row is None or row.revoked_at is not None:
        abort(404)
    secret = current_app.extensions["settings"].secret_key
    text = sign_badge(current_app.extensions["db"], row, home=_home(), secret_key=secret, now=now())
    answer = Response(text, mimetype="text/plain")
    answer.headers["Content-Disposition"] = f"attachment; filename={row.number}.jwt"
    return answer


@bp.get("/badges/issuer")
def issuer() -> ResponseReturnValue:
    """The profile of who gives badges."""
    return {"@context": "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json", **issuer_of(_home(), None)}


@bp.get("/badges/keys/<name>")
def key(name: str) -> ResponseReturnValue:
    """A public key as JWK: `kid` of a badge is this address."""
    found = public_key(current_app.extensions["db"], name)
    return found if found is not None else abort(404)


@bp.get("/badges/revocations")
def revocations() -> ResponseReturnValue:
    """The credentials that hold no longer (1EdTechRevocationList)."""
    with reading(current_app.extensions["db"]) as db:
        codes = store.revoked_codes(db)
    home = _home()
    revoked: list[dict[str, Any]] = [{"id": f"{home}/verify/{code}", "revoked": True} for code in codes]
    return {"id": f"{home}/badges/revocations", "issuer": f"{home}/badges/issuer", "revokedCredential": revoked}


def _by_code(text: str) -> Row[Any] | None:
    code = read_code(text)
    if code is None:
        return None
    with reading(current_app.extensions["db"]) as db:
        return store.certificate_by(db, code=code)


def _home() -> str:
    home: str = current_app.extensions["settings"].public_url
    return home.rstrip("/")
