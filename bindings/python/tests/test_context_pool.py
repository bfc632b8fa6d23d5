"""Pools, which keep several contexts of a server-evaluated key at the same time."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import queue
import threading
import weakref
from collections.abc import Callable, Iterator

import pytest
from conftest import Edge

import fh_client
from fh_client.testing import MemoryEdge


@pytest.fixture
def server(edge: Edge) -> Iterator[fh_client.Client]:
    with fh_client.Client(edge.url, edge.server_key, mode="once") as client:
        client.wait_ready(60)
        yield client


def test_each_context_has_its_own_values(server: fh_client.Client) -> None:
    pool = server.context_pool(requests_per_second=1000)
    gold, silver = pool.get(plan="gold"), pool.get({"plan": "silver"})
    assert (gold.string("COLOUR"), silver.string("COLOUR")) == ("gold", "red")
    assert (pool.live, pool.limit, pool.client) == (2, 100, server)
    assert pool.get(plan="gold").string("COLOUR") == "gold" and pool.live == 2
    assert gold.client is not server
    assert gold.feature("COLOUR").string() == gold.snapshot().string("COLOUR") == "gold"
    # The context of the client itself stays as it is.
    assert server.string("COLOUR") == "red"
    full = server.context_pool(1, requests_per_second=1000)
    assert [full.get(plan=plan).string("COLOUR") for plan in ("gold", "silver")] == ["gold", "red"] and full.live == 1


def test_a_pool_that_is_dropped_ends_its_contexts(server: fh_client.Client) -> None:
    pool = server.context_pool()
    gold = pool.get(plan="gold")
    ended = threading.Event()
    gold.client.on_readiness(lambda change: ended.set() if change.readiness == "CLOSED" else None)
    del pool
    gc.collect()
    assert ended.wait(60)


def test_listeners_outlive_the_context_that_registered_them() -> None:
    edge = MemoryEdge()
    edge.set("COLOUR", "red")
    with edge.client("memory/server-evaluated") as client:
        pool = client.context_pool(requests_per_second=1000, polling_interval=0.05)
        seen: queue.Queue[object] = queue.Queue()
        pool.get(userkey="mara").on_change("COLOUR", lambda change: seen.put(change.new))
        for _ in range(100):
            pool.get(userkey="mara")
        gc.collect()
        edge.set("COLOUR", "blue")
        assert seen.get(timeout=60) == "blue"


def keeps(*objects: object) -> Callable[[object], object]:
    """Return a listener that refers to objects. A function that names a variable of its test would lose it by `del`."""
    return lambda change: objects


def test_a_pool_is_collected_though_a_listener_refers_to_it(server: fh_client.Client) -> None:
    """The pool keeps the listener of a forgotten context, and the listener keeps the pool."""
    pool = server.context_pool(requests_per_second=1000)
    pool.get(plan="gold").on_change("COLOUR", keeps(pool))
    gone = weakref.ref(pool)
    del pool
    gc.collect()
    assert gone() is None


def test_a_pool_is_collected_though_a_listener_of_its_client_refers_to_it(edge: Edge) -> None:
    with pytest.warns(ResourceWarning, match="not closed"):
        client = fh_client.Client(edge.url, edge.server_key, mode="once")
        client.wait_ready(60)
        pool = client.context_pool()
        client.on_change("COLOUR", keeps(pool))
        gone = weakref.ref(pool)
        del client, pool
        gc.collect()
        assert gone() is None


def test_get_is_awaitable(server: fh_client.Client) -> None:
    async def main() -> None:
        pool = server.context_pool(requests_per_second=1000)
        gold, silver = await asyncio.gather(pool.aio.get({"plan": "gold"}), pool.aio.get(plan="silver"))
        assert (gold.string("COLOUR"), silver.string("COLOUR")) == ("gold", "red")
        with pytest.raises(TypeError, match="userkey"):
            await pool.aio.get(user_key="mara")

    asyncio.run(main())


def test_a_refusal_is_an_error(edge: Edge, server: fh_client.Client) -> None:
    pool = server.context_pool()
    with pytest.raises(TypeError, match="userkey"):
        pool.get(user_key="mara")
    with pytest.raises(ValueError):
        pool.get({f"attribute{n}": "x" * 100 for n in range(2000)})
    with fh_client.Client(edge.url, edge.server_key, mode="once") as other:
        other.wait_ready(60)
        closed = other.context_pool()
    with pytest.raises(fh_client.Closed):
        closed.get(plan="gold")
    with fh_client.Client("http://127.0.0.1:9", edge.server_key) as deaf, pytest.raises(fh_client.EdgeProblem) as why:
        deaf.context_pool().get(plan="gold")
    assert why.value.code == "unreachable"


def test_a_pool_shows_no_attributes_and_is_not_copied(server: fh_client.Client) -> None:
    pool = server.context_pool(7)
    pool.get(plan="gold")
    assert repr(pool) == "<fh_client.ContextPool 1 of 7 contexts>"
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="make one in each process"):
            copied(pool)
