"""Listeners that are given to the constructor, and clocks."""

from __future__ import annotations

import gc
import queue
import sys
import weakref
from datetime import datetime, timezone

import pytest
from conftest import Edge

import fh_client


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


def test_new_states_and_notices_reach_the_constructor_listeners() -> None:
    states: queue.Queue[fh_client.NewState] = queue.Queue()
    notices: queue.Queue[fh_client.Notice] = queue.Queue()
    with fh_client.Client(
        "http://127.0.0.1:9", "environment/key*", mode="once", on_new_state=states.put, on_notice=notices.put
    ) as client:
        client.offer_features("store", "environment", [{"id": "1", "key": "A", "version": 1, "type": "BOOLEAN", "value": True}])
        client.offer_features("store", "environment", [{"id": "1", "key": "A", "version": 2, "type": "BOOLEAN", "value": False}])
        assert states.get(timeout=60).keys == ["A"]
        client.offer_features("store", "unknown", "nonsense")
        assert "store" in str(notices.get(timeout=60))


def test_on_status_of_a_client_reports_the_present_status(edge: Edge) -> None:
    seen: queue.Queue[fh_client.StatusChange] = queue.Queue()
    with fh_client.Client(edge.url, edge.key) as client:
        client.wait_ready(60)
        with client.on_status(seen.put):
            assert seen.get(timeout=60).readiness == "READY"


def test_a_listener_that_raises_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: reported.append(report.exc_type))

    def broken(event: object) -> None:
        raise ZeroDivisionError

    with fh_client.Client.offline(bootstrap=[], on_readiness=broken) as client:
        client.wait_ready(60)
        client.on_readiness(broken)
        client.flush(60)
        assert client.status().to_dict()["listenerPanics"] == len(reported) >= 2


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


@pytest.mark.parametrize(
    "settings",
    [
        {"on_readiness": 5},
        {"on_change": print},
        {"on_change": {"A": 5}},
        {"on_change": {5: print}},
        {"on_something": print},
        {"clock": 5},
    ],
)
def test_wrong_functions_are_type_errors_that_name_the_setting(settings: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=next(iter(settings))):
        fh_client.Client("http://127.0.0.1:9", "environment/key*", **settings)  # type: ignore[arg-type]


def test_a_clock_decides_rules_on_now() -> None:
    rule = {"fieldName": "now", "type": "DATETIME", "conditional": "GREATER", "values": ["2030-01-01T00:00:00Z"]}
    feature = {
        "id": "1", "key": "LATE", "version": 1, "type": "BOOLEAN", "value": False,
        "strategies": [{"id": "late", "value": True, "attributes": [rule]}],
    }  # fmt: skip
    clock = fh_client.Clock(0)
    events: list[fh_client.UsageEvent] = []
    with fh_client.Client.offline(bootstrap=[feature], clock=clock) as client:
        client.wait_ready(60)
        client.observe(events.append, inline=True)
        assert not client.context(userkey="mara").is_enabled("LATE")
        clock.set(datetime(2031, 1, 1, tzinfo=timezone.utc))
        assert client.context(userkey="mara").is_enabled("LATE")
        # The event of the first features may arrive after the registration.
        assert [event.at for event in events if event.kind == "evaluated"] == [0, clock.now]
    with pytest.raises(ValueError, match="time zone"):
        clock.set(datetime(2031, 1, 1))
    with pytest.raises(ValueError, match="finite"):
        clock.set(float("nan"))
    with pytest.raises(TypeError):
        clock.set("2031")  # type: ignore[arg-type]
