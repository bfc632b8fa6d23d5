"""Feature flags of a FeatureHub Edge.

A ``Client`` holds the features of one or several API keys in memory and keeps them up to date. Reads use the features in
memory and never wait for the Edge.
"""

from __future__ import annotations

import atexit

from ._errors import Closed, EdgeProblem, FhError, NotReady, Refused, TimedOut
try:
    from ._native import (
        Backoff,
        Change,
        Client,
        Clock,
        Column,
        Columns,
        Context,
        ContextPool,
        Continue,
        Detail,
        EnvironmentOverrides,
        Evaluation,
        Explanation,
        Feature,
        InterceptedRead,
        Limits,
        NewState,
        Notice,
        RawUpdate,
        ReadinessChange,
        RuleExplanation,
        Ruleset,
        Snapshot,
        Status,
        StatusChange,
        Subscription,
        TestUpdates,
        UsageEvent,
        UsedFeature,
        YamlOverrides,
        YamlStore,
        __version__,
        end_all,
    )
except ImportError as _error:
    if "subinterpreter" not in str(_error):
        raise
    raise ImportError(
        "fh_client works in one interpreter of a process, and it is loaded in another one already, or this kind of interpreter is"
        " not supported. Under mod_wsgi, set `WSGIApplicationGroup %{GLOBAL}`."
    ) from None

from ._signature import SettingsSignature

# Type checkers read this name as true. The module `typing` is slow to load.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._names import Country, Device, Platform

__all__ = [
    "CONTINUE",
    "Backoff",
    "Change",
    "Client",
    "Clock",
    "Closed",
    "Column",
    "Columns",
    "Context",
    "ContextPool",
    "Continue",
    "Country",
    "Detail",
    "Device",
    "EdgeProblem",
    "EnvironmentOverrides",
    "Evaluation",
    "Explanation",
    "Feature",
    "FhError",
    "InterceptedRead",
    "Limits",
    "NewState",
    "NotReady",
    "Notice",
    "Platform",
    "RawUpdate",
    "ReadinessChange",
    "Refused",
    "RuleExplanation",
    "Ruleset",
    "Snapshot",
    "Status",
    "StatusChange",
    "Subscription",
    "TestUpdates",
    "TimedOut",
    "UsageEvent",
    "UsedFeature",
    "YamlOverrides",
    "YamlStore",
    "__version__",
]

#: The answer of an interceptor that leaves the decision to the next one.
CONTINUE = Continue()

setattr(Client, "__signature__", SettingsSignature())

# Clients end before the interpreter is torn down.
atexit.register(end_all)


def _imports_of_the_native_module() -> None:
    # Nothing calls this function. PyInstaller and its like find the modules of a program by import statements, which the native module lacks.
    import collections.abc
    import datetime
    import decimal
    import enum
    import json

    from . import _aio, _logs, _texts, _worker

    del _aio, _logs, _texts, _worker, collections, datetime, decimal, enum, json


def __getattr__(name: str) -> object:
    # The enumerations are loaded when a program first uses one.
    if name in ("Country", "Device", "Platform"):
        from . import _names

        return getattr(_names, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
