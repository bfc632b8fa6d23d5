"""Contexts: which values attributes may have, and how they become texts."""

from __future__ import annotations

import copy
import decimal
import enum
import pickle
from collections.abc import Iterator
from types import MappingProxyType

import pytest
from conftest import Edge

import fh_client


class Plan(enum.Enum):
    GOLD = "gold"
    SEVEN = 7


@pytest.fixture(scope="module")
def client() -> Iterator[fh_client.Client]:
    with fh_client.Client.offline() as client:
        yield client


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("gold", ("gold",)),
        ("", ("",)),
        (True, ("true",)),
        (False, ("false",)),
        (1, ("1",)),
        (-0.0, ("-0",)),
        (5.0, ("5",)),
        (0.1, ("0.1",)),
        (2**53 + 1, ("9007199254740993",)),
        pytest.param(10**4999, ("1" + "0" * 4999,), id="long"),
        pytest.param(-(10**4999), ("-1" + "0" * 4999,), id="long and negative"),
        (decimal.Decimal("7.50"), ("7.50",)),
        (Plan.GOLD, ("gold",)),
        (Plan.SEVEN, ("7",)),
        (fh_client.Country.NEW_ZEALAND, ("new_zealand",)),
        (["a", 1, True, 2.5], ("a", "1", "true", "2.5")),
        (("b", Plan.GOLD), ("b", "gold")),
        ({"b", "a", "c"}, ("a", "b", "c")),
        (frozenset({"z", "y"}), ("y", "z")),
        ("lone\ud800", ("lone\ufffd",)),
    ],
)
def test_values_become_texts(client: fh_client.Client, value: object, texts: tuple[str, ...]) -> None:
    assert client.context(a=value).attributes == {"a": texts}
    assert client.context({"a": value}).attributes == {"a": texts}
    assert client.context().but(a=value).attributes == {"a": texts}


@pytest.mark.parametrize("value", [None, [], (), set(), frozenset()])
def test_nothing_leaves_an_attribute_out(client: fh_client.Client, value: object) -> None:
    assert client.context(a=value, b="x").attributes == {"b": ("x",)}
    assert client.context(a="x").but(a=value).attributes == {}


@pytest.mark.parametrize("value", [{"a": 1}, b"x", object(), 1j, [["nested"]], [None], range(3)])
def test_other_types_are_type_errors_that_name_the_attribute(client: fh_client.Client, value: object) -> None:
    with pytest.raises(TypeError, match="'?\"?plan"):
        client.context(plan=value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), decimal.Decimal("NaN"), [float("-inf")]])
def test_numbers_that_are_not_finite_are_value_errors(client: fh_client.Client, value: object) -> None:
    with pytest.raises(ValueError, match="plan"):
        client.context(plan=value)


def test_names_that_no_rule_reads_are_type_errors(client: fh_client.Client) -> None:
    with pytest.raises(TypeError, match="userkey"):
        client.context(user_key="mara")
    with pytest.raises(TypeError, match="session"):
        client.context().but(session_key="1")
    with pytest.raises(TypeError):
        client.context({1: "x"})  # type: ignore[dict-item]
    with pytest.raises(TypeError):
        client.context("userkey")  # type: ignore[arg-type]


def test_keywords_replace_the_mapping(client: fh_client.Client) -> None:
    context = client.context(MappingProxyType({"a": "1", "b": "2"}), b="3", c="4")
    assert context.attributes == {"a": ("1",), "b": ("3",), "c": ("4",)}


def test_contexts_never_change(client: fh_client.Client) -> None:
    mara = client.context(userkey="mara", plan="gold")
    assert mara.but(plan="silver", age=7).attributes == {"userkey": ("mara",), "plan": ("silver",), "age": ("7",)}
    assert mara.without("plan", "unknown").attributes == {"userkey": ("mara",)}
    assert mara.attributes == {"userkey": ("mara",), "plan": ("gold",)}
    assert mara.client is client


def test_the_enumerations_are_those_of_the_engine() -> None:
    from fh_client import _native

    for name, values in _native.well_known().items():
        assert [member.value for member in getattr(fh_client, name)] == values
    assert str(fh_client.Device.MOBILE) == "mobile"


def test_neither_keys_nor_values_are_shown(client: fh_client.Client) -> None:
    context = client.context(userkey="mara-the-secret", plan="gold-the-secret")
    shown = repr(context) + repr(context.feature("F")) + repr(client) + repr(context.explain("F"))
    assert "userkey" in shown and "the-secret" not in shown


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_handles_cannot_be_copied(client: fh_client.Client, duplicate: object) -> None:
    for handle in (client, client.context(a="b"), client.feature("F"), client.snapshot()):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            duplicate(handle)  # type: ignore[operator]


def test_rules_see_the_attributes(edge: Edge) -> None:
    with fh_client.Client(edge.url, edge.key) as client:
        client.wait_ready(60)
        assert client.context(plan=["silver", "gold"]).string("COLOUR") == "gold"
        assert client.context(plan="silver").string("COLOUR") == "red"
        assert client.context(plan="gold").feature("COLOUR").detail().strategy_id == "gold"
