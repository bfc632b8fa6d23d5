"""Listeners, of the constructor and registered ones, test updates, and clocks."""

from __future__ import annotations

import asyncio
import gc
import queue
import sys
import threading
import weakref
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from typing import Any
from unittest.mock import Mock

import pytest
from conftest import Edge
from conftest import own_edge as edge
from features import feature, offline, rule
from foreign import FOREIGN

import fh_client


@pytest.fixture
def updates(client: fh_client.Client) -> fh_client.TestUpdates:
    return client.test_updates()


@pytest.mark.parametrize("change", [{}, {"colour": 1}, {"lock": "yes"}, {"value": object()}])
def test_an_update_without_sense_is_a_type_error(client: fh_client.Client, change: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        client.test_updates().set("COLOUR", **change)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        client.test_updates("nonsense")


def test_listeners_get_changes_on_their_thread_until_they_are_cancelled(
    client: fh_client.Client, updates: fh_client.TestUpdates
) -> None:
    cancelled: list[object] = []
    seen: queue.Queue[tuple[object, ...]] = queue.Queue()

    def note(change: fh_client.Change) -> None:
        client.flush()
        seen.put((change.key, change.old, change.new, change.exists, threading.current_thread() is threading.main_thread()))

    with client.on_change("COLOUR", cancelled.append) as subscription:
        assert subscription.is_active
    assert not subscription.is_active
    client.on_change("COLOUR", Mock(side_effect=note))
    client.context(plan="gold").on_change("OFF", note)
    client.feature("LIMIT").on_change(note)
    gc.collect()
    for key, old, new in (("COLOUR", "red", "blue"), ("OFF", False, True), ("LIMIT", 20, 7.5)):
        updates.set(key, value=new)
        assert seen.get(timeout=60) == (key, old, new, True, False)
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


def test_listeners_of_the_constructor_get_the_events_of_the_start(edge: Edge) -> None:
    seen: queue.Queue[object] = queue.Queue()
    colours: queue.Queue[fh_client.Change] = queue.Queue()
    statuses: queue.Queue[fh_client.StatusChange] = queue.Queue()
    with fh_client.Client(
        edge.url, edge.key, on_readiness=seen.put, on_raw=seen.put, on_status=statuses.put, on_change={"COLOUR": colours.put}
    ) as client:
        gc.collect()
        client.wait_ready(60)
        client.flush(60)
        events = [seen.get_nowait() for _ in range(seen.qsize())]
        ready = [event.readiness for event in events if isinstance(event, fh_client.ReadinessChange)]
        assert ready == ["NOT_READY", "READY"]
        raw = [event for event in events if isinstance(event, fh_client.RawUpdate)]
        assert raw and raw[0].kind == "list"
        change = colours.get(timeout=60)
        assert (change.old, change.new) == (None, "red")
        status = statuses.get(timeout=60)
        assert (status.problem, status.message) == (None, None)
        while (status.connection, status.readiness) != ("streaming", "READY"):
            status = statuses.get(timeout=60)
        assert "streaming" in repr(status)
        # A listener that is registered later gets the present status.
        client.on_status(statuses.put)
        assert statuses.get(timeout=60).readiness == "READY"


@pytest.mark.parametrize("is_late", [False, True])
def test_new_states_and_notices(is_late: bool) -> None:
    states: queue.Queue[fh_client.NewState] = queue.Queue()
    notices: queue.Queue[fh_client.Notice] = queue.Queue()
    settings: dict[str, Any] = {} if is_late else {"on_new_state": states.put, "on_notice": notices.put}
    with fh_client.Client("http://127.0.0.1:9", "environment/key*", mode="once", **settings) as client:
        if is_late:
            client.on_new_state(states.put)
            client.on_notice(notices.put)
        for version in (1, 2):
            client.offer_features("store", "environment", [feature("A", "BOOLEAN", version == 1, version=version)])
        state = states.get(timeout=60)
        assert state.keys == ["A"] and not state.is_held
        client.offer_features("store", "unknown", "nonsense")
        assert "store" in str(notices.get(timeout=60))


def test_a_listener_that_raises_is_reported_and_counted_and_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[object] = []
    seen: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: reported.append(report.exc_type))

    def broken(event: object) -> None:
        raise ZeroDivisionError

    with fh_client.Client.offline(bootstrap=[], on_readiness=broken) as client:
        client.wait_ready(60)
        client.on_readiness(broken)
        client.on_readiness(seen.append)
        client.flush(60)
        assert seen and set(reported) == {ZeroDivisionError}
        assert client.status().to_dict()["listenerPanics"] == len(reported) >= 2


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
        with offline(feature("ON", "BOOLEAN", True), **settings) as client:
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


def test_functions_of_the_constructor_are_freed_with_the_client() -> None:
    class Listener:
        client: fh_client.Client | None = None

        def __call__(self, event: object) -> None: ...

    listener = Listener()
    listener.client = fh_client.Client.offline(bootstrap=[], on_readiness=listener, on_change={"A": listener})
    listener.client.close()
    gone = weakref.ref(listener)
    del listener
    gc.collect()
    assert gone() is None


def test_a_clock_decides_rules_on_now() -> None:
    late = {"id": "late", "value": True, "attributes": [rule("now", "DATETIME", "GREATER", "2030-01-01T00:00:00Z")]}
    clock = fh_client.Clock(0)
    events: list[fh_client.UsageEvent] = []
    with offline(feature("LATE", "BOOLEAN", False, late), clock=clock) as client:
        client.observe(events.append, inline=True)
        assert not client.context(userkey="mara").is_enabled("LATE")
        clock.set(datetime(2031, 1, 1, tzinfo=timezone.utc))
        assert client.context(userkey="mara").is_enabled("LATE")
        assert [event.at for event in events] == [0, clock.now]
    wrong: list[tuple[Any, type[Exception], str | None]] = [
        (datetime(2031, 1, 1), ValueError, "time zone"), (float("nan"), ValueError, "finite"), ("2031", TypeError, None)
    ]
    for now, error, text in wrong:
        with pytest.raises(error, match=text):
            clock.set(now)
