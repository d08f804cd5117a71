"""`python -m tests.lrs.soak {fuzz|shared} [REQUESTS] [sqlite|postgresql]`: many requests to a real server, and what came of them.

fuzz    arbitrary requests, half of them nearly right, on 8 connections: every one is answered, and none by a 5xx.
shared  64 connections post batches that share agents, activities, definitions and ids: every one is stored, nothing
        waits for itself (two web processes; PostgreSQL unless told otherwise).

Prints the number of answers by status and exits with 1 when there was a fault. Seeded: the same requests every time.
"""

import http.client
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from tests import services
from tests.bench.servers import Endpoint, product
from tests.core.xapi.statements import FULL, SUB, changed
from tests.lrs.requirements.mutations import mutations

TIMEOUT_S = 60
VERBS = ["https://w3id.org/xapi/video/verbs/played", "http://adlnet.gov/expapi/verbs/answered"]
AGENTS = [{"mbox": f"mailto:{n}@example.org", "name": f"学员{n}"} for n in range(20)]
ACTIVITIES = [f"https://example.org/videos/{n}" for n in range(10)]


class Request(NamedTuple):
    """One request: below /xapi, and headers beside version and key (None: without it)."""

    method: str
    target: str
    headers: dict[str, str | None]
    body: bytes | None


class Result(NamedTuple):
    """Answers by status, what was no answer or a wrong one, and how long it took."""

    statuses: Counter[int]
    faults: list[str]
    seconds: float


# --- arbitrary requests -------------------------------------------------------------------------------------------

WHOLE = [FULL, changed(FULL, "object", SUB) | {"context": {"registration": FULL["id"]}}]
BROKEN = [json.dumps(mutation.statement).encode() for whole in WHOLE for mutation in mutations(whole)]
BITS = [
    b'"',
    b"{",
    b"[",
    b"]",
    b"}",
    b",",
    b":",
    b"null",
    b"\x00",
    b"\xff",
    b"\\u0000",
    b"\\ud800",
    b"1e999",
    b"-",
    b"\r\n",
]
PATHS = [
    "/statements",
    "/activities",
    "/activities/state",
    "/activities/profile",
    "/agents",
    "/agents/profile",
    "/about",
    "/x",
]
NAMES = ["statementId", "voidedStatementId", "agent", "verb", "activity", "registration", "since", "until", "limit", "format",
         "related_agents", "related_activities", "ascending", "attachments", "cursor", "activityId", "stateId", "profileId",
         "method", "x"]  # fmt: skip
VALUES = ["", "true", "false", "0", "5", "-1", "9" * 18, "9" * 30, "ids", "exact", "canonical", "x", "\0", "\ud7ff", "%", "é" * 999,
          VERBS[0], *ACTIVITIES[:3], FULL["id"], "2026-03-01T08:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "{}", "[" * 99,
          *(json.dumps(agent) for agent in AGENTS[:4]), '{"objectType":"Group","member":[]}', "2026-03-01T08:00:00Z~1~9",
          "9999-12-31T23:59:59.999999+00:00~999999999999999999~1"]  # fmt: skip
HEADERS: dict[str, list[str | None]] = {
    "X-Experience-API-Version": ["1.0.3", "1.0.3", "2.0.0", "2.0.0", "1.0", "0.9", "", None, "2.0.\xff"],
    "Authorization": [None, "Basic", "Basic Og==", "Bearer x", "Basic " + "A" * 9999],
    "Content-Type": ["application/json", "application/json; charset=x", "multipart/mixed; boundary=b", "multipart/mixed", "text/plain", ""],
    "If-Match": ["*", '"x"', "W/x", "", ",", '"' + "a" * 9999],
    "If-None-Match": ["*", '"x"', "", "*, *"],
    "Accept-Language": ["zh", "en;q=x", "*", ";;;", "a-" * 999, "zh-CN;q=0, en;q=9"],
    "Content-Encoding": ["gzip", "identity", "x"],
    "If-Modified-Since": ["x"],
    "Range": ["bytes=0-1"],
}  # fmt: skip


def fuzzed(noise: random.Random) -> Request:
    """One arbitrary request; whatever it asks, it is answered."""
    method = noise.choice(["GET", "GET", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
    params = {noise.choice(NAMES): noise.choice(VALUES) for _ in range(noise.choice([0, 1, 1, 2, 3, 4]))}
    path = noise.choice(PATHS if noise.random() < 0.6 else ["/statements"])
    headers: dict[str, str | None] = {"Content-Type": "application/json"}
    for name in noise.sample(list(HEADERS), noise.choice([0, 0, 0, 1, 2])):
        headers[name] = noise.choice(HEADERS[name])
    if method not in ("POST", "PUT"):
        return Request(method, _target(path, params), headers, None)
    if path == "/statements" and noise.random() < 0.8:
        params = {} if method == "POST" else {"statementId": str(UUID(int=noise.getrandbits(128)))}
    return Request(method, _target(path, params), headers, _body(noise))


def _target(path: str, params: dict[str, str]) -> str:
    return f"{path}?{urlencode(params)}" if params else path


def _body(noise: random.Random) -> bytes:
    which = noise.random()
    if which < 0.3:
        return noise.choice(BROKEN)
    sent = json.dumps([_shared(noise) for _ in range(noise.choice([1, 1, 2, 5]))]).encode()
    if which < 0.6:
        return sent
    if which < 0.7:
        return b"--b\r\nContent-Type: application/json\r\n\r\n" + sent + noise.choice([b"\r\n--b--", b"--b--", b""])
    for _ in range(noise.choice([1, 2, 8])):
        at = noise.randrange(len(sent))
        sent = sent[:at] + noise.choice([*BITS, noise.randbytes(3)]) + sent[at + noise.choice([0, 1, 5, 500]) :]
    return sent


# --- requests that share everything -------------------------------------------------------------------------------


def shared(noise: random.Random) -> Request:
    """A batch of valid statements about a few people and activities, in any order."""
    batch = [_shared(noise) for _ in range(noise.choice([1, 1, 1, 2, 5, 20]))]
    return Request("POST", "/statements", {"Content-Type": "application/json"}, json.dumps(batch).encode())


def _shared(noise: random.Random) -> dict[str, Any]:
    activity = {"id": noise.choice(ACTIVITIES), "definition": {"name": {"en": f"One of {noise.randrange(5)}"}}}
    group = {"objectType": "Group", "member": noise.sample(AGENTS, 5)}
    return {
        "id": str(UUID(int=noise.getrandbits(128), version=4)),
        "actor": noise.choice(AGENTS),
        "verb": {"id": noise.choice(VERBS)},
        "object": activity,
        "context": {"team": group, "contextActivities": {"parent": [{"id": noise.choice(ACTIVITIES)}]}},
    }


# --- the run ------------------------------------------------------------------------------------------------------


def run(endpoint: Endpoint, make: Callable[[random.Random], Request], requests: int, connections: int) -> Result:
    """Send that many requests on that many connections, each as fast as it is answered."""
    statuses: Counter[int] = Counter()
    faults: list[str] = []

    def work(number: int) -> None:
        noise = random.Random(number)
        with closing(http.client.HTTPConnection(endpoint.url.split("/")[2], timeout=TIMEOUT_S)) as connection:
            for _ in range(-(-requests // connections)):
                request = make(noise)
                try:
                    status, text = _ask(connection, request, endpoint.headers)
                except (OSError, http.client.HTTPException) as e:
                    faults.append(f"{_shown(request)}: {e!r}")
                    connection.close()
                    continue
                statuses[status] += 1
                if status >= 500:
                    faults.append(f"{status} {_shown(request)}: {text[:300]!r}")

    began = time.monotonic()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Result(statuses, faults, time.monotonic() - began)


def _shown(request: Request) -> str:
    return f"{request.method} {request.target[:300]} {(request.body or b'')[:300]!r}"


def _ask(connection: http.client.HTTPConnection, request: Request, given: dict[str, str]) -> tuple[int, bytes]:
    headers = {name: value for name, value in (given | request.headers).items() if value is not None}
    for again in (False, True):
        try:
            connection.request(request.method, f"/xapi{request.target}", request.body, headers)  # type: ignore[arg-type]
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
            # A server closes the connection when it has refused a request without reading its body.
            connection.close()
            if again:
                raise
    raise AssertionError


@contextmanager
def server(database: str) -> Iterator[Endpoint]:
    """A product on a fresh database of that kind; PostgreSQL with two web processes."""
    if database == "sqlite":
        with product(WORKER="false") as endpoint:
            yield endpoint
        return
    with services.postgresql() as url, product(url.render_as_string(hide_password=False), WORKER="false") as endpoint:
        yield endpoint


def main(what: str, requests: int, database: str) -> int:
    """Exit code: 0 when every request was answered as it should be."""
    with server(database) as endpoint:
        result = run(endpoint, fuzzed, requests, 8) if what == "fuzz" else run(endpoint, shared, requests, 64)
    wrong = result.faults if what == "fuzz" else [*result.faults, *(s for s in result.statuses if s != 200)]
    answered = ", ".join(f"{status}: {count}" for status, count in sorted(result.statuses.items()))
    print(f"{what} on {database}: {sum(result.statuses.values())} requests in {result.seconds:.0f} s; {answered}")
    print("\n".join(["no fault", *map(str, wrong)][bool(wrong) : 21]))
    return int(bool(wrong))


if __name__ == "__main__":
    given = dict(enumerate(sys.argv[1:]))
    sys.exit(main(given.get(0, "fuzz"), int(given.get(1, 100_000)), given.get(2, "postgresql")))
