"""Reads of values: the types, the defaults, and values that bindings get wrong."""

from __future__ import annotations

import decimal
import json
import math

import pytest
from features import feature, offline

import fh_client

DIGITS = "1" + "0" * 4998 + "7"


def numbers(*texts: str) -> fh_client.Client:
    """A client whose NUMBER features have these texts as keys and as values."""
    parts = [json.dumps(feature(text, "NUMBER", 0)).replace('"value": 0', f'"value": {text}') for text in texts]
    client = fh_client.Client.offline(bootstrap=f"[{','.join(parts)}]")
    client.wait_ready(60)
    return client


@pytest.mark.parametrize("key", ["NO_SUCH", "UNSET", "ON\ud800", "\udc00", ""])
def test_a_read_without_value_gives_the_default(client: fh_client.Client, key: str) -> None:
    for read in (client.boolean, client.string, client.number, client.decimal, client.json, client.raw_json):
        assert read(key) is None
        for default in (object(), False, 0, "", []):
            assert read(key, default) is read(key, default=default) is default
    assert client.is_enabled(key) is False
    assert client.value(key, default) is default
    assert client.detail(key).value is None
    assert str(client.explain(key)) != "" and repr(client.explain(key)).startswith("<fh_client.Explanation ")


@pytest.mark.parametrize("key", [b"ON", 1, None, 1.5, object()])
def test_a_key_that_is_no_text_is_a_type_error(client: fh_client.Client, key: object) -> None:
    for read in (client.is_enabled, client.boolean, client.string, client.json, client.detail, client.explain):
        with pytest.raises(TypeError):
            read(key)  # type: ignore[arg-type, call-overload]


def test_numbers_keep_every_digit() -> None:
    with numbers("9007199254740993", DIGITS, f"-{DIGITS}", "-9223372036854775809") as client:
        assert client.number("9007199254740993") == 2**53 + 1
        assert client.number(DIGITS) == 10**4999 + 7
        assert client.number(f"-{DIGITS}") == -(10**4999) - 7
        assert client.number("-9223372036854775809") == -(2**63) - 1


def test_numbers_that_are_no_integers_are_floats() -> None:
    with numbers("-0.0", "1e400", "7.50", "10.0", "1e2", "-0") as client:
        zero = client.number("-0.0")
        assert isinstance(zero, float) and math.copysign(1, zero) == -1
        assert client.number("1e400") == math.inf
        assert client.decimal("1e400") == decimal.Decimal("1e400")
        assert client.decimal("7.50").as_tuple() == decimal.Decimal("7.50").as_tuple()  # type: ignore[union-attr]
        assert type(client.number("10.0")) is float and type(client.number("1e2")) is float
        assert client.number("-0") == 0 and type(client.number("-0")) is int


@pytest.mark.parametrize("text", ["", "{", "NaN", "[Infinity]", "-Infinity", "{'a': 1}", "[1,]", "[" * 100_000])
def test_a_text_that_is_no_json_gives_the_default(text: str) -> None:
    with offline(feature("J", "JSON", text)) as client:
        assert client.raw_json("J") == text
        assert client.json("J", "default") == "default"
        assert client.feature("J").json("default") == "default"


def test_details(client: fh_client.Client) -> None:
    detail = client.detail("ON")
    assert (detail.key, detail.value, detail.kind, detail.exists) == ("ON", True, "BOOLEAN", True)
    assert detail.is_locked and not client.detail("OFF").is_locked
    assert detail.reason == "STATIC" and client.detail("NO_SUCH").reason == "NOT_FOUND"
    assert detail.to_dict()["value"] is True and detail.source == client.status().source == "streaming"
    missing = client.detail("NO_SUCH")
    assert (missing.version, missing.exists, missing.kind, missing.id) == (-1, False, None, None)
    with pytest.raises(ValueError, match="BOOLEAN"):
        client.detail("ON", "bool")  # type: ignore[arg-type]


def test_neither_features_nor_details_are_true_or_false(client: fh_client.Client) -> None:
    with pytest.raises(TypeError, match="enabled"):
        bool(client.feature("ON"))
    with pytest.raises(TypeError, match="value"):
        bool(client.detail("ON"))


def test_feature_handles_read_as_clients_do(client: fh_client.Client) -> None:
    on = client.feature("ON")
    assert on.enabled is True and on.is_enabled() is True and on.boolean() is True
    assert on.key == "ON" and on.kind == "BOOLEAN" and on.is_locked and on.exists() and on.is_set()
    assert on.version == client.detail("ON").version >= 0
    assert on.detail().reason == "STATIC"
    assert client.feature("LARGE").number() == 2**53 + 1
    assert str(client.feature("PRICE").decimal()) == "7.50"
    assert client.feature("COLOUR").string("x") == "red"
    assert client.feature("NO_SUCH").string("x") == "x"
    assert client.feature("THEME").json() == {"size": [1, 2]}
    assert client.feature("\ud800").boolean(True) is True
    assert on.client is client


def test_each_type_has_a_read_that_gives_its_own_type(client: fh_client.Client) -> None:
    assert client.boolean("ON") is True and client.boolean("OFF", True) is False and client.string("EMPTY", "other") == ""
    for key, kind in (("LIMIT", int), ("PRICE", float)):
        assert type(client.number(key)) is kind
    assert client.json("THEME") == {"size": [1, 2]} and client.json("THEME") is not client.json("THEME")
    assert client.values()["OFF"] is False and client.values()["THEME"] == '{"size": [1, 2]}'
    assert sorted(client.values()) == sorted(client.keys()) == sorted(client.details())
    assert client.details()["LIMIT"].value == 20
    with offline(feature("ONE", "NUMBER", 1), feature("N", "JSON", f"[{DIGITS}]")) as other:
        assert other.value("ONE") == 1 and other.value("ONE") is not True
        assert other.json("N") == [10**4999 + 7]


def test_a_snapshot_reads_one_state(client: fh_client.Client) -> None:
    snapshot = client.snapshot()
    assert snapshot.of(client.context(plan="gold")).string("COLOUR") == "gold"
    assert snapshot.readiness == "READY" and not snapshot.is_server_evaluated
    assert snapshot.environment_of("COLOUR") == client.environments[0]


def test_a_detail_has_the_exact_number(client: fh_client.Client) -> None:
    assert str(client.detail("PRICE").decimal) == "7.50"
    assert client.detail("LARGE", "NUMBER").decimal == decimal.Decimal(9007199254740993)
    assert client.detail("COLOUR").decimal is None
    assert client.detail("PRICE", "STRING").decimal is None
