"""The provider, through OpenFeature's own SDK, with an Edge that the test scripts."""

from __future__ import annotations

import asyncio
import doctest
import math
import queue
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent, ProviderEventDetails
from openfeature.exception import ErrorCode, ProviderNotReadyError
from openfeature.flag_evaluation import FlagEvaluationDetails, Reason
from openfeature.provider import ProviderStatus
from openfeature.track import TrackingEventDetails
from featbit_server import SOON, FeatBitServer, flag, payload, rule
from scripted import SOON, ScriptedEdge, feature, strategy
from wire import Program

import fh_client
import fh_client.openfeature
from fh_client.openfeature import FeatureHubProvider

KIWI = strategy("kiwi", True, "country", "new_zealand")
ALL = {**strategy("all", True, "userkey", "fred"), "percentage": 1_000_000, "percentageAttributes": ["userkey"]}
THEME = '{"colour": "red", "deep": {"on": true, "none": null}, "list": [1, 2.5]}'
DEFAULTS = {"boolean": False, "string": "?", "integer": -1, "float": -1.0, "object": {}}

Outcome = FlagEvaluationDetails[Any]


@pytest.fixture
def edge() -> Iterator[ScriptedEdge]:
    with ScriptedEdge(
        feature("FLAG", "BOOLEAN", False, KIWI, ALL),
        feature("PLAIN", "BOOLEAN", True, l=True, version=7, fp={"team": "cash"}),
        feature("TEXT", "STRING", "hello"),
        feature("UNSET", "STRING", None),
        feature("WHOLE", "NUMBER", 10),
        feature("FRACTION", "NUMBER", 7.5),
        feature("THEME", "JSON", THEME),
        feature("LIST", "JSON", "[1]"),
        feature("SCALAR", "JSON", "5"),
        feature("BROKEN", "JSON", "{"),
        feature("NAN", "JSON", '{"a": NaN}'),
    ) as edge:
        yield edge


@pytest.fixture
def client(edge: ScriptedEdge) -> Iterator[fh_client.Client]:
    with fh_client.Client(edge.url, edge.key) as client:
        yield client


@pytest.fixture
def flags(client: fh_client.Client) -> Iterator[OpenFeatureClient]:
    """A client of OpenFeature, whose provider has features."""
    api.set_provider_and_wait(FeatureHubProvider(client, patience=SOON))
    yield api.get_client()
    api.shutdown()


def read(flags: OpenFeatureClient, kind: str, key: str, context: EvaluationContext | None = None) -> Outcome:
    """Read a feature, by the synchronous method and by the coroutine, which have the same outcome."""
    found: Outcome = getattr(flags, f"get_{kind}_details")(key, DEFAULTS[kind], context)
    awaited = asyncio.run(getattr(flags, f"get_{kind}_details_async")(key, DEFAULTS[kind], context))
    assert awaited == found
    return found


def test_the_example() -> None:
    assert doctest.testmod(fh_client.openfeature) == (0, 9)


def test_all_five_types(flags: OpenFeatureClient) -> None:
    fred = EvaluationContext("fred")
    assert read(flags, "boolean", "FLAG", fred).value is True
    assert read(flags, "boolean", "FLAG").value is False
    assert read(flags, "string", "TEXT").value == "hello"
    assert read(flags, "integer", "WHOLE").value == 10
    assert read(flags, "float", "FRACTION").value == 7.5
    whole = read(flags, "float", "WHOLE").value
    assert whole == 10.0 and type(whole) is float
    document = {"colour": "red", "deep": {"on": True, "none": None}, "list": [1, 2.5]}
    assert read(flags, "object", "THEME").value == document
    assert read(flags, "object", "LIST").value == [1]


def test_reasons_variants_and_metadata(flags: OpenFeatureClient, client: fh_client.Client) -> None:
    for context, reason, variant in (
        (EvaluationContext("fred"), Reason.SPLIT, "all"),
        (EvaluationContext(attributes={"country": "new_zealand"}), Reason.TARGETING_MATCH, "kiwi"),
        (EvaluationContext("mara"), Reason.DEFAULT, "default"),
    ):
        found = read(flags, "boolean", "FLAG", context)
        assert (found.reason, found.variant) == (reason, variant)
        assert found.flag_metadata.get("strategyId") == (None if variant == "default" else variant)
    plain = read(flags, "boolean", "PLAIN")
    assert (plain.reason, plain.variant) == (Reason.STATIC, "default")
    assert plain.flag_metadata == {
        "version": 7,
        "locked": True,
        "featureId": "id-PLAIN",
        "environmentId": "6c1b7b52-3f0f-4f0c-9d2c-0a5a6f3f1d10",
        "property.team": "cash",
    }

    def forced(read: fh_client.InterceptedRead) -> object:
        return "forced" if read.key in ("TEXT", "NONE") else fh_client.CONTINUE

    with client.intercept(forced):  # type: ignore[arg-type]
        for key in ("TEXT", "NONE"):
            found = read(flags, "string", key)
            assert (found.value, found.reason) == ("forced", "OVERRIDE")
            assert "forced" in str(found.flag_metadata["overriddenBy"])
            assert ("version" in found.flag_metadata) == (key == "TEXT")


@pytest.mark.parametrize(
    ("kind", "key", "code"),
    [
        ("boolean", "NONE", ErrorCode.FLAG_NOT_FOUND),
        ("string", "UNSET", ErrorCode.FLAG_NOT_FOUND),
        ("boolean", "WHOLE", ErrorCode.TYPE_MISMATCH),
        ("integer", "FRACTION", ErrorCode.TYPE_MISMATCH),
        ("string", "FLAG", ErrorCode.TYPE_MISMATCH),
        ("float", "FLAG", ErrorCode.TYPE_MISMATCH),
        ("object", "TEXT", ErrorCode.TYPE_MISMATCH),
        ("object", "SCALAR", ErrorCode.TYPE_MISMATCH),
        ("object", "BROKEN", ErrorCode.PARSE_ERROR),
        ("object", "NAN", ErrorCode.PARSE_ERROR),
    ],
)
def test_errors_give_the_default(flags: OpenFeatureClient, kind: str, key: str, code: ErrorCode) -> None:
    found = read(flags, kind, key)
    assert (found.value, found.reason, found.error_code) == (DEFAULTS[kind], Reason.ERROR, code)


@pytest.mark.parametrize(
    ("number", "whole", "near"),
    [
        ("10.0", 10, 10.0),
        ("1e1", 10, 10.0),
        ("-0.0", 0, 0.0),
        ("9007199254740993", 9007199254740993, 9007199254740992.0),
        ("9" * 400, int("9" * 400), math.inf),
        ("-" + "9" * 400, -int("9" * 400), -math.inf),
        ("10.00000000000000000001", None, 10.0),
    ],
)
def test_integers_are_exact(
    edge: ScriptedEdge, flags: OpenFeatureClient, client: fh_client.Client, number: str, whole: int | None, near: float
) -> None:
    with client.intercept(lambda read: Decimal(number)):
        found = read(flags, "integer", "N")
        assert found.value == (-1 if whole is None else whole)
        assert found.error_code == (ErrorCode.TYPE_MISMATCH if whole is None else None)
        assert read(flags, "float", "N").value == near


CONTEXT = EvaluationContext(
    "fred",
    {
        "member": True,
        "orders": 3,
        "weight": 1.5,
        "since": datetime(2026, 11, 28, 2, tzinfo=timezone(timedelta(hours=2))),
        "groups": ["a", "b"],
    },
)


@pytest.mark.parametrize(
    ("field", "kind", "value"),
    [
        ("userkey", "STRING", "fred"),
        ("member", "BOOLEAN", True),
        ("orders", "NUMBER", 3),
        ("weight", "NUMBER", 1.5),
        ("since", "STRING", "2026-11-28T00:00:00.000Z"),
        ("since", "DATETIME", "2026-11-28T00:00:00Z"),
        ("groups", "STRING", "b"),
    ],
)
def test_contexts_become_attributes(field: str, kind: str, value: object) -> None:
    document = [feature("MATCH", "BOOLEAN", False, strategy("s", True, field, value, kind=kind))]
    with fh_client.Client.offline(bootstrap=document) as client:
        provider = FeatureHubProvider(client)
        assert provider.resolve_boolean_details("MATCH", False, CONTEXT).value is True
        assert provider.resolve_boolean_details("MATCH", False, None).value is False


def test_an_attribute_of_the_name_userkey_precedes_the_targeting_key(flags: OpenFeatureClient) -> None:
    assert read(flags, "boolean", "FLAG", EvaluationContext("mara", {"userkey": "fred"})).value is True
    assert read(flags, "boolean", "FLAG", EvaluationContext("fred", {"userkey": "mara"})).value is False


@pytest.mark.parametrize("value", [{"a": 1}, [["a"]], [{"a": 1}], object(), b"text", float("nan")])
def test_contexts_that_have_no_form_as_attributes(flags: OpenFeatureClient, value: Any) -> None:
    found = read(flags, "boolean", "FLAG", EvaluationContext(attributes={"odd": value}))
    assert found.error_code == ErrorCode.INVALID_CONTEXT
    assert found.error_message is not None and "odd" in found.error_message


def test_a_server_evaluated_key_has_one_context(edge: ScriptedEdge) -> None:
    with fh_client.Client(edge.url, edge.server_key) as client:
        api.set_provider_and_wait(FeatureHubProvider(client))
        flags = api.get_client()
        fred = EvaluationContext("fred")
        assert read(flags, "boolean", "PLAIN", fred).error_code == ErrorCode.INVALID_CONTEXT
        assert read(flags, "boolean", "PLAIN").value is True
        client.set_context(userkey="fred")
        assert read(flags, "boolean", "PLAIN", fred).value is True
        assert read(flags, "boolean", "PLAIN").value is True
        assert read(flags, "boolean", "PLAIN", EvaluationContext("mara")).error_code == ErrorCode.INVALID_CONTEXT
        assert edge.contexts[-1] == "userkey=fred"
        api.shutdown()


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


def test_events(edge: ScriptedEdge, client: fh_client.Client) -> None:
    events = Events()
    # Without a first ready provider, the SDK reports that its own one is ready.
    assert events.seen.get(timeout=SOON)[1].provider_name == "No-op Provider"
    provider = FeatureHubProvider(client, patience=SOON)
    api.set_provider(provider)
    events.expect(ProviderEvent.PROVIDER_READY)
    edge.put(feature("TEXT", "STRING", "new"))
    changed = events.expect(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED)
    assert changed.flags_changed == ["TEXT"]
    assert read(api.get_client(), "string", "TEXT").value == "new"
    edge.send("config", {"edge.stale": True})
    stale = events.expect(ProviderEvent.PROVIDER_STALE)
    assert stale.message is not None and "stale" in stale.message
    assert api.get_client().get_provider_status() == ProviderStatus.STALE
    # A stale provider answers with the features that it has.
    assert read(api.get_client(), "string", "TEXT").value == "new"
    client.close()
    assert events.expect(ProviderEvent.PROVIDER_ERROR).error_code == ErrorCode.GENERAL
    assert read(api.get_client(), "string", "TEXT").value == "new"
    api.shutdown()


def test_a_stale_environment_stays_stale_when_the_sdk_reports_ready_after_it(
    edge: ScriptedEdge, client: fh_client.Client
) -> None:
    client.wait_ready(SOON)
    edge.send("config", {"edge.stale": True})
    while not client.status().is_stale:
        pass
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
    edge: ScriptedEdge, client: fh_client.Client
) -> None:
    client.wait_ready(SOON)
    edge.send("config", {"edge.stale": True})
    while not client.status().is_stale:
        pass
    stale = Watched(client)
    api.set_provider_and_wait(stale, "stale")
    client.flush(SOON)
    stale.wait_for_a_report()
    assert api.get_client("stale").get_provider_status() == ProviderStatus.STALE
    emitted: list[object] = []
    stale.attach(lambda _, event, details: emitted.append(event))
    with ScriptedEdge(feature("TEXT", "STRING", "hello")) as fresh, fh_client.Client(fresh.url, fresh.key) as other:
        api.set_provider_and_wait(FeatureHubProvider(other, patience=SOON), "ready")
        stale.wait_for_a_report()
        assert emitted == []
        assert api.get_client("ready").get_provider_status() == ProviderStatus.READY
        api.shutdown()


def test_held_changes_are_reported_when_they_are_released(edge: ScriptedEdge, client: fh_client.Client) -> None:
    provider = FeatureHubProvider(client, patience=SOON)
    emitted: list[tuple[object, object]] = []
    provider.attach(lambda _, event, details: emitted.append((event, details.flags_changed)))
    provider.initialize(EvaluationContext())
    client.catch_updates()
    edge.put(feature("TEXT", "STRING", "new"))
    edge.put(feature("WHOLE", "NUMBER", 11))
    while client.held_keys != ["TEXT", "WHOLE"]:
        pass
    client.flush(SOON)
    assert emitted == [] and client.string("TEXT") == "hello"
    client.release()
    client.flush(SOON)
    assert emitted == [(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, ["TEXT", "WHOLE"])]
    provider.shutdown()


def test_a_refusal_is_an_error_until_the_edge_gives_features(edge: ScriptedEdge) -> None:
    edge.status = 404
    with fh_client.Client(edge.url, edge.key) as client:
        provider = FeatureHubProvider(client, patience=SOON)
        with pytest.raises(ProviderNotReadyError):
            api.set_provider_and_wait(provider)
        flags = api.get_client()
        assert flags.get_provider_status() == ProviderStatus.ERROR
        assert read(flags, "string", "TEXT").error_code == ErrorCode.PROVIDER_NOT_READY
        events = Events()
        events.expect(ProviderEvent.PROVIDER_ERROR)
        edge.status = 200
        client.refresh()
        events.expect(ProviderEvent.PROVIDER_READY)
        assert flags.get_provider_status() == ProviderStatus.READY
        assert read(flags, "string", "TEXT").value == "hello"
        api.shutdown()


#: Settings of a client that retries at once.
AT_ONCE: dict[str, Any] = {"backoff": fh_client.Backoff(0.001, 0.001), "pace": 0.001}


@pytest.mark.parametrize("kind", ["key", "server_key"])
def test_the_initialization_waits_for_an_edge_that_fails_twice(edge: ScriptedEdge, kind: str) -> None:
    edge.next_statuses = [503, 503]
    with fh_client.Client(edge.url, getattr(edge, kind), **AT_ONCE) as client:
        api.set_provider_and_wait(FeatureHubProvider(client, patience=SOON))
        assert api.get_client().get_provider_status() == ProviderStatus.READY
        assert read(api.get_client(), "string", "TEXT").value == "hello"
        assert len(edge.contexts) >= 3
        api.shutdown()


class EvaluatingEdge(ScriptedEdge):
    """An Edge whose feature ``COLOUR`` has the context as its value."""

    def served(self, context: str) -> list[dict[str, Any]]:
        return [feature("COLOUR", "STRING", context), feature("SAME", "BOOLEAN", True)]


@pytest.mark.parametrize("status", [200, 503, 0])
def test_a_context_that_is_set_while_the_edge_is_away_is_a_change_once_it_is_back(status: int) -> None:
    with EvaluatingEdge() as edge, fh_client.Client(
        edge.url, edge.server_key, context={"userkey": "fred"}, **AT_ONCE
    ) as client:
        api.set_provider_and_wait(FeatureHubProvider(client, patience=SOON))
        flags = api.get_client()
        events = Events()
        while events.seen.get(timeout=SOON)[1].provider_name != "featurehub":
            pass
        edge.status = status
        if status == 200:
            client.set_context(userkey="mara")
        else:
            with pytest.raises(fh_client.EdgeProblem):
                client.set_context(userkey="mara")
            assert read(flags, "string", "COLOUR", EvaluationContext("mara")).value == "?"
            edge.status = 200
        changed = events.expect(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED)
        assert changed.flags_changed == ["COLOUR", "SAME"]
        assert read(flags, "string", "COLOUR", EvaluationContext("mara")).value == "userkey=mara"
        client.flush(SOON)
        assert flags.get_provider_status() == ProviderStatus.READY and events.seen.empty()
        api.shutdown()


def test_changes_that_arrive_late_report_the_values_once(client: fh_client.Client) -> None:
    provider = FeatureHubProvider(client, patience=SOON)
    emitted: list[object] = []
    provider.attach(lambda _, event, __: emitted.append(event))
    provider.initialize(EvaluationContext())
    client.flush(SOON)
    emitted.clear()
    for readiness in ("NOT_READY", "NOT_READY", "READY"):
        provider._on_status(SimpleNamespace(readiness=readiness))  # type: ignore[arg-type]
    assert emitted == [ProviderEvent.PROVIDER_CONFIGURATION_CHANGED]
    provider.shutdown()


def test_the_patience_limits_the_wait(edge: ScriptedEdge) -> None:
    edge.status = 503
    with fh_client.Client(edge.url, edge.key) as client:
        with pytest.raises(ProviderNotReadyError):
            FeatureHubProvider(client, patience=timedelta(milliseconds=50)).initialize(EvaluationContext())


def test_a_provider_that_was_shut_down_emits_nothing(edge: ScriptedEdge, client: fh_client.Client) -> None:
    provider = FeatureHubProvider(client, patience=SOON)
    emitted: list[object] = []
    provider.attach(lambda *event: emitted.append(event))
    provider.initialize(EvaluationContext())
    provider.shutdown()
    provider.shutdown()
    arrived: queue.SimpleQueue[object] = queue.SimpleQueue()
    client.on_new_state(arrived.put)
    edge.put(feature("TEXT", "STRING", "new"))
    arrived.get(timeout=SOON)
    client.flush(SOON)
    assert emitted == [] and client.string("TEXT") == "new"
    # It can begin anew, and the client was left open for the program.
    provider.initialize(EvaluationContext())
    edge.put(feature("TEXT", "STRING", "newer"))
    arrived.get(timeout=SOON)
    client.flush(SOON)
    assert len(emitted) == 1
    provider.shutdown()


def test_tracking_reports_to_observers(flags: OpenFeatureClient, client: fh_client.Client) -> None:
    seen: list[fh_client.UsageEvent] = []
    with client.observe(seen.extend):
        flags.track("sold", EvaluationContext("fred"), TrackingEventDetails(9.5, {"currency": "NZD"}))
        client.flush(SOON)
    events = [event for event in seen if event.kind == "named"]
    assert [(event.name, event.params, event.user_key) for event in events] == [
        ("sold", {"currency": "NZD", "value": 9.5}, "fred")
    ]


def test_the_interpreter_ends_without_a_text() -> None:
    """The SDK ends its threads before the client ends, which the provider would report."""
    with ScriptedEdge(feature("TEXT", "STRING", "hello")) as edge:
        text = """
from openfeature import api
from openfeature.event import ProviderEvent
from fh_client.openfeature import FeatureHubProvider
client = fh_client.Client(sys.argv[1], sys.argv[2])
api.set_provider_and_wait(FeatureHubProvider(client, patience=60))
api.add_handler(ProviderEvent.PROVIDER_ERROR, print)
say(api.get_client().get_string_value("TEXT", "?"))
"""
        with Program(text, edge.url, edge.key) as program:
            program.expect("hello")
            program.end()


def test_tracking_reports_metrics_to_featbit() -> None:
    with FeatBitServer() as server, fh_client.Client.featbit(server.secret, streaming_url=server.url) as client:
        client.wait_ready(SOON)
        provider = FeatureHubProvider(client)
        provider.track("sold", EvaluationContext("fred"), TrackingEventDetails(9.5))
        provider.track("visit", EvaluationContext("fred"))
        client.flush(SOON)
        metrics = [event["metrics"][0] for event in server.events()]
        assert [(metric["eventName"], metric["numericValue"]) for metric in metrics] == [("sold", 9.5), ("visit", 1.0)]


def test_flags_of_featbit_have_reasons_variants_and_targeting_keys() -> None:
    flags_of_featbit = payload(
        flag("rule", "string", "a", "b", rules=[rule("pro", "v1", "plan", "Equal", "pro")]),
        flag("target", "boolean", "false", "true", targetUsers=[{"keyIds": ["bob"], "variationId": "v1"}]),
        flag("off", "boolean", "true", "false", isEnabled=False),
        flag("broken", "boolean", "true", "false", rules=[rule("broken", "v1", "plan", "MatchRegex", "(?=look)")]),
    )
    with fh_client.Client.featbit(mode="offline", bootstrap=flags_of_featbit) as client:
        api.set_provider_and_wait(FeatureHubProvider(client, patience=SOON))
        flags, bob = api.get_client(), EvaluationContext("bob", {"plan": "pro"})
        for key, kind, value, reason, variant in (
            ("rule", "string", "b", Reason.TARGETING_MATCH, "v1"),
            ("target", "boolean", True, Reason.TARGETING_MATCH, "v1"),
            ("off", "boolean", False, Reason.DISABLED, "v1"),
        ):
            found = read(flags, kind, key, bob)
            assert (found.value, found.reason, found.variant, found.error_code) == (value, reason, variant, None)
        found = read(flags, "boolean", "broken", bob)
        assert (found.value, found.reason, found.error_code) == (False, Reason.ERROR, ErrorCode.GENERAL)
        assert read(flags, "string", "rule").error_code == ErrorCode.TARGETING_KEY_MISSING
        own = EvaluationContext("eve", {"keyId": "bob"})
        assert read(flags, "boolean", "target", own).value
        api.shutdown()
