"""Contexts: which values attributes may have, and how they become texts."""

from __future__ import annotations

import copy
import decimal
import enum
import json
import pickle
import re
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta, timezone
from functools import partial
from inspect import signature
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any
from unittest.mock import Mock

import numpy
import pandas  # type: ignore[import-untyped]
import pytest
from django.utils.translation import gettext_lazy
from features import feature, offline, strategy
from foreign import FOREIGN, Raises

import fh_client


class Plan(enum.Enum):
    GOLD = "gold"
    SEVEN = 7
    PRICE = decimal.Decimal("7.50")


class Own(enum.Enum):
    """An enumeration whose member is its own value."""

    def __init__(self, _: int) -> None:
        self._value_ = self  # type: ignore[assignment]

    MEMBER = 1


TEN = datetime(2026, 11, 28, 10, 15, tzinfo=timezone(timedelta(hours=2)))
# The table is that of the clients in all languages.
TEXTS = json.loads((Path(__file__).parents[3] / "conformance" / "attribute-texts.json").read_text())
OWN = [case for case in TEXTS["cases"] if "Python" in TEXTS["kinds"][case["kind"]]]
MAKE: dict[str, Callable[[Any], Any]] = {
    "text": str,
    "boolean": lambda given: given == "true",
    "integer": int,
    "integer of 64 bits": int,
    "unsigned integer of 64 bits": int,
    "integer of any size": int,
    "double": float,
    "decimal": decimal.Decimal,
    "time": datetime.fromisoformat,
    "time without a zone": lambda given: datetime.fromisoformat(given).astimezone().replace(tzinfo=None),
    "time of day": time.fromisoformat,
    "duration": lambda given: timedelta(seconds=int(given)),
    "date": date.fromisoformat,
    "UUID": uuid.UUID,
    "member of an enumeration": Plan,
    "nothing": lambda _: None,
    "mixed list": lambda _: ["a", 1, True, 2.5],
    "list of nothing": lambda _: [None],
    "list in a list": lambda given: [[given]],
    "set": lambda given: set(given.split(",")),
    "map": lambda _: {"a": 1},
    "sequence": iter,
    "object": lambda _: object(),
}


@pytest.fixture(scope="module")
def client() -> Iterator[fh_client.Client]:
    with fh_client.Client.offline() as client:
        yield client


NO_FLAGS = {"messageType": "data-sync", "data": {"eventType": "full", "featureFlags": [], "segments": []}}
OTHER_SYSTEMS: dict[str, Callable[[], fh_client.Client]] = {
    "featbit": lambda: fh_client.Client.featbit(mode="offline", bootstrap=NO_FLAGS),
    "featuresignals": lambda: fh_client.Client.featuresignals(ruleset={"flags": {}, "states": {}}),
}


def attributes_of(client: fh_client.Client, value: object) -> dict[str, tuple[str, ...]] | None:
    """Return the attributes of each way to make a context, or `None` if each of them is refused with the attribute's name."""
    ways: list[Callable[[], fh_client.Context]] = [lambda: client.context(a=value), lambda: client.context({"a": value}), lambda: client.context().but(a=value)]
    found: list[dict[str, tuple[str, ...]] | None] = []
    for way in ways:
        try:
            found.append(dict(way().attributes))
        except (TypeError, ValueError) as error:
            assert re.search("\\ba\\b", str(error)), error
            found.append(None)
    assert found[0] == found[1] == found[2]
    return found[0]


@pytest.mark.parametrize("case", OWN, ids=lambda case: f"{case['kind']} {case['given']}"[:60])
def test_values_have_the_texts_of_the_table(client: fh_client.Client, case: dict[str, Any]) -> None:
    value = [MAKE[case["of"]](item) for item in case["given"]] if "of" in case else MAKE[case["kind"]](case["given"])
    sent = case.get("but", {}).get("Python", case["sent"])
    texts = {} if sent in (None, [], False) else {"a": (sent,) if isinstance(sent, str) else tuple(sent)}
    assert attributes_of(client, value) == (None if sent is False else texts)
    for system, start in OTHER_SYSTEMS.items():
        if system in case and sent is not False:
            with start() as other:
                assert attributes_of(other, value) == {"a": (case[system],)}


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        pytest.param(10**4999, ("1" + "0" * 4999,), id="long"),
        pytest.param(-(10**4999), ("-1" + "0" * 4999,), id="long and negative"),
        (Plan.SEVEN, ("7",)),
        (Plan.PRICE, ("7.50",)),
        (fh_client.Country.NEW_ZEALAND, ("new_zealand",)),
        (pandas.Timestamp(TEN), ("2026-11-28T08:15:00.000Z",)),
        (numpy.datetime64("2026-11-28T08:15", "ns"), ("2026-11-28T08:15:00.000Z",)),
        (numpy.datetime64("2026-11-28T08:15:01"), ("2026-11-28T08:15:01.000Z",)),
        (numpy.datetime64("2026-11-28"), ("2026-11-28",)),
        (("b", Plan.GOLD), ("b", "gold")),
        ({"b", "a", "c"}, ("a", "b", "c")),
        (frozenset({"z", "y"}), ("y", "z")),
        ("lone\ud800", ("lone\ufffd",)),
    ],
)
def test_values_of_python_alone_become_texts(client: fh_client.Client, value: object, texts: tuple[str, ...]) -> None:
    assert attributes_of(client, value) == {"a": texts}


@pytest.mark.parametrize("value", [None, [], (), set(), frozenset()])
def test_nothing_leaves_an_attribute_out(client: fh_client.Client, value: object) -> None:
    assert client.context(a=value, b="x").attributes == {"b": ("x",)}
    assert client.context(a="x").but(a=value).attributes == {}


@pytest.mark.parametrize(
    ("value", "error"),
    [
        *((value, TypeError) for value in (b"x", 1j, range(3), numpy.timedelta64(1, "ns"))),
        *((value, ValueError) for value in (decimal.Decimal("NaN"), pandas.NaT)),
    ],
    ids=str,
)
def test_other_values_are_errors_that_name_the_attribute(client: fh_client.Client, value: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="'?\"?plan"):
        client.context(plan=value)


@pytest.mark.parametrize("make", [*FOREIGN, lambda: Own.MEMBER, lambda: Mock(spec=Plan.GOLD), lambda: gettext_lazy("plan")])
def test_foreign_objects_are_neither_values_nor_mappings(client: fh_client.Client, make: Callable[[], Any]) -> None:
    with pytest.raises(TypeError, match="plan"):
        client.context(plan=make())
    for read in (client.context, lambda given: client.record("sold", given)):
        with pytest.raises(ZeroDivisionError if make is Raises else TypeError):
            read(make())


def test_a_module_that_a_program_replaced_has_no_values(client: fh_client.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for replacement in (None, Mock(), ModuleType("numpy")):
        monkeypatch.setitem(sys.modules, "numpy", replacement)
        with pytest.raises(TypeError, match="plan"):
            client.context(plan=object())


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


class Name(str):
    """A text of another class."""


@pytest.mark.parametrize(
    "value", ["x", "\u00e9", "lone\ud800", Name("x"), 7, 2**63, True, 2.5, -0.0, 1e21, Plan.GOLD, TEN, ["x", "y"], {"x"}, None], ids=repr
)
def test_each_read_of_a_context_has_the_same_value(value: object) -> None:
    given: dict[str, Any] = {"userkey": "mara", "plan": "gold", "a": value}
    with fh_client.Client.offline() as other:
        texts = other.context(given).attributes.get("a", ())
    with offline(feature("A", "BOOLEAN", False, strategy("s", True, "a", *texts or ["x"]))) as client:
        method, named = client.context, {Name(name): value for name, value in given.items()}
        contexts = [
            client.context(given),
            client.context(**given),
            client.context(**named),
            method(**given),
            partial(method, **given)(),
            fh_client.Client.context(client, **given),
            client.context(None, **given),
            client.context(MappingProxyType(given)),
            client.context({"a": 1, "userkey": "x"}, **given),
            client.context({"a": 1}).but(**given),
        ]
        given.update(a="other", userkey="other")
        assert [[context.boolean("A") for _ in range(3)] for context in contexts] == [[bool(texts)] * 3] * len(contexts)
        assert [context.attributes.get("a", ()) for context in contexts] == [texts] * len(contexts)
        assert all(context.attributes["plan"] == ("gold",) for context in contexts)


def test_calls_that_make_no_context_are_type_errors(client: fh_client.Client) -> None:
    wrong: list[tuple[Callable[[], object], str]] = [
        (lambda: client.context({}, {}), "positional"),  # type: ignore[call-arg]
        (lambda: client.context("a", b="c"), "mapping"),  # type: ignore[arg-type]
        (lambda: client.context(a=object()), "attribute"),
        (lambda: fh_client.Client.context(a="b"), "argument"),  # type: ignore[call-arg]
        (lambda: fh_client.Client.context(client.context(), a="b"), "Client"),  # type: ignore[arg-type]
    ]
    for call, reason in wrong:
        with pytest.raises(TypeError, match=reason):
            call()
    assert client.context(mapping="a").attributes == {"mapping": ("a",)}
    assert client.context(**{f"a{number}": number for number in range(1000)}).attributes["a999"] == ("999",)
    assert str(signature(client.context)) == "(mapping=None, /, **attributes)"


def test_a_context_that_is_gone_keeps_nothing(client: fh_client.Client) -> None:
    name, value, refused = "".join(["na", "me"]), "".join(["va", "lue"]), object()
    before = [sys.getrefcount(each) for each in (client, name, value, refused)]
    for _ in range(10):
        client.context(**{name: value}).is_enabled("F")
        client.context({name: value}, **{name: value})
        with pytest.raises(TypeError):
            client.context(**{name: refused})
    assert [sys.getrefcount(each) for each in (client, name, value, refused)] == before


def test_the_enumerations_are_those_of_the_engine() -> None:
    from fh_client import _native

    for name, values in _native.well_known().items():
        assert [member.value for member in getattr(fh_client, name)] == values
    assert str(fh_client.Device.MOBILE) == "mobile"


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_handles_cannot_be_copied(client: fh_client.Client, duplicate: object) -> None:
    for handle in (client, client.context(a="b"), client.feature("F"), client.snapshot()):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            duplicate(handle)  # type: ignore[operator]
