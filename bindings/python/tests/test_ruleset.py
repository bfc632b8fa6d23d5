"""Features that are evaluated without a client."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from featbit_server import flag, payload, rule
from features import feature, strategy
from features import rule as condition

import fh_client

LATE = {"id": "late", "value": "good night", "attributes": [condition("now", "DATETIME", "GREATER", "2030-01-01T00:00:00Z")]}
KIWI = strategy("kiwi", "kia ora", "country", "new_zealand")
PAYLOAD = [
    feature("GREETING", "STRING", "hello", KIWI, LATE, version=4, fp={"team": "kiwi"}),
    feature("PRICE", "NUMBER", 7.5, l=True),
    feature("NONE", "STRING", None),
]


@pytest.fixture
def ruleset() -> fh_client.Ruleset:
    return fh_client.Ruleset.from_json(PAYLOAD)


def test_an_evaluation_shows_the_value_and_the_strategy(ruleset: fh_client.Ruleset) -> None:
    kiwi = ruleset.evaluate({"country": "new_zealand"}, "GREETING", now=0)
    assert (kiwi.value, kiwi.strategy_id, kiwi.strategy_position) == ("kia ora", "kiwi", 0)
    assert (kiwi.key, kiwi.kind, kiwi.version, kiwi.is_locked) == ("GREETING", "STRING", 4, False)
    assert kiwi.properties == {"team": "kiwi"} and kiwi.decimal is None
    other = ruleset.evaluate({"country": "france"}, "GREETING", now=datetime(2031, 1, 1, tzinfo=timezone.utc))
    assert (other.value, other.strategy_id, other.strategy_position) == ("good night", "late", 1)
    with fh_client.Client.offline(bootstrap=[]) as client:
        assert ruleset.evaluate(client.context(country="new_zealand"), "GREETING").value == "kia ora"
    price = ruleset.evaluate(None, "PRICE", kind="NUMBER")
    assert price.value == 7.5 and str(price.decimal) == "7.5" and price.is_locked and price.is_set
    assert (price.reason, ruleset.evaluate(None, "PRICE", "STRING").reason) == ("STATIC", "TYPE_MISMATCH")
    assert ruleset.evaluate(None, "NONE").value is None
    with pytest.raises(TypeError, match="value"):
        bool(price)


def test_a_ruleset_lists_its_features(ruleset: fh_client.Ruleset) -> None:
    assert sorted(ruleset.features) == ["GREETING", "NONE", "PRICE"] and len(ruleset) == 3
    assert "PRICE" in ruleset and "price" not in ruleset
    assert ruleset.diagnostics() == []
    broken = [feature("A", "NUMBER", "nonsense")]
    assert any("A" in text for text in fh_client.Ruleset.from_json(broken).diagnostics())


def test_an_explanation_shows_the_steps(ruleset: fh_client.Ruleset) -> None:
    explanation = ruleset.explain({"country": "france"}, "GREETING", now=0)
    assert "new_zealand" in str(explanation) and "france" in str(explanation)
    assert "france" not in repr(explanation)
    assert "kiwi" in json.dumps(explanation.to_dict())


@pytest.mark.parametrize("form", [PAYLOAD, json.dumps(PAYLOAD), json.dumps(PAYLOAD).encode(), tuple(PAYLOAD)])
def test_payloads_are_texts_bytes_or_parsed(form: object) -> None:
    assert len(fh_client.Ruleset.from_json(form, profile="edge")) == 3  # type: ignore[arg-type]


read_json: Any = fh_client.Ruleset.from_json


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda ruleset: ruleset.evaluate(None, "NO_SUCH"), KeyError, "there is no feature NO_SUCH: the features are "),
        (lambda ruleset: ruleset.explain(None, "NO_SUCH"), KeyError, "NO_SUCH"),
        (lambda ruleset: ruleset.evaluate(None, "PRICE", "INTEGER"), ValueError, "kind"),
        (lambda ruleset: ruleset.evaluate(5, "PRICE"), TypeError, "int"),
        (lambda _: read_json("nonsense"), ValueError, "payload: .* give the answer of an Edge"),
        (lambda _: read_json([], profile="server"), ValueError, "client"),
        (lambda _: read_json(payload(), "edge", system="featbit"), ValueError, '"server" or "draft"'),
        (lambda _: read_json({}, "client", system="featuresignals"), ValueError, "no profiles"),
        (lambda _: read_json([], system="featbit"), ValueError, "payload"),
        (lambda _: read_json([], system="unleash"), ValueError, '"featurehub" or "featbit"'),
    ],
)
def test_mistakes_are_refused(ruleset: fh_client.Ruleset, call: Callable[[Any], object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call(ruleset)


CHECKOUT = flag("checkout", "string", "one page", "two pages", rules=[rule("Professionals", "v1", "plan", "Equal", "pro")])
LACKING = flag("lacking", "number", "1", "2", rules=[rule("lacking", "v1", "plan", "NotEqual", "pro")])


def test_flags_of_featbit_are_evaluated_with_its_contexts_and_profiles() -> None:
    flags = payload(CHECKOUT, LACKING)
    ruleset = fh_client.Ruleset.from_json(flags, system="featbit")
    bob = {"keyId": "bob", "plan": "pro"}
    checkout = ruleset.evaluate(bob, "checkout")
    assert (checkout.value, checkout.reason, checkout.strategy_id) == ("two pages", "STRATEGY_MATCH", "v1")
    assert (checkout.rule_name, checkout.kind, checkout.version) == ("Professionals", "STRING", 1577836800000)
    assert ruleset.evaluate({"plan": "pro"}, "checkout", "STRING").reason == "MALFORMED"
    assert ruleset.evaluate({"keyId": "eve"}, "lacking", "NUMBER").value == 2
    assert fh_client.Ruleset.from_json(flags, "draft", system="featbit").evaluate({"keyId": "eve"}, "lacking", "NUMBER").value == 1
    explanation = ruleset.explain(bob, "checkout")
    assert "Professionals" in str(explanation) and "Professionals" in json.dumps(explanation.to_dict())
    with fh_client.Client.featbit(mode="offline", bootstrap=flags) as client:
        assert ruleset.evaluate(client.context(user_key="bob", plan="pro"), "checkout").value == "two pages"


def test_flags_of_featuresignals_are_evaluated_with_the_texts_of_its_server() -> None:
    conditions = [{"attribute": "visits", "operator": "eq", "values": ["1e+06"]}]
    targeting = [{"id": "many", "priority": 1, "conditions": conditions, "percentage": 10000, "value": "busy", "match_type": "all"}]
    rules = {
        "flags": {"greeting": {"key": "greeting", "flag_type": "string", "default_value": "hello"}},
        "states": {"greeting": {"enabled": True, "default_value": "hello", "rules": targeting}},
        "segments": {},
    }
    ruleset = fh_client.Ruleset.from_json(rules, system="featuresignals")
    many = ruleset.evaluate({"key": "bob", "visits": 1_000_000}, "greeting")
    assert many.value == "busy"
    assert ruleset.evaluate({"key": "bob", "visits": "1000000"}, "greeting").value == "hello"
    assert "busy" in str(ruleset.explain({"key": "bob", "visits": 1_000_000}, "greeting"))
    with pytest.raises(ValueError, match="key"):
        ruleset.explain({"visits": 1}, "greeting")
