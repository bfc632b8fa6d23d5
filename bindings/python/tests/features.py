"""Features in the form that an Edge sends, Edges in memory, and clients that are ready."""

from __future__ import annotations

from typing import Any

import fh_client
from fh_client.testing import MemoryEdge

SOON = 60


def feature(key: str, kind: str, value: object, *strategies: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a feature in the form that an Edge sends."""
    own = {"id": f"id-{key}", "key": key, "version": 1, "type": kind, "value": value, "l": False}
    return {**own, "environmentId": "memory", "strategies": list(strategies), **members}


def rule(field: str, kind: str, conditional: str, *values: object) -> dict[str, Any]:
    """Return a condition of a strategy."""
    return {"fieldName": field, "type": kind, "conditional": conditional, "values": list(values)}


def strategy(id: str, value: object, field: str, *values: object) -> dict[str, Any]:
    """Return a strategy that matches if an attribute equals one of the values."""
    return {"id": id, "value": value, "attributes": [rule(field, "STRING", "EQUALS", *values)]}


def memory(*features: dict[str, Any]) -> MemoryEdge:
    """Return an Edge in memory with these features."""
    edge = MemoryEdge()
    for each in features:
        edge.put(each)
    return edge


def offline(*features: dict[str, Any], **settings: Any) -> fh_client.Client:
    """Return a client of these features, which is ready and has delivered the events of its start."""
    client = fh_client.Client.offline(bootstrap=list(features), **settings)
    client.wait_ready(SOON)
    client.flush(SOON)
    return client
