"""A client of OpenFeature with the provider, and an Edge in memory. The tests of the provider import these fixtures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import FlagEvaluationDetails
from features import SOON, feature, memory, strategy

import fh_client
from fh_client.openfeature import FeatureHubProvider
from fh_client.testing import MemoryEdge

KIWI = strategy("kiwi", True, "country", "new_zealand")
ALL = {**strategy("all", True, "userkey", "fred"), "percentage": 1_000_000, "percentageAttributes": ["userkey"]}
THEME = '{"colour": "red", "deep": {"on": true, "none": null}, "list": [1, 2.5]}'
DEFAULTS = {"boolean": False, "string": "?", "integer": -1, "float": -1.0, "object": {}}

Outcome = FlagEvaluationDetails[Any]


@pytest.fixture
def edge() -> MemoryEdge:
    return memory(
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
    )


@pytest.fixture
def client(edge: MemoryEdge) -> Iterator[fh_client.Client]:
    with edge.client() as client:
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
