"""The methods of clients that wait: those that block, and the coroutines of the same names on each event loop."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from conftest import Edge
from conftest import own_edge as edge
from test_aio import run

import fh_client

Way = Callable[[fh_client.Client], Any]


@pytest.fixture(params=["methods", "coroutines"])
def way(request: pytest.FixtureRequest) -> Way:
    """The function that returns the object with the methods that wait."""
    return (lambda client: client.aio) if request.param == "coroutines" else lambda client: client


async def outcome(given: Any) -> Any:
    return await given if inspect.isawaitable(given) else given


Run = Callable[[Coroutine[Any, Any, None]], None]


def test_outcomes(edge: Edge, way: Way, run: Run) -> None:
    async def main() -> None:
        client = fh_client.Client(edge.url, edge.server_key, mode="once")
        waits = way(client)
        await outcome(waits.wait_ready(timedelta(seconds=60), through_refusals=True))
        assert await outcome(waits.refresh()) == "READY"
        gold = await outcome(waits.set_context({"userkey": "mara"}, plan="gold"))
        assert gold.string("COLOUR") == "gold" and gold.client is client
        assert await outcome(waits.set_api_keys(edge.key)) == "READY" and not client.is_server_evaluated
        assert await outcome(waits.set_headers({"x-team": "shop"})) == "READY"
        await outcome(waits.flush())
        updates = waits.test_updates()
        assert await outcome(updates.set("COLOUR", value="blue")) == "accepted"
        assert await outcome(updates.set_and_wait("COLOUR", value="blue", lock=True)) in ("accepted", "unchanged")
        await outcome(waits.close(timeout=timedelta(seconds=2)))
        await outcome(waits.close())
        assert client.readiness == "CLOSED" and not client.is_ready and client.string("COLOUR") == "blue"

    run(main())


def test_errors(edge: Edge, deaf: str, way: Way, run: Run) -> None:
    async def main() -> None:
        async with fh_client.Client(edge.url, "unknown/key*") as client:
            waits = way(client)
            with pytest.raises(fh_client.NotReady) as failed:
                await outcome(waits.wait_ready(60))
            assert (failed.value.reason, failed.value.problem) == ("failed", "not_found")
            with pytest.raises(fh_client.TimedOut):
                await outcome(waits.wait_ready(0.01, through_refusals=True))
            with pytest.raises(fh_client.EdgeProblem) as refused:
                await outcome(waits.refresh())
            assert refused.value.code == client.status().problem == client.status().to_dict()["problem"] == "not_found"
            for method, wrong in ((waits.set_api_keys, "nonsense"), (waits.set_headers, {"host": "x"})):
                with pytest.raises(ValueError):
                    await outcome(method(wrong))
            with pytest.raises(fh_client.Refused):
                await outcome(waits.test_updates(edge.key).set("NO_SUCH", value=1))
        for method in (waits.wait_ready, waits.refresh, waits.set_context):
            with pytest.raises(fh_client.Closed) as closed:
                await outcome(method())
            assert closed.value.reason == "closed"
        async with fh_client.Client(deaf, "environment/key*") as client:
            with pytest.raises(TimeoutError) as timed_out:
                await outcome(way(client).wait_ready(0.05))
            error = timed_out.value
            assert isinstance(error, fh_client.TimedOut) and isinstance(error, fh_client.NotReady)
            assert error.reason == "timed_out" and isinstance(error.status, fh_client.Status)
            assert error.status.readiness == "NOT_READY"
        async with fh_client.Client.offline() as client:
            with pytest.raises(fh_client.NotReady) as stopped:
                await outcome(way(client).wait_ready())
            assert stopped.value.reason == "stopped"

    run(main())
