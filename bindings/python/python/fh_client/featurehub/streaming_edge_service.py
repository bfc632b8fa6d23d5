"""Features by a stream."""

from __future__ import annotations

from typing import Literal

from ._native_edge import NativeEdge

__all__ = ["StreamingEdgeClient"]


class StreamingEdgeClient(NativeEdge):
    """Features by a stream. A stream serves one API key, so the features of several keys are polled every 30 seconds."""

    def settings(self) -> tuple[Literal["streaming", "polling", "once"], float | None]:
        """Return the mode and the interval of the client."""
        return ("streaming", None) if len(self._api_keys) == 1 else ("polling", 30.0)
