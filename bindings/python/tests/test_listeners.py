"""Listeners, test updates, and clients of other contexts."""

from __future__ import annotations

import asyncio
import gc
import pathlib
import queue
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from unittest.mock import Mock

import pytest
from conftest import Edge
from foreign import FOREIGN

import fh_client


@pytest.fixture
def edge(tmp_path: pathlib.Path) -> Iterator[Edge]:
    """An Edge for one test, because the tests change its features."""
    edge = Edge(tmp_path)
    yield edge
    edge.stop()


@pytest.fixture
def updates(client: fh_client.Client) -> fh_client.TestUpdates:
    return client.test_updates()


def test_updates_change_features(client: fh_client.Client, updates: fh_client.TestUpdates) -> None:
    assert updates.set_and_wait("COLOUR", value="blue") == "accepted"
    assert client.string("COLOUR") == "blue"
    assert updates.set("COLOUR", value="blue") == "unchanged"
    assert updates.set_and_wait("LIMIT", value=2**53 + 1, lock=True) == "accepted"
    assert client.number("LIMIT") == 2**53 + 1 and client.detail("LIMIT").is_locked
    with pytest.raises(fh_client.Refused) as refused:
        updates.set("LIMIT", value=1)
    assert (refused.value.reason, refused.value.status) == ("locked", 412)
    with pytest.raises(fh_client.Refused) as refused:
        updates.set("NO_SUCH", value=1)
    assert refused.value.reason == "no_such_feature"


@pytest.mark.parametrize("change", [{}, {"colour": 1}, {"lock": "yes"}, {"value": object()}])
def test_an_update_without_sense_is_a_type_error(client: fh_client.Client, change: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        client.test_updates().set("COLOUR", **change)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        client.test_updates("nonsense")


def test_listeners_get_changes_on_their_thread(client: fh_client.Client, updates: fh_client.TestUpdates) -> None:
    seen: queue.Queue[tuple[object, ...]] = queue.Queue()

    def note(change: fh_client.Change) -> None:
        seen.put((change.key, change.old, change.new, change.exists, threading.current_thread() is threading.main_thread()))

    client.on_change("COLOUR", note)
    client.context(plan="gold").on_change("OFF", note)
    client.feature("LIMIT").on_change(note)
    gc.collect()
    updates.set("COLOUR", value="blue")
    assert seen.get(timeout=60) == ("COLOUR", "red", "blue", True, False)
    updates.set("OFF", value=True)
    assert seen.get(timeout=60) == ("OFF", False, True, True, False)
    updates.set("LIMIT", value=7.5)
    assert seen.get(timeout=60) == ("LIMIT", 20, 7.5, True, False)


def test_a_cancelled_listener_is_not_called(client: fh_client.Client, updates: fh_client.TestUpdates) -> None:
    cancelled: list[object] = []
    seen: queue.Queue[object] = queue.Queue()
    with client.on_change("COLOUR", cancelled.append) as subscription:
        assert subscription.is_active
    assert not subscription.is_active
    subscription.cancel()
    client.on_change("COLOUR", seen.put)
    updates.set("COLOUR", value="blue")
    seen.get(timeout=60)
    assert cancelled == []


def test_a_cancelled_listener_is_freed(client: fh_client.Client) -> None:
    def listener(change: object) -> None: ...

    gone = weakref.ref(listener)
    subscription = client.on_change("COLOUR", listener)
    del listener
    gc.collect()
    assert gone() is not None
    subscription.cancel()
    assert gone() is None


def test_the_other_events(edge: Edge) -> None:
    seen: queue.Queue[object] = queue.Queue()
    with fh_client.Client(edge.url, edge.key) as client:
        client.wait_ready(60)
        client.on_readiness(seen.put)
        event = seen.get(timeout=60)
        assert isinstance(event, fh_client.ReadinessChange) and event.readiness == "READY"
        client.on_new_state(seen.put)
        client.test_updates().set("LIMIT", value=21)
        event = seen.get(timeout=60)
        assert isinstance(event, fh_client.NewState) and event.keys == ["LIMIT"] and not event.is_held
        client.on_raw(seen.put)
        client.test_updates().set("LIMIT", value=20)
        kinds = {type(seen.get(timeout=60)), type(seen.get(timeout=60))}
        assert kinds == {fh_client.NewState, fh_client.RawUpdate}
        client.on_notice(seen.put)
        client.offer_features("store", "unknown", "nonsense")
        event = seen.get(timeout=60)
        assert isinstance(event, fh_client.Notice) and "store" in str(event)


def test_a_listener_that_raises_does_not_stop_the_others(
    client: fh_client.Client, updates: fh_client.TestUpdates, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: queue.Queue[object] = queue.Queue()
    seen: queue.Queue[object] = queue.Queue()
    monkeypatch.setattr(sys, "unraisablehook", lambda report: raised.put(report.exc_type))

    def broken(change: object) -> None:
        raise ZeroDivisionError

    client.on_change("COLOUR", broken)
    client.on_change("COLOUR", seen.put)
    updates.set("COLOUR", value="blue")
    seen.get(timeout=60)
    assert raised.get(timeout=60) is ZeroDivisionError


def test_a_listener_may_subscribe_cancel_and_close(edge: Edge, updates: fh_client.TestUpdates) -> None:
    """Another client sends the update, because closing a client ends its own update that waits for the answer."""
    client = fh_client.Client(edge.url, edge.key)
    client.wait_ready(60)
    done = threading.Event()

    def listener(change: object) -> None:
        client.on_change("OFF", print).cancel()
        client.close()
        done.set()

    client.on_change("LIMIT", listener)
    assert updates.set("LIMIT", value=22) == "accepted"
    assert done.wait(60)
    assert client.readiness == "CLOSED"


@pytest.mark.parametrize("is_in_loop", [False, True])
@pytest.mark.parametrize("make", FOREIGN, ids=lambda make: make.__name__)
def test_no_attributes_of_foreign_functions_are_followed(
    make: Callable[[], Any], is_in_loop: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "unraisablehook", lambda report: None)

    async def in_loop() -> None:
        register()
        await asyncio.sleep(0)

    def register() -> None:
        names = ("on_readiness", "on_status", "on_new_state", "on_raw", "on_notice")
        settings: dict[str, Any] = {"interceptors": [interceptor()], "observers": [make(), (make(), {"inline": True})]}
        settings |= {name: make() for name in names} | {"on_change": {"ON": make()}}
        with fh_client.Client.offline(bootstrap=[{"id": "1", "key": "ON", "type": "BOOLEAN", "value": True}], **settings) as client:
            for name in names:
                getattr(client, name)(make()).cancel()
            for source in (client, client.context(plan="gold")):
                source.on_change("ON", make()).cancel()
            client.feature("ON").on_change(make()).cancel()
            client.observe(make()).cancel()
            client.intercept(interceptor()).cancel()
            client.is_enabled("ON")

    def interceptor() -> Any:
        # The client would call it when the test is over.
        made = make()
        made.close = None
        return made

    asyncio.run(in_loop()) if is_in_loop else register()


def test_a_mock_is_called(client: fh_client.Client, updates: fh_client.TestUpdates) -> None:
    seen: queue.Queue[fh_client.Change] = queue.Queue()
    client.on_change("COLOUR", Mock(side_effect=seen.put))
    client.intercept(Mock(return_value=5))
    updates.set("COLOUR", value="blue")
    assert seen.get(timeout=60).key == "COLOUR" and client.number("LIMIT") == 5


def test_a_coroutine_that_nothing_awaits_is_reported(client: fh_client.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: queue.Queue[object] = queue.Queue()
    monkeypatch.setattr(sys, "unraisablehook", lambda report: reported.put(str(report.exc_value)))

    async def later(event: object) -> None: ...

    class Interceptor:
        def __call__(self, read: object) -> fh_client.Continue:
            return fh_client.CONTINUE

        async def close(self) -> None: ...

    def wrapper(event: object) -> Any:
        return later(event)

    client.flush(60)
    with client.on_readiness(wrapper):
        assert "no event loop awaits it" in str(reported.get(timeout=60))
    for register in (client.observe, partial(client.observe, inline=True), client.intercept):
        with register(wrapper):
            client.is_enabled("OFF")
            assert "no event loop awaits it" in str(reported.get(timeout=60))
    client.intercept(Interceptor()).cancel()
    assert "no event loop awaits it" in str(reported.get(timeout=60))


def test_listeners_are_functions(client: fh_client.Client) -> None:
    with pytest.raises(TypeError, match="function"):
        client.on_change("COLOUR", "no function")  # type: ignore[arg-type]


def test_a_client_is_collected_though_its_listener_refers_to_it(edge: Edge) -> None:
    with pytest.warns(ResourceWarning, match="not closed"):
        client = fh_client.Client(edge.url, edge.key)
        context = client.context(plan="gold")
        # A function that names variables would lose them by `del`.
        kept = (client, context)
        context.on_change("COLOUR", partial(lambda objects, change: None, kept))
        gone = weakref.ref(client)
        del client, context, kept
        gc.collect()
        assert gone() is None


def test_isolated_clients_have_a_context_of_their_own(edge: Edge) -> None:
    with fh_client.Client(edge.url, edge.server_key, context={"plan": "gold"}) as client:
        client.wait_ready(60)
        with client.isolated(plan="silver") as other:
            other.wait_ready(60)
            assert (client.string("COLOUR"), other.string("COLOUR")) == ("gold", "red")


def test_catch_and_release(client: fh_client.Client, updates: fh_client.TestUpdates) -> None:
    held: queue.Queue[object] = queue.Queue()
    client.catch_updates()
    client.on_new_state(held.put)
    updates.set("COLOUR", value="blue")
    held.get(timeout=60)
    assert client.is_catching and client.is_holding and client.held_keys == ["COLOUR"]
    assert client.string("COLOUR") == "red"
    client.release(*[])
    assert client.string("COLOUR") == "red" and client.is_holding
    client.release("COLOUR")
    assert client.string("COLOUR") == "blue" and client.is_catching
    updates.set("COLOUR", value="green")
    held.get(timeout=60)
    client.release_all()
    assert client.string("COLOUR") == "green" and client.is_catching
    client.stop_catching()
    assert not client.is_catching


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise KeyError('x')", "client.close()"])
def test_the_interpreter_ends_with_clients_that_live(edge: Edge, end: str) -> None:
    program = f"""
import sys, threading, fh_client
client = fh_client.Client({edge.url!r}, {edge.key!r})
client.wait_ready(60)
called = threading.Event()
client.on_change("COLOUR", print)
client.on_readiness(lambda change: called.set())
called.wait(60)
{end}
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=60)
    status = 3 if "exit" in end else 1 if "raise" in end else 0
    assert done.returncode == status, done.stderr
    assert done.stderr == "" or "KeyError" in done.stderr.splitlines()[-1]
