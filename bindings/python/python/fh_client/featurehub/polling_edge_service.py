"""Features by polls."""

from __future__ import annotations

import asyncio
from typing import Literal

from .. import EdgeProblem
from ._native_edge import NativeEdge, log
from .featurehub_repository import FeatureHubRepository

__all__ = ["PollingEdgeService"]


class PollingEdgeService(NativeEdge):
    """Features by polls. The interval is in seconds; with 0, each call of ``poll`` sends one request, and nothing else does."""

    def __init__(self, edge_url: str, api_keys: list[str], repository: FeatureHubRepository, interval: int) -> None:
        super().__init__(edge_url, api_keys, repository)
        self._interval = interval

    def settings(self) -> tuple[Literal["streaming", "polling", "once"], float | None]:
        """Return the mode and the interval of the client."""
        return ("polling", float(self._interval)) if self._interval > 0 else ("once", None)

    async def poll(self) -> None:
        """Start the client, and wait for the features at the first call. With the interval 0, send a request."""
        if self._client is None or self._interval > 0:
            await super().poll()
            return
        try:
            await self._client.aio.refresh()
        except EdgeProblem as error:
            log.warning("the request for features failed: %s", error)

    async def poll_with_interval(self) -> None:
        """Do the same as ``poll``, unless the source is closed."""
        if not self.cancelled and not self.stopped:
            await self.poll()

    def poll_again(self) -> None:
        """Do the same as ``poll_with_interval``, without an event loop."""
        asyncio.run(self.poll_with_interval())

    def update_interval(self, interval: int) -> None:
        """Poll with another interval from now on. The features are kept."""
        self._interval = interval
        former, self._client = self._client, None
        if former is not None:
            self._start(None)
            former.close()

    def close(self) -> None:
        """End the client. Its last values answer afterwards."""
        self._is_closed = self._client is not None
        super().close()

    _is_closed = False

    @property
    def cancelled(self) -> bool:
        """True if the source is closed, or if the Edge refuses it."""
        return self._is_closed if self._client is None else self._client.readiness in ("FAILED", "CLOSED")

    @property
    def interval(self) -> int:
        """The interval in seconds."""
        return self._interval
