"""Methods that a resource does not have are refused by name, and OPTIONS names those that it has."""

import pytest

from tests.lrs.conftest import VIDEO, Client

HAS = {
    "/statements": {"GET", "HEAD", "OPTIONS", "POST", "PUT"},
    "/about": {"GET", "HEAD", "OPTIONS"},
    "/activities": {"GET", "HEAD", "OPTIONS"},
    "/agents/profile": {"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"},
}


@pytest.mark.parametrize("path", HAS)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_a_method_that_a_resource_does_not_have_is_405(client: Client, path: str, method: str) -> None:
    answer = client.send(method, path)
    if method in HAS[path]:
        assert answer.status_code != 405
    else:
        assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, HAS[path])
        assert answer.json["error"] and answer.headers["X-Experience-API-Version"] == "1.0.3"


@pytest.mark.parametrize("path", HAS)
def test_options_tell_what_a_resource_has(client: Client, path: str) -> None:
    assert set(client.send("OPTIONS", path).headers["Allow"].split(", ")) == HAS[path]


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_guard_that_names_no_etag_guards_nothing_and_is_refused(client: Client, method: str, header: str) -> None:
    where = {"activityId": VIDEO, "profileId": "map"}
    assert (
        client.send("PUT", "/activities/profile", {}, query_string=where, headers={"If-None-Match": "*"}).status_code
        == 204
    )
    for empty in ("", " ", ",", '"', '""', '"\t"\t,', '","', ',"\t ",', '" ", ""'):
        answer = client.send(method, "/activities/profile", {"a": 1}, query_string=where, headers={header: empty})
        assert (answer.status_code, answer.json["path"]) == (400, header), empty
