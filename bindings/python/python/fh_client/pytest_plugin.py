"""The pytest plugin of fh_client: the marker `features` and the fixture `features`. It uses an Edge in memory, and no sockets.

    @pytest.mark.features(NEW_CHECKOUT=True, LIMIT=20)
    def test_checkout(features):
        assert checkout(features.client) == "new"
        features.set(NEW_CHECKOUT=False)
        assert checkout(features.client) == "old"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from . import Client
    from .testing import MemoryEdge

__all__ = ["Features"]

_SECONDS = 10


class Features:
    """The features of one test. The test changes them by `set`, `delete` and `lock`, and its client reads them."""

    def __init__(self, edge: MemoryEdge, client: Client) -> None:
        self._edge = edge
        self._client = client

    @property
    def edge(self) -> MemoryEdge:
        """The Edge in memory, for strategies and failures, for example."""
        return self._edge

    @property
    def client(self) -> Client:
        """The client, which is ready."""
        return self._client

    def set(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Set the values of features, and wait until the client has them."""
        _set(self._edge, values, more)
        self._edge.delivered(_SECONDS)

    def delete(self, *keys: str) -> None:
        """Delete features, and wait until the client has seen it."""
        for key in keys:
            self._edge.delete(key)
        self._edge.delivered(_SECONDS)

    def lock(self, *keys: str) -> None:
        """Lock features, and wait until the client has seen it."""
        for key in keys:
            self._edge.lock(key)
        self._edge.delivered(_SECONDS)


def _set(edge: MemoryEdge, values: Mapping[str, Any] | None, more: Mapping[str, Any]) -> None:
    for key, value in {**(values or {}), **more}.items():
        edge.set(key, value)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "features(values, **more): the values of features in the fixture `features` of fh_client. A marker of a test replaces values of"
        " the marker of its class.",
    )


@pytest.fixture
def features(request: pytest.FixtureRequest) -> Iterator[Features]:
    """The features of this test, from its markers `features`, with a client that reads them."""
    from .testing import MemoryEdge

    edge = MemoryEdge()
    # The marker of the test comes first, and the one of its module last.
    for marker in reversed(list(request.node.iter_markers("features"))):
        if len(marker.args) > 1:
            raise pytest.UsageError("the marker `features` takes one mapping, and values by keyword")
        _set(edge, marker.args[0] if marker.args else None, marker.kwargs)
    with edge.client() as client:
        client.wait_ready(_SECONDS)
        yield Features(edge, client)
