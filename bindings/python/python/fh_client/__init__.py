"""Feature flags of a FeatureHub Edge.

A ``Client`` holds the features of one or several API keys in memory and keeps them up to date. Reads use the features in
memory and never wait for the Edge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._errors import Closed, EdgeProblem, FhError, NotReady, TimedOut
from ._native import (
    Backoff,
    Client,
    Context,
    Detail,
    Explanation,
    Feature,
    Limits,
    Snapshot,
    Status,
    __version__,
)

if TYPE_CHECKING:
    from ._names import Country, Device, Platform

__all__ = [
    "Backoff",
    "Client",
    "Closed",
    "Context",
    "Country",
    "Detail",
    "Device",
    "EdgeProblem",
    "Explanation",
    "Feature",
    "FhError",
    "Limits",
    "NotReady",
    "Platform",
    "Snapshot",
    "Status",
    "TimedOut",
    "__version__",
]


def __getattr__(name: str) -> object:
    # The enumerations are loaded when a program first uses one.
    if name in ("Country", "Device", "Platform"):
        from . import _names

        return getattr(_names, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
