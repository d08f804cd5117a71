"""Small versions of the long runs in soak.py: nothing that is sent makes the server stumble, or wait for itself."""

from tests.bench.servers import product
from tests.lrs import soak


def test_arbitrary_requests_on_several_connections_are_all_answered() -> None:
    with product(WORKER="false") as endpoint:
        result = soak.run(endpoint, soak.fuzzed, 2000, 8)
    assert result.faults == []
    assert {200, 400, 401, 404} <= result.statuses.keys()


def test_64_connections_that_share_agents_and_activities_neither_deadlock_nor_fail() -> None:
    with soak.server("postgresql") as endpoint:
        result = soak.run(endpoint, soak.shared, 2048, 64)
    assert (dict(result.statuses), result.faults) == ({200: 2048}, [])
