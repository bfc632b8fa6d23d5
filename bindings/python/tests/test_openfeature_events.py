"""The events and the states of the provider, through OpenFeature's own SDK, with an Edge in memory."""

from __future__ import annotations

import queue
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from features import SOON, feature, memory, strategy
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent, ProviderEventDetails
from openfeature.exception import ErrorCode, ProviderNotReadyError
from openfeature.provider import ProviderStatus
from openfeature_client import client, edge, read

import fh_client
from fh_client.openfeature import FeatureHubProvider
from fh_client.testing import SERVER_KEY, MemoryEdge


class Events:
    """The events that the SDK passes on to handlers."""

    def __init__(self) -> None:
        self.seen: queue.SimpleQueue[tuple[ProviderEvent, EventDetails]] = queue.SimpleQueue()
        for event in ProviderEvent:
            api.add_handler(event, lambda details, event=event: self.seen.put((event, details)))  # type: ignore[misc]

    def expect(self, event: ProviderEvent) -> EventDetails:
        seen, details = self.seen.get(timeout=SOON)
        assert (seen, details.provider_name) == (event, "featurehub"), details
        return details


def test_events(edge: MemoryEdge, client: fh_client.Client) -> None:
    events = Events()
    # Without a first ready provider, the SDK reports that its own one is ready.
    assert events.seen.get(timeout=SOON)[1].provider_name == "No-op Provider"
    provider = FeatureHubProvider(client, patience=SOON)
    api.set_provider(provider)
    events.expect(ProviderEvent.PROVIDER_READY)
    edge.set("TEXT", "new")
    changed = events.expect(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED)
    assert changed.flags_changed == ["TEXT"]
    assert read(api.get_client(), "string", "TEXT").value == "new"
    edge.send_event("config", '{"edge.stale": true}')
    stale = events.expect(ProviderEvent.PROVIDER_STALE)
    assert stale.message is not None and "stale" in stale.message
    assert api.get_client().get_provider_status() == ProviderStatus.STALE
    # A stale provider answers with the features that it has.
    assert read(api.get_client(), "string", "TEXT").value == "new"
    client.close()
    assert events.expect(ProviderEvent.PROVIDER_ERROR).error_code == ErrorCode.GENERAL
    assert read(api.get_client(), "string", "TEXT").value == "new"
    api.shutdown()


def become_stale(edge: MemoryEdge, client: fh_client.Client) -> None:
    client.wait_ready(SOON)
    edge.send_event("config", '{"edge.stale": true}')
    edge.delivered(SOON)
    assert client.status().is_stale


def test_a_stale_environment_stays_stale_when_the_sdk_reports_ready_after_it(
    edge: MemoryEdge, client: fh_client.Client
) -> None:
    become_stale(edge, client)
    provider = FeatureHubProvider(client)
    api.set_provider_and_wait(provider)
    events = Events()
    # The report of the SDK and that of the provider come in either order.
    while events.seen.get(timeout=SOON)[0] != ProviderEvent.PROVIDER_STALE:
        pass
    provider.emit_provider_ready(ProviderEventDetails())
    while api.get_client().get_provider_status() != ProviderStatus.STALE:
        events.seen.get(timeout=SOON)
    api.shutdown()


class Watched(FeatureHubProvider):
    """A provider that records the reports of ready providers that it has handled."""

    def __init__(self, client: fh_client.Client) -> None:
        super().__init__(client, patience=SOON)
        self._handled: queue.SimpleQueue[str] = queue.SimpleQueue()

    def _on_ready(self, details: EventDetails) -> None:
        super()._on_ready(details)
        self._handled.put(details.provider_name)

    def wait_for_a_report(self) -> None:
        # The SDK has a provider of its own, which is ready from the beginning.
        while self._handled.get(timeout=SOON) != "featurehub":
            pass


def test_a_provider_does_not_repeat_its_state_when_another_one_is_ready(
    edge: MemoryEdge, client: fh_client.Client
) -> None:
    become_stale(edge, client)
    stale = Watched(client)
    api.set_provider_and_wait(stale, "stale")
    client.flush(SOON)
    stale.wait_for_a_report()
    assert api.get_client("stale").get_provider_status() == ProviderStatus.STALE
    emitted: list[object] = []
    stale.attach(lambda _, event, details: emitted.append(event))
    with MemoryEdge().client() as other:
        api.set_provider_and_wait(FeatureHubProvider(other, patience=SOON), "ready")
        stale.wait_for_a_report()
        assert emitted == []
        assert api.get_client("ready").get_provider_status() == ProviderStatus.READY
        api.shutdown()


def attached(client: fh_client.Client) -> tuple[FeatureHubProvider, list[tuple[object, object]]]:
    """Return a provider without the SDK, and the events that it emits, with the changed flags."""
    provider = FeatureHubProvider(client, patience=SOON)
    emitted: list[tuple[object, object]] = []
    provider.attach(lambda _, event, details: emitted.append((event, details.flags_changed)))
    provider.initialize(EvaluationContext())
    client.flush(SOON)
    emitted.clear()
    return provider, emitted


def test_held_changes_are_reported_when_they_are_released(edge: MemoryEdge, client: fh_client.Client) -> None:
    provider, emitted = attached(client)
    client.catch_updates()
    edge.set("TEXT", "new")
    edge.set("WHOLE", 11)
    while client.held_keys != ["TEXT", "WHOLE"]:
        pass
    client.flush(SOON)
    assert emitted == [] and client.string("TEXT") == "hello"
    client.release_all()
    client.flush(SOON)
    assert emitted == [(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, ["TEXT", "WHOLE"])]
    provider.shutdown()


def test_a_refusal_is_an_error_until_the_edge_gives_features(edge: MemoryEdge) -> None:
    edge.fail(404)
    with edge.client() as client:
        provider = FeatureHubProvider(client, patience=SOON)
        with pytest.raises(ProviderNotReadyError):
            api.set_provider_and_wait(provider)
        flags = api.get_client()
        assert flags.get_provider_status() == ProviderStatus.ERROR
        assert read(flags, "string", "TEXT").error_code == ErrorCode.PROVIDER_NOT_READY
        events = Events()
        events.expect(ProviderEvent.PROVIDER_ERROR)
        edge.heal()
        client.refresh()
        events.expect(ProviderEvent.PROVIDER_READY)
        assert flags.get_provider_status() == ProviderStatus.READY
        assert read(flags, "string", "TEXT").value == "hello"
        api.shutdown()


#: Settings of a client that retries at once.
AT_ONCE: dict[str, Any] = {"backoff": fh_client.Backoff(0.001, 0.001), "pace": 0.001}


@pytest.mark.parametrize("fault", [None, 503, "connect"])
def test_a_context_that_is_set_while_the_edge_is_away_is_a_change_once_it_is_back(fault: Any) -> None:
    edge = memory(feature("COLOUR", "STRING", "?", strategy("mara", "blue", "userkey", "mara")), feature("SAME", "BOOLEAN", True))
    with edge.client(SERVER_KEY, context={"userkey": "fred"}, **AT_ONCE) as client:
        api.set_provider_and_wait(FeatureHubProvider(client, patience=SOON))
        flags = api.get_client()
        events = Events()
        while events.seen.get(timeout=SOON)[1].provider_name != "featurehub":
            pass
        if fault is None:
            client.set_context(userkey="mara")
        else:
            edge.fail(fault)
            with pytest.raises(fh_client.EdgeProblem):
                client.set_context(userkey="mara")
            assert read(flags, "boolean", "SAME", EvaluationContext("mara")).value is False
            edge.heal()
        changed = events.expect(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED)
        assert changed.flags_changed == ["COLOUR", "SAME"]
        assert read(flags, "string", "COLOUR", EvaluationContext("mara")).value == "blue"
        client.flush(SOON)
        assert flags.get_provider_status() == ProviderStatus.READY and events.seen.empty()
        api.shutdown()


def test_changes_that_arrive_late_report_the_values_once(client: fh_client.Client) -> None:
    provider, emitted = attached(client)
    for readiness in ("NOT_READY", "NOT_READY", "READY"):
        provider._on_status(SimpleNamespace(readiness=readiness))  # type: ignore[arg-type]
    assert [event for event, _ in emitted] == [ProviderEvent.PROVIDER_CONFIGURATION_CHANGED]
    provider.shutdown()


def test_the_patience_limits_the_wait(edge: MemoryEdge) -> None:
    edge.fail(503)
    with edge.client() as client:
        with pytest.raises(ProviderNotReadyError):
            FeatureHubProvider(client, patience=timedelta(milliseconds=50)).initialize(EvaluationContext())


def test_a_provider_that_was_shut_down_emits_nothing(edge: MemoryEdge, client: fh_client.Client) -> None:
    provider, emitted = attached(client)
    provider.shutdown()
    provider.shutdown()
    arrived: queue.SimpleQueue[object] = queue.SimpleQueue()
    client.on_new_state(arrived.put)
    edge.set("TEXT", "new")
    arrived.get(timeout=SOON)
    client.flush(SOON)
    assert emitted == [] and client.string("TEXT") == "new"
    # It can begin anew, and the client was left open for the program.
    provider.initialize(EvaluationContext())
    edge.set("TEXT", "newer")
    arrived.get(timeout=SOON)
    client.flush(SOON)
    assert len(emitted) == 1
    provider.shutdown()
