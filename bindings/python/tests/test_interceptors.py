"""Interceptors in Python, and local overrides."""

from __future__ import annotations

import gc
import os
import pathlib
import queue
import sys
import threading
import weakref
from decimal import Decimal
from functools import partial
from unittest.mock import Mock

import pytest
from conftest import Edge
from features import feature, offline
from wire import run

import fh_client
from fh_client import CONTINUE, InterceptedRead


FEATURES = [
    feature("ON", "BOOLEAN", True),
    feature("COLOUR", "STRING", "red"),
    feature("LIMIT", "NUMBER", 20),
    feature("THEME", "JSON", '{"a": 1}'),
    feature("LOCKED", "BOOLEAN", False, l=True, version=3),
]


def fixed(value: object) -> fh_client._native._InterceptorFunction:
    return Mock(return_value=value)


@pytest.mark.parametrize(
    ("key", "given", "read"),
    [
        ("ON", False, False),
        ("ON", "true", True),
        ("LIMIT", 2**70, 2**70),
        ("LIMIT", 7.5, 7.5),
        ("LIMIT", Decimal("7.50"), 7.5),
        ("LIMIT", "12", 12),
        ("COLOUR", 5, "5"),
        ("THEME", {"b": [1]}, '{"b": [1]}'),
        ("ON", None, None),
        ("NO_SUCH", "there", "there"),
    ],
)
def test_answers_become_values(key: str, given: object, read: object) -> None:
    with offline(*FEATURES, interceptors=[fixed(given)]) as client:
        assert client.value(key, None) == read
        assert client.is_set(key) is (read is not None)


def test_the_read_shows_the_feature_and_the_context() -> None:
    seen: list[InterceptedRead] = []

    def note(ask: InterceptedRead) -> fh_client.Continue:
        seen.append(ask)
        return CONTINUE

    with offline(*FEATURES, interceptors=[(note, "decide")]) as client:
        client.is_enabled("LOCKED")
        client.context(userkey="mara", plan=["gold", "beta"]).string("NO_SUCH")
        feature, missing = seen
        assert (feature.key, feature.kind, feature.exists, feature.is_locked) == ("LOCKED", "BOOLEAN", True, True)
        assert feature.attributes is None and feature.version == 3
        assert (missing.kind, missing.exists, missing.is_locked, missing.version) == (None, False, False, -1)
        assert missing.attributes == {"userkey": ("mara",), "plan": ("gold", "beta")}
        assert "mara" not in repr(missing) and "gold" not in repr(missing)


@pytest.mark.parametrize(("locks", "read"), [("respect", False), ("override", True), ("decide", True)])
def test_locks(locks: str, read: bool) -> None:
    with offline(*FEATURES) as client:
        client.intercept(fixed(True), locks)  # type: ignore[arg-type]
        assert client.is_enabled("LOCKED") is read
    with offline(*FEATURES, interceptors=[(fixed(True), locks)]) as client:
        assert client.is_enabled("LOCKED") is read


@pytest.mark.parametrize("answer", [float("nan"), object(), ZeroDivisionError("mara")])
def test_an_interceptor_that_raises_is_passed_over_counted_and_reported_once(
    answer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: reported.append(report.exc_type))
    notices: queue.Queue[fh_client.Notice] = queue.Queue()

    def broken(ask: InterceptedRead) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with offline(*FEATURES, interceptors=[broken], on_notice=notices.put) as client:
        before = client.status().to_dict()["interceptorPanics"]
        for _ in range(3):
            assert client.string("COLOUR") == "red"
        assert client.status().to_dict()["interceptorPanics"] == before + 3
        assert len(reported) == 1
        notice = notices.get(timeout=60)
        assert str(notice) == "the interceptor broken failed"
        client.flush(60)
        assert notices.empty()


def test_wrong_interceptors_are_refused() -> None:
    async def later(event: object) -> None: ...

    with offline(*FEATURES) as client:
        for register, name in ((client.intercept, "an interceptor"), (client.observe, "an observer")):
            for given in (later, partial(later)):
                with pytest.raises(TypeError, match=f"{name} is a function.* and no coroutine function"):
                    register(given)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="interceptor"):
            client.intercept(5)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="respect"):
            client.intercept(fixed(1), "sometimes")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="interceptors"):
        offline(*FEATURES, interceptors=[5])
    with pytest.raises(ValueError, match="interceptors"):
        offline(*FEATURES, interceptors=[(fixed(1), "sometimes")])


def test_interceptors_answer_after_the_end_and_are_freed_with_the_client() -> None:
    class Blue:
        def __init__(self) -> None:
            self.client: fh_client.Client | None = None

        def __call__(self, ask: InterceptedRead) -> str:
            return "blue"

    for is_late in (False, True):
        blue = Blue()
        client = offline(*FEATURES) if is_late else offline(*FEATURES, interceptors=[blue])
        blue.client = client
        if is_late:
            client.intercept(blue)
        client.close()
        assert client.string("COLOUR") == "blue"
        assert client.detail("COLOUR").interceptor == "Blue"
        gone = weakref.ref(blue)
        del client, blue
        gc.collect()
        assert gone() is None


def test_isolated_clients_share_the_interceptors_of_the_constructor(edge: Edge) -> None:
    client = fh_client.Client(edge.url, edge.key, interceptors=[fixed("blue")])
    with client, client.isolated(userkey="mara") as other:
        del client
        gc.collect()
        other.wait_ready(60)
        assert other.string("COLOUR") == "blue"


def test_environment_overrides() -> None:
    program = """
import fh_client
overrides = fh_client.EnvironmentOverrides()
features = [{"id": "C", "key": "COLOUR", "version": 1, "type": "STRING", "value": "red"}]
with fh_client.Client.offline(bootstrap=features, interceptors=[overrides]) as client:
    client.wait_ready(60)
    early = client.string("COLOUR")
with fh_client.Client.offline(bootstrap=features) as client:
    client.intercept(overrides)
    client.wait_ready(60)
    print(overrides.is_on, early, client.string("COLOUR"), repr(overrides))
"""
    for switch, expected in (
        ("true", "True blue blue <fh_client.EnvironmentOverrides>"),
        ("no", "False red red <fh_client.EnvironmentOverrides (off)>"),
    ):
        variables = {"FEATUREHUB_OVERRIDE_FEATURES": switch, "FEATUREHUB_FEATURE_COLOUR": "blue"}
        assert run(program, env={**os.environ, **variables}).stdout.strip() == expected


def replace(file: pathlib.Path, text: str) -> None:
    """Write a file as a whole, so that a watch never reads half of it."""
    file.with_suffix(".new").write_text(text)
    file.with_suffix(".new").replace(file)


def test_a_yaml_file_overrides_and_is_watched(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "features.yaml"
    file.write_text("flagValues:\n  COLOUR: blue\n  LIMIT: 17.30\n")
    overrides = fh_client.YamlOverrides(file, interval=0.01)
    seen: queue.Queue[fh_client.Change] = queue.Queue()
    with offline(*FEATURES, interceptors=[overrides]) as client:
        assert client.string("COLOUR") == "blue" and overrides.problem is None
        assert str(client.decimal("LIMIT")) == "17.30"
        client.on_change("COLOUR", seen.put)
        replace(file, "flagValues:\n  COLOUR: a longer green\n")
        assert seen.get(timeout=60).new == "a longer green"
        limit = [5]
        client.intercept(lambda read: limit[0] if read.key == "LIMIT" else CONTINUE)
        client.on_change("LIMIT", seen.put)
        limit[0] = 6
        client.overrides_changed()
        change = seen.get(timeout=60)
        assert (change.old, change.new) == (5, 6)
    missing = fh_client.YamlOverrides(tmp_path / "none.yaml", interval=None)
    assert missing.problem is not None
    with offline(*FEATURES) as client:
        client.intercept(missing)
        assert client.string("COLOUR") == "red"


def test_a_yaml_file_can_be_a_store(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "features.yaml"
    file.write_text("flagValues:\n  COLOUR: blue\n")
    store = fh_client.YamlStore(file)
    assert [(one["key"], one["value"]) for one in store.features()] == [("COLOUR", "blue")]
    seen: queue.Queue[fh_client.Change] = queue.Queue()
    with fh_client.Client("http://127.0.0.1:9", "environment/key*", mode="once") as client:
        client.on_change("COLOUR", seen.put)
        store.watch(client, interval=0.01)
        assert seen.get(timeout=60).new == "blue"
        client.on_change("SECOND", seen.put)
        replace(file, "flagValues:\n  COLOUR: blue\n  SECOND: 2\n")
        assert seen.get(timeout=60).new == 2
        store.close()
    assert store.problem is None


class Closing:
    """An interceptor that counts the calls of its method `close`."""

    def __init__(self) -> None:
        self.closed: queue.SimpleQueue[str] = queue.SimpleQueue()

    def __call__(self, read: InterceptedRead) -> str:
        return "intercepted"

    def close(self) -> None:
        self.closed.put(threading.current_thread().name)


def test_an_interceptor_is_closed_with_its_client_and_when_it_is_removed() -> None:
    given, added, removed = Closing(), Closing(), Closing()
    client = offline(*FEATURES, interceptors=[given])
    client.intercept(added)
    client.intercept(removed).cancel()
    assert removed.closed.get(timeout=60) == "fh-listeners"
    assert client.string("COLOUR") == "intercepted"
    assert given.closed.empty()
    client.close()
    client.close()
    for interceptor in (given, added):
        assert interceptor.closed.get(timeout=60) == "fh-listeners"
        assert interceptor.closed.empty()
    assert removed.closed.empty()
