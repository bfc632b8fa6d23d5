"""Observers: the uses of features, in lists and one by one."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

import pytest
from features import feature, offline

from fh_client import UsageEvent

FEATURES = [feature("ON", "BOOLEAN", True, version=3), feature("PRICE", "NUMBER", 7.5)]


def test_an_observer_gets_lists_of_reads() -> None:
    batches: list[list[UsageEvent]] = []
    with offline(*FEATURES) as client:
        client.observe(batches.append)
        mara = client.context(userkey="mara", plan="gold")
        before = time.time()
        mara.is_enabled("ON")
        client.number("PRICE")
        client.peek("ON"), client.is_set("ON"), client.values(), client.details(), client.string("NO_SUCH")
        client.flush(60)
        events = [event for batch in batches for event in batch]
        assert [event.features[0].key for event in events] == ["ON", "PRICE"]
        first = events[0]
        assert (first.kind, first.name, first.reason, first.interceptor) == ("evaluated", "feature", "STATIC", None)
        assert first.attributes == {"userkey": ("mara",), "plan": ("gold",)} and first.user_key == "mara"
        assert before - 1 < first.at < time.time() + 1
        used = first.features[0]
        assert (used.value, used.kind, used.id, used.version, used.variant) == (True, "BOOLEAN", "id-ON", 3, "default")
        assert first.record()["value"] == "on" and first.record()["userkey"] == "mara"
        for shown in (repr(first), repr(used)):
            assert "mara" not in shown and "gold" not in shown
        assert events[1].attributes is None and events[1].user_key is None


def test_flush_waits_for_a_slow_observer() -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(events: list[UsageEvent]) -> None:
        begun.set()
        assert go_on.wait(60)
        ended.set()

    with offline(*FEATURES) as client:
        client.observe(slow)
        client.is_enabled("ON")
        assert begun.wait(60)
        with pytest.raises(TimeoutError):
            client.flush(0.05)
        go_on.set()
        client.flush(60)
        assert ended.is_set()


def test_options_select_reads() -> None:
    every_third, once, short = [], [], []
    gate = threading.Event()

    def last(events: list[UsageEvent]) -> None:
        gate.wait(60)
        short.extend(events)

    with offline(*FEATURES) as client:
        client.observe(lambda event: every_third.append(event), one_of=3, inline=True)
        client.observe(lambda event: once.append(event), deduplicate=60, inline=True)
        client.observe(last, queue=2)
        for _ in range(9):
            client.is_enabled("ON")
        assert (len(every_third), len(once)) == (3, 1)
        gate.set()
        client.flush(60)
        status = client.status().to_dict()
        assert len(short) + status["droppedUsage"] == 9
        with pytest.raises(ValueError, match="one_of"):
            client.observe(print, one_of=0)
        with pytest.raises(TypeError):
            client.observe(5)  # type: ignore[call-overload]
        wrong: list[Any] = [[1], {"object": object()}]
        for params in wrong:
            with pytest.raises(TypeError):
                client.record("left", params)


def test_an_observer_that_raises_is_counted_and_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: reported.append(report.exc_type))

    def broken(events: object) -> None:
        raise ZeroDivisionError

    with offline(*FEATURES) as client:
        for inline in (False, True):
            reported.clear()
            before = client.status().to_dict()["observerPanics"]
            with client.observe(broken, inline=inline):
                for _ in range(3):
                    assert client.is_enabled("ON")
                    client.flush(60)
            assert client.status().to_dict()["observerPanics"] == before + 3
            assert reported == [ZeroDivisionError]


def test_observers_of_the_constructor_get_the_collection_and_the_last_events() -> None:
    events: list[UsageEvent] = []
    inline: list[UsageEvent] = []
    with offline(*FEATURES, observers=[(events.extend, {"inline": False}), (inline.append, {"inline": True, "one_of": 2})]) as client:
        client.is_enabled("ON")
        client.is_enabled("ON")
    assert [event.kind for event in events] == ["collection", "evaluated", "evaluated"]
    assert [used.key for used in events[0].features] == ["ON", "PRICE"]
    assert [event.kind for event in inline] == ["collection", "evaluated"]
    with pytest.raises(TypeError, match="observers"):
        offline(*FEATURES, observers=[(print, {"colour": 1})])
    with pytest.raises(TypeError, match="observers"):
        offline(*FEATURES, observers=[5])
