"""The values of the provider, through OpenFeature's own SDK, with an Edge in memory or with flags of FeatBit."""

from __future__ import annotations

import doctest
import json
import math
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from featbit_server import FLAGS, FeatBitServer, payload
from foreign import Raises
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason
from openfeature.track import TrackingEventDetails
from openfeature_client import DEFAULTS, client, edge, flags, read
from features import SOON
from wire import Program

import fh_client
import fh_client.openfeature
from fh_client.openfeature import FeatureHubProvider
from fh_client.testing import SERVER_KEY, MemoryEdge


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
        "environmentId": "memory",
        "environmentId": "memory",
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
    edge: MemoryEdge, flags: OpenFeatureClient, client: fh_client.Client, number: str, whole: int | None, near: float
) -> None:
    with client.intercept(lambda read: Decimal(number)):
        found = read(flags, "integer", "N")
        assert found.value == (-1 if whole is None else whole)
        assert found.error_code == (ErrorCode.TYPE_MISMATCH if whole is None else None)
        assert read(flags, "float", "N").value == near


TABLE = json.loads((Path(__file__).parents[3] / "conformance" / "evaluation-contexts.json").read_text())["cases"]
SINCE = datetime(2026, 11, 28, 2, tzinfo=timezone(timedelta(hours=2)))
TABLE.append({"title": "a time", "context": {"since": SINCE}, "attributes": {"since": ["2026-11-28T00:00:00.000Z"]}})


@pytest.mark.parametrize("case", TABLE, ids=lambda case: str(case["title"]))
@pytest.mark.usefixtures("flags")
def test_contexts_of_the_table(client: fh_client.Client, case: dict[str, Any]) -> None:
    """The table is that of OFREP and of the providers of all languages."""
    fields = dict(case["context"])
    key = fields.pop("targetingKey") if isinstance(fields.get("targetingKey"), str) else None
    assert attributes_of_reads(client, EvaluationContext(key, fields)) == case["attributes"]


def attributes_of_reads(client: fh_client.Client, context: EvaluationContext) -> dict[str, list[str]]:
    seen: dict[str, list[str]] = {}
    with client.intercept(lambda read: seen.update({name: list(texts) for name, texts in (read.attributes or {}).items()}) or fh_client.CONTINUE):
        FeatureHubProvider(client).resolve_boolean_details("FLAG", False, context)
    return seen


@pytest.mark.usefixtures("flags")
@pytest.mark.parametrize("make", [object, lambda: b"text", lambda: math.nan, Raises, lambda: [["nested"]]])
def test_a_field_without_a_form_is_left_out(client: fh_client.Client, make: Callable[[], Any], caplog: pytest.LogCaptureFixture) -> None:
    provider, value = FeatureHubProvider(client), make()
    for _ in range(2):
        fred = EvaluationContext("fred", {"odd": value, "deep": {"odd": value, "os": "ios"}})
        assert provider.resolve_boolean_details("FLAG", False, fred).value is True
    assert [record.args[0] for record in caplog.records if record.args] == ["odd", "deep.odd"]  # type: ignore[index]


def test_a_server_evaluated_key_has_one_context(edge: MemoryEdge) -> None:
    with edge.client(SERVER_KEY) as client:
        api.set_provider_and_wait(FeatureHubProvider(client))
        flags = api.get_client()
        fred = EvaluationContext("fred")
        assert read(flags, "boolean", "PLAIN", fred).error_code == ErrorCode.INVALID_CONTEXT
        assert read(flags, "boolean", "PLAIN").value is True
        client.set_context(userkey="fred")
        assert read(flags, "boolean", "PLAIN", fred).value is True
        assert read(flags, "boolean", "PLAIN").value is True
        assert read(flags, "boolean", "PLAIN", EvaluationContext("mara")).error_code == ErrorCode.INVALID_CONTEXT
        assert edge.requests[-1].header("x-featurehub") == "userkey=fred"
        api.shutdown()


def test_tracking_reports_to_observers(flags: OpenFeatureClient, client: fh_client.Client) -> None:
    seen: list[fh_client.UsageEvent] = []
    with client.observe(seen.extend):
        flags.track("sold", EvaluationContext("fred"), TrackingEventDetails(9.5, {"currency": "NZD"}))
        nest: list[Any] = []
        for _ in range(100_000):
            nest = [nest]
        odd: Any = {"currency": "NZD", "odd": object(), "list": [math.nan], "deep": {"a": [1]}, "nest": nest}
        flags.track("odd", EvaluationContext("fred", {"device": {"os": "ios"}}), TrackingEventDetails(math.nan, odd))
        flags.track(object(), EvaluationContext("fred"))  # type: ignore[arg-type]
        client.flush(SOON)
    events = [event for event in seen if event.kind == "named"]
    assert [(event.name, event.params, event.user_key) for event in events] == [
        ("sold", {"currency": "NZD", "value": 9.5}, "fred"),
        ("odd", {"currency": "NZD", "deep": {"a": [1]}}, "fred"),
    ]


def test_the_interpreter_ends_without_a_text() -> None:
    """The SDK ends its threads before the client ends, which the provider would report."""
    text = """
from openfeature import api
from openfeature.event import ProviderEvent
from fh_client.openfeature import FeatureHubProvider
from fh_client.testing import MemoryEdge
client = MemoryEdge().client()
api.set_provider_and_wait(FeatureHubProvider(client, patience=60))
api.add_handler(ProviderEvent.PROVIDER_ERROR, print)
say(api.get_client().get_string_value("TEXT", "?"))
"""
    with Program(text) as program:
        program.expect("?")
        program.end()


def test_tracking_reports_metrics_to_featbit() -> None:
    with FeatBitServer() as server, fh_client.Client.featbit(server.secret, streaming_url=server.url) as client:
        client.wait_ready(SOON)
        provider = FeatureHubProvider(client)
        assert (provider.get_metadata().name, FeatureHubProvider(client, name="own").get_metadata().name) == ("featbit", "own")
        provider.track("sold", EvaluationContext("fred"), TrackingEventDetails(9.5))
        provider.track("nan", EvaluationContext("fred"), TrackingEventDetails(math.nan))
        provider.track("visit", EvaluationContext("fred"))
        client.flush(SOON)
        metrics = [event["metrics"][0] for event in server.events()]
        assert [(metric["eventName"], metric["numericValue"]) for metric in metrics] == [("sold", 9.5), ("visit", 1.0)]


def test_flags_of_featbit_have_reasons_variants_and_targeting_keys() -> None:
    with fh_client.Client.featbit(mode="offline", bootstrap=payload(*FLAGS)) as client:
        api.set_provider_and_wait(FeatureHubProvider(client, patience=SOON))
        flags, bob = api.get_client(), EvaluationContext("bob", {"plan": "pro"})
        for key, kind, value, reason, variant in (
            ("checkout", "string", "two pages", Reason.TARGETING_MATCH, "v1"),
            ("dark", "boolean", True, Reason.TARGETING_MATCH, "v1"),
            ("off", "string", "off", Reason.DISABLED, "v1"),
        ):
            found = read(flags, kind, key, bob)
            assert (found.value, found.reason, found.variant, found.error_code) == (value, reason, variant, None)
        found = read(flags, "string", "broken", bob)
        assert (found.value, found.reason, found.error_code) == ("?", Reason.ERROR, ErrorCode.GENERAL)
        assert read(flags, "string", "checkout").error_code == ErrorCode.TARGETING_KEY_MISSING
        own = EvaluationContext("eve", {"keyId": "bob"})
        assert read(flags, "boolean", "dark", own).value
        api.shutdown()
