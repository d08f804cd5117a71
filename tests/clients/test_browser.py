"""`xapiwrapper`, which runs in a browser only: in a page of another origin than the record store's, so by CORS."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, sync_playwright

from tests import services
from tests.clients.conftest import ORIGIN
from tests.patience import PATIENCE_S

HERE = Path(__file__).parent
LI = {"mbox": "mailto:li@example.org", "name": "李"}
VERB = {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en-US": "answered"}}
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    # else it asks somebody whether a page of the internet may speak to this machine
    "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests",
)
ACTIVITY = "https://example.org/questions/1"

CONFIGURE = """([endpoint, user, password]) => {
    ADL.XAPIWrapper.changeConfig({endpoint, user, password});
    ADL.xhrRequestOnError = (xhr, method, url, callback) => callback(xhr); }"""
CALL = """([name, args]) => new Promise((resolve, reject) => { setTimeout(reject, 120000); ADL.XAPIWrapper[name](...args, (xhr) => resolve(
    {status: xhr.status, body: xhr.response, etag: xhr.getResponseHeader('ETag')})); })"""
ATTACH = """([statement]) => new Promise((resolve, reject) => { setTimeout(reject, 120000); ADL.XAPIWrapper.sendStatement(statement, (xhr) => resolve(
    {status: xhr.status, body: xhr.response}),
    [{type: {usageType: 'https://example.org/certificate', display: {en: 'x'}, contentType: 'text/plain'},
      value: '证书'}]); })"""


@pytest.fixture(scope="module")
def page(lrs: dict[str, str]) -> Iterator[Page]:
    """A content package's page with the wrapper loaded and told where its record store is."""
    services.node_modules(HERE)
    with sync_playwright() as playwright:
        path = os.environ.get("LMS_TRACKER_CHROMIUM") or services.chromium()
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        page = browser.new_page()
        page.set_default_timeout(1000 * PATIENCE_S)
        page.route(f"{ORIGIN}/**", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
        page.goto(f"{ORIGIN}/package/index.html")
        page.add_script_tag(path=HERE / "node_modules/xapiwrapper/dist/xapiwrapper.min.js")
        page.evaluate(CONFIGURE, [lrs["LRS_ENDPOINT"], lrs["LRS_KEY"], lrs["LRS_SECRET"]])
        yield page
        browser.close()


def _call(page: Page, name: str, *args: Any) -> Any:
    return page.evaluate(CALL, [name, list(args)])


def _statement(**changes: Any) -> dict[str, Any]:
    return {"actor": LI, "verb": VERB, "object": {"id": ACTIVITY}, "id": str(uuid4())} | changes


def test_it_stores_statements_and_reads_them_back(page: Page) -> None:
    sent, many = _statement(), [_statement(), _statement()]
    assert _call(page, "sendStatement", sent)["status"] == 200
    assert _call(page, "sendStatements", many)["status"] == 200
    one = page.evaluate("id => ADL.XAPIWrapper.getStatements({statementId: id})", sent["id"])
    assert (one["id"], one["actor"]["name"]) == (sent["id"], "李")


def test_it_queries_and_follows_more(page: Page) -> None:
    me = {"mbox": f"mailto:{uuid4()}@example.org"}
    sent = [_statement(actor=me) for _ in range(3)]
    assert _call(page, "sendStatements", sent)["status"] == 200
    found = page.evaluate(
        """me => { const out = []; let page = ADL.XAPIWrapper.getStatements(
            {agent: JSON.stringify(me), limit: 2, ascending: true});
            out.push(...page.statements);
            while (page.more) { page = ADL.XAPIWrapper.getStatements(null, page.more); out.push(...page.statements); }
            return out.map((one) => one.id); }""",
        me,
    )
    assert found == [one["id"] for one in sent]


def test_it_voids_a_statement(page: Page) -> None:
    sent = _statement()
    _call(page, "sendStatement", sent)
    voided = {"id": "http://adlnet.gov/expapi/verbs/voided", "display": {"en": "voided"}}
    voiding = _statement(verb=voided, object={"objectType": "StatementRef", "id": sent["id"]})
    assert _call(page, "sendStatement", voiding)["status"] == 200
    assert page.evaluate("id => ADL.XAPIWrapper.getStatements({statementId: id})", sent["id"]) is None
    again = page.evaluate("id => ADL.XAPIWrapper.getStatements({voidedStatementId: id})", sent["id"])
    assert again["id"] == sent["id"]


def test_it_keeps_states_and_profiles_with_etags(page: Page) -> None:
    activity, key = f"https://example.org/{uuid4()}", str(uuid4())
    state = (activity, LI, "bookmark")
    assert _call(page, "sendState", *state, None, {"at": 12}, None, None)["status"] == 204
    got = _call(page, "getState", *state, None, None)
    assert (got["status"], got["body"].replace(" ", "")) == (200, '{"at":12}')
    assert _call(page, "deleteState", *state, None, None, None)["status"] == 204
    assert _call(page, "getState", *state, None, None)["status"] == 404

    for kind, of in (("ActivityProfile", activity), ("AgentProfile", LI)):
        assert _call(page, f"send{kind}", of, key, [1], None, "*")["status"] == 204
        assert _call(page, f"send{kind}", of, key, [2], None, "*")["status"] == 412
        etag = _call(page, f"get{kind}", of, key, None)["etag"].strip('"')
        assert _call(page, f"send{kind}", of, key, [2], etag, None)["status"] == 204
        assert _call(page, f"get{kind}", of, key, None)["body"] == "[2]"
        assert _call(page, f"delete{kind}", of, key, None, None)["status"] == 204


def test_it_sends_an_attachment(page: Page) -> None:
    sent = _statement()
    assert page.evaluate(ATTACH, [sent])["status"] == 200
    body = page.evaluate("id => ADL.XAPIWrapper.getStatements({statementId: id, attachments: true})", sent["id"])
    assert "证书" in str(body)
