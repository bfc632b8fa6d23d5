"""Event loops: methods that are awaited, listeners that are coroutine functions, and iterators of changes."""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import os
import queue
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from conftest import Edge
from conftest import own_edge as edge

import fh_client
from fh_client._worker import is_coroutine_function

KEY = "environment/key*"
Run = Callable[[Coroutine[Any, Any, None]], None]


def by_uvloop(main: Coroutine[Any, Any, None]) -> None:
    import uvloop

    uvloop.run(main)


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    return asyncio.run if request.param == "asyncio" else by_uvloop


def by_each_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Return a test that runs a coroutine function on a loop of each kind."""

    def on_loop(run: Run, **fixtures: Any) -> None:
        run(test(**fixtures))

    signature = inspect.signature(test)
    run = inspect.Parameter("run", inspect.Parameter.KEYWORD_ONLY)
    on_loop.__signature__ = signature.replace(parameters=[*signature.parameters.values(), run])  # type: ignore[attr-defined]
    return on_loop


async def soon(awaitable: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(awaitable, 60)


def threads() -> int:
    return len(os.listdir("/proc/self/task"))


@by_each_loop
async def test_a_wait_times_out_though_a_change_wakes_it_at_the_same_time(deaf: str) -> None:
    statuses: queue.SimpleQueue[fh_client.StatusChange] = queue.SimpleQueue()
    limits = fh_client.Limits(head=0.05)
    async with fh_client.Client(deaf, KEY, limits=limits, on_status=statuses.put) as client:
        wait = asyncio.ensure_future(client.ready(0.001))
        await asyncio.sleep(0)
        # The loop is blocked until the time is over and a change of the status has woken the wait.
        while statuses.get(timeout=60).problem is None:
            pass
        with pytest.raises(fh_client.TimedOut):
            await soon(wait)


@by_each_loop
async def test_many_awaits_need_no_thread_and_can_be_cancelled(deaf: str) -> None:
    async with fh_client.Client(deaf, KEY, listeners=False) as client:
        before = threads()
        waits = [asyncio.ensure_future(client.ready()) for _ in range(1000)]
        await asyncio.sleep(0)
        assert threads() <= before
        for wait in waits[1:]:
            wait.cancel()
        outcomes = await asyncio.gather(*waits[1:], return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
        await client.aio.close()
        with pytest.raises(fh_client.Closed):
            await soon(waits[0])


def test_one_loop_after_another(edge: Edge, run: Run) -> None:
    client = fh_client.Client(edge.url, edge.key)
    descriptors = []
    for _ in range(20):

        async def main() -> None:
            await client.ready()
            assert await client.aio.refresh() == "READY"

        run(main())
        gc.collect()
        descriptors.append(len(os.listdir("/proc/self/fd")))
    # Descriptors of earlier tests may be closed meanwhile.
    assert descriptors[-1] <= descriptors[1]
    client.close()


Listener = Callable[[fh_client.Change], Coroutine[Any, Any, None]]


def wrapped(listener: Listener) -> Callable[[fh_client.Change], object]:
    @functools.wraps(listener)
    def wrapper(change: fh_client.Change) -> object:
        return listener(change)

    return wrapper


class Method:
    def __init__(self, listener: Listener) -> None:
        self.listener = listener

    async def __call__(self, change: fh_client.Change) -> None:
        await self.listener(change)


@pytest.mark.parametrize(
    "form",
    [
        lambda listener: listener,
        lambda listener: functools.partial(functools.partial(listener)),
        Method,
        lambda listener: Method(listener).__call__,
        wrapped,
        lambda listener: Mock(side_effect=listener),
        lambda listener: AsyncMock(side_effect=listener),
    ],
    ids=["function", "partial", "object", "method", "wrapper", "Mock", "AsyncMock"],
)
@by_each_loop
async def test_a_coroutine_function_runs_on_the_loop_that_registered_it(
    client: fh_client.Client, form: Callable[[Listener], Callable[[fh_client.Change], object]]
) -> None:
    seen: asyncio.Queue[tuple[object, object]] = asyncio.Queue()
    loop, thread = asyncio.get_running_loop(), threading.current_thread()

    async def listener(change: fh_client.Change) -> None:
        assert asyncio.get_running_loop() is loop and threading.current_thread() is thread
        await seen.put((change.old, change.new))

    subscription = client.on_change("COLOUR", form(listener))
    updates = client.aio.test_updates()
    await updates.set("COLOUR", value="blue")
    assert await soon(seen.get()) == ("red", "blue")
    await updates.set("COLOUR", value="green")
    assert await soon(seen.get()) == ("blue", "green")
    subscription.cancel()
    assert seen.empty()


def test_a_coroutine_function_of_the_constructor_that_raises_is_reported_to_its_loop(edge: Edge) -> None:
    async def listener(change: object) -> None:
        raise ZeroDivisionError

    async def main() -> None:
        reported: asyncio.Queue[object] = asyncio.Queue()
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.put_nowait(type(context["exception"])))
        async with fh_client.Client(edge.url, edge.key, on_readiness=listener):
            assert await soon(reported.get()) is ZeroDivisionError

    asyncio.run(main())
    with fh_client.Client(edge.url, edge.key) as client:
        for needs_a_loop in (lambda: client.on_change("COLOUR", listener), lambda: client.changes("COLOUR")):
            with pytest.raises(RuntimeError, match="loop"):
                needs_a_loop()
    gc.collect()


def test_a_partial_may_hold_itself() -> None:
    endless: functools.partial[Any] = functools.partial(print)
    endless.__setstate__((endless, (), {}, {}))  # type: ignore[attr-defined]
    assert not is_coroutine_function(endless)


def test_a_blocked_loop_holds_one_waiting_change(client: fh_client.Client, run: Run) -> None:
    """The loop sees the first change, which it handles while others arrive, and then all of these as one."""
    updates = client.test_updates()

    async def main() -> None:
        seen: asyncio.Queue[tuple[object, object]] = asyncio.Queue()
        delivered: queue.Queue[object] = queue.Queue()
        free = asyncio.Event()

        async def listener(change: fh_client.Change) -> None:
            seen.put_nowait((change.old, change.new))
            await free.wait()

        client.on_change("LIMIT", listener)

        def note(change: fh_client.Change) -> None:
            delivered.put(change.new)

        last = client.on_change("LIMIT", note)
        await client.aio.test_updates().set("LIMIT", value=21)
        assert await soon(seen.get()) == (20, 21)
        # The loop is blocked from here on.
        for limit in range(22, 51):
            updates.set_and_wait("LIMIT", value=limit)
            client.flush(60)
            while delivered.get(timeout=60) != limit:
                pass
        last.cancel()
        free.set()
        assert await soon(seen.get()) == (21, 50)
        assert seen.empty()

    run(main())


@pytest.mark.parametrize("source", ["client", "context", "feature"])
@by_each_loop
async def test_changes_are_an_asynchronous_iterator(client: fh_client.Client, source: str) -> None:
    context = client.context(plan="silver")
    changes = {
        "client": lambda: client.changes("COLOUR"),
        "context": lambda: context.changes("COLOUR"),
        "feature": lambda: context.feature("COLOUR").changes(),
    }[source]()
    updates = client.aio.test_updates()
    await updates.set("COLOUR", value="blue")
    seen = []
    async for change in changes:
        seen.append((change.key, change.old, change.new))
        if len(seen) == 2:
            break
        await updates.set("COLOUR", value="green")
    assert seen == [("COLOUR", "red", "blue"), ("COLOUR", "blue", "green")]


@by_each_loop
async def test_changes_go_to_all_readers_in_turn_and_belong_to_one_loop(client: fh_client.Client) -> None:
    changes = client.changes("LIMIT")
    seen: asyncio.Queue[object] = asyncio.Queue()

    async def read() -> None:
        seen.put_nowait((await anext(changes)).new)

    readers = [asyncio.ensure_future(read()) for _ in range(3)]
    await asyncio.sleep(0)
    readers[1].cancel()
    for limit in (21, 22):
        await client.aio.test_updates().set("LIMIT", value=limit)
        assert await soon(seen.get()) == limit
    with pytest.raises(RuntimeError, match="another event loop"):
        await asyncio.to_thread(asyncio.run, anext(changes))


def test_changes_end_with_their_client_and_when_they_are_closed(edge: Edge, run: Run) -> None:
    async def drained(changes: AsyncIterator[object]) -> list[object]:
        return [change async for change in changes]

    async def main() -> None:
        client = fh_client.Client(edge.url, edge.key)
        await client.ready()
        of_client, closed = client.changes("COLOUR"), client.changes("COLOUR")
        first, second = asyncio.ensure_future(drained(of_client)), asyncio.ensure_future(drained(closed))
        await asyncio.sleep(0)
        await closed.aclose()
        assert await soon(second) == []
        await client.aio.close()
        assert await soon(first) == []
        assert await soon(drained(client.changes("COLOUR"))) == []

    run(main())


def test_a_closed_loop_ends_its_subscriptions_in_silence(
    client: fh_client.Client, run: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    kept = []

    async def listener(change: object) -> None: ...

    async def main() -> None:
        kept.append(client.on_change("COLOUR", listener))
        changes = client.changes("COLOUR")
        kept.append(changes)  # type: ignore[arg-type]

    run(main())
    assert kept[0].is_active
    client.test_updates().set_and_wait("COLOUR", value="blue")
    client.flush()
    assert not kept[0].is_active
    client.close()
    assert capfd.readouterr() == ("", "")
