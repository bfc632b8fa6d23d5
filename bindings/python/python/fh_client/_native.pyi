from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from os import PathLike
from types import TracebackType
from typing import Any, Final, Literal, Protocol, TypeAlias, TypeVar, final, overload, type_check_only
from uuid import UUID

from typing_extensions import Self

from ._aio import Aio, AioContextPool, AioMemoryEdge, Changes

_T = TypeVar("_T")

_Value: TypeAlias = bool | str | int | float
_Kind: TypeAlias = Literal["BOOLEAN", "STRING", "NUMBER", "JSON"]
_Readiness: TypeAlias = Literal[
    "NOT_READY",
    "READY",
    "FAILED",
    "CLOSED",
]
_Connection: TypeAlias = Literal[
    "idle",
    "connecting",
    "streaming",
    "resting",
    "waiting",
    "paused",
    "done",
    "halted",
    "suspended",
    "offline",
    "closed",
]
_Problem: TypeAlias = Literal[
    "bad_request",
    "unauthorised",
    "not_found",
    "failure",
    "stale",
    "too_many_requests",
    "server_error",
    "unexpected_status",
    "no_streaming",
    "held_back",
    "sockets_blocked",
    "secret_refused",
    "rejected",
    "empty_key",
    "content_type",
    "redirect",
    "malformed",
    "too_large",
    "no_environments",
    "empty_list",
    "unreachable",
    "tls",
    "transport",
    "timed_out",
    "closed_early",
    "disconnected",
    "context",
    "superseded",
    "closed",
]
_Reason: TypeAlias = Literal[
    "STRATEGY_MATCH",
    "SPLIT",
    "DEFAULT",
    "STATIC",
    "OFF",
    "TARGET",
    "MALFORMED",
    "VARIANT",
    "EXCLUDED",
    "PREREQUISITE_FAILED",
    "INTERCEPTED",
    "NOT_SET",
    "NOT_FOUND",
    "TYPE_MISMATCH",
    "NOT_READY",
    "OTHER_CONTEXT",
]
_Notice: TypeAlias = Literal[
    "key_in_several_environments",
    "comma_in_value",
    "other_context",
    "feature_not_found",
    "type_mismatch",
    "attribute_not_read",
    "notices_left_out",
    "override_refused",
    "interceptor_panicked",
    "interceptor_failed",
    "fell_back_to_polling",
    "streams_held_back",
    "sockets_blocked",
    "sockets_unsupported",
    "clock_off",
    "no_flags",
    "insights_refused",
    "streams_refused",
    "many_flags",
    "listener_blocks",
    "listeners_wait",
    "store_ignored",
    "ignored",
]
_System: TypeAlias = Literal["featurehub", "featbit", "featuresignals"]
_Duration: TypeAlias = float | timedelta
_Instant: TypeAlias = float | datetime
_Locks: TypeAlias = Literal["respect", "override", "decide"]
_Single: TypeAlias = str | bool | int | float | Decimal | Enum | date | UUID
_Attribute: TypeAlias = (
    _Single | list[_Single] | tuple[_Single, ...] | set[_Single] | frozenset[_Single] | Any | None
)

_Override: TypeAlias = _Value | Decimal | list[Any] | dict[str, Any] | None
_InterceptorFunction: TypeAlias = Callable[[InterceptedRead], _Override | Continue]
_Interceptor: TypeAlias = _InterceptorFunction | EnvironmentOverrides | YamlOverrides
_Fault: TypeAlias = int | Literal["connect", "tls", "break", "silence"]
_Observer: TypeAlias = Callable[[list[UsageEvent]], object] | Callable[[UsageEvent], object]

__all__ = [
    "BindingFloor",
    "Client",
    "Clock",
    "Columns",
    "Column",
    "Context",
    "ContextPool",
    "Detail",
    "Change",
    "NewState",
    "Notice",
    "RawUpdate",
    "ReadinessChange",
    "end_all",
    "Explanation",
    "Feature",
    "Continue",
    "InterceptedRead",
    "Subscription",
    "well_known",
    "EnvironmentOverrides",
    "YamlOverrides",
    "YamlStore",
    "Evaluation",
    "RuleExplanation",
    "Ruleset",
    "MemoryEdge",
    "SeenRequest",
    "delivered",
    "Backoff",
    "Limits",
    "Snapshot",
    "Status",
    "StatusChange",
    "TestUpdates",
    "LoopSignal",
    "Pending",
    "Slot",
    "close",
    "flush",
    "keywords",
    "refresh",
    "set_api_keys",
    "set_context",
    "set_headers",
    "set_log_level",
    "timed_out",
    "update",
    "update_and_wait",
    "wait_ready",
    "CallInProgress",
    "Calls",
    "UsageEvent",
    "UsedFeature",
    "__version__",
    "pooled",
]

__version__: Final[str]

def well_known() -> dict[str, list[str]]: ...
def end_all() -> None: ...
def keywords() -> list[str]: ...
def set_log_level(level: int | None) -> None: ...
def wait_ready(client: Client, through_refusals: bool) -> Pending: ...
def timed_out(client: Client) -> None: ...
def refresh(client: Client) -> Pending: ...
def set_context(
    client: Client, mapping: Mapping[str, _Attribute] | None, attributes: dict[str, Any]
) -> Pending: ...
def set_api_keys(client: Client, api_keys: tuple[str, ...]) -> Pending: ...
def set_headers(client: Client, headers: Mapping[str, str]) -> Pending: ...
def flush(client: Client, limit: _Duration) -> Pending: ...
def close(client: Client) -> Pending: ...
def delivered(edge: MemoryEdge) -> Pending: ...
def update(updates: TestUpdates, key: str, change: dict[str, Any]) -> Pending: ...
def pooled(
    pool: ContextPool, mapping: Mapping[str, _Attribute] | Context | None, attributes: dict[str, _Attribute]
) -> Pending: ...
def update_and_wait(updates: TestUpdates, key: str, change: dict[str, Any]) -> Pending: ...

@final
class BindingFloor:
    """The least that a method can cost, for the package's benches."""

    def is_enabled(self, key: str, /) -> bool:
        """Return true for each key."""

@final
class Pending:
    """A future of the client that an event loop polls."""

    def poll(self, signal: LoopSignal, token: int) -> tuple[Any] | None: ...
    def cancel(self) -> None: ...

@final
class LoopSignal:
    """The signal of an event loop, which futures send when the loop should poll them."""

    def __new__(cls) -> Self: ...
    def fileno(self) -> int: ...
    def received(self) -> list[int]: ...

@final
class Slot:
    """The place of the one event that waits for an event loop."""

    def __new__(cls) -> Self: ...
    def put(self, event: object) -> bool: ...
    def take(self) -> Any: ...

@final
class Calls:
    """The calls that a thread of Python makes for the clients."""

    def next(self) -> tuple[Callable[[Any], object], Any, CallInProgress] | None: ...

@final
class CallInProgress:
    """A call of a function of the program."""

    def failed(self, call: object, error: BaseException) -> None: ...
    def finish(self) -> None: ...

@final
class Change:
    """A change of a feature's value or lock."""

    @property
    def key(self) -> str:
        """The key of the feature."""
    @property
    def old(self) -> _Value | None:
        """The value that this listener saw last."""
    @property
    def new(self) -> _Value | None:
        """The present value."""
    @property
    def was_locked(self) -> bool:
        """True if the feature was locked before."""
    @property
    def is_locked(self) -> bool:
        """True if the feature is locked now."""
    @property
    def exists(self) -> bool:
        """True if the feature exists."""
    @property
    def version(self) -> int:
        """The version of the feature's value."""
    @property
    def generation(self) -> int:
        """The generation of the state in which the change was seen."""

@final
class ReadinessChange:
    """The readiness of a client, reported to a listener."""

    @property
    def readiness(self) -> _Readiness:
        """The readiness."""
    @property
    def is_first(self) -> bool:
        """True if the client is ready for the first time."""
    @property
    def connection(self) -> _Connection:
        """The state of the connection."""
    @property
    def problem(self) -> _Problem | None:
        """The short name of the last problem."""

@final
class StatusChange:
    """The connection, the problem and the readiness of a client, reported to a listener."""

    @property
    def readiness(self) -> _Readiness:
        """The readiness."""
    @property
    def connection(self) -> _Connection:
        """The state of the connection."""
    @property
    def problem(self) -> _Problem | None:
        """The short name of the last problem."""
    @property
    def message(self) -> str | None:
        """The text of the last problem, without API keys."""

@final
class NewState:
    """An update that changed features visibly."""

    @property
    def is_held(self) -> bool:
        """True if catch & release holds the update back."""
    @property
    def keys(self) -> list[str]:
        """The keys of the features that changed."""

@final
class RawUpdate:
    """The unchanged text of an update."""

    @property
    def source(self) -> str:
        """The source of the update."""
    @property
    def environment(self) -> str | None:
        """The id of the environment, if the update belongs to one."""
    @property
    def kind(self) -> Literal["list", "feature", "delete"]:
        """The kind of the update."""
    @property
    def json(self) -> str:
        """The JSON text of the update."""

@final
class Notice:
    """An unusual event that does not stop the client. `str()` is a text for people."""

    @property
    def kind(self) -> _Notice:
        """The name of the kind of event."""

@final
class Subscription:
    """The registration of a listener. It lasts until `cancel`, or until the client has ended."""

    def cancel(self) -> None:
        """End the registration. A call that has begun may still run."""
    @property
    def is_active(self) -> bool:
        """True until the registration ends."""
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exception_type: type[BaseException] | None = ...,
        exception: BaseException | None = ...,
        traceback: TracebackType | None = ...,
        /,
    ) -> None: ...

@final
class Continue:
    """The class of `CONTINUE`, with which an interceptor leaves the decision to the next one."""

    def __new__(cls) -> Self: ...

@final
class InterceptedRead:
    """A read that an interceptor may override."""

    @property
    def key(self) -> str:
        """The key that is read. A feature with this key need not exist."""
    @property
    def kind(self) -> _Kind | None:
        """The feature's type; `None` if the feature does not exist or its type is unknown."""
    @property
    def exists(self) -> bool:
        """True if the feature exists."""
    @property
    def is_locked(self) -> bool:
        """True if the feature is locked."""
    @property
    def version(self) -> int:
        """The version of the feature's value; -1 if the feature does not exist."""
    @property
    def attributes(self) -> dict[str, tuple[str, ...]] | None:
        """The attributes of the context; `None` for a read without a context."""

@final
class EnvironmentOverrides:
    """Overrides from the environment variables `FEATUREHUB_FEATURE_KEY` and `FEATUREHUB_KEY`, read now.

    They have an effect only if `FEATUREHUB_OVERRIDE_FEATURES` is `true`.
    """

    def __new__(cls) -> Self: ...
    @property
    def is_on(self) -> bool:
        """True if `FEATUREHUB_OVERRIDE_FEATURES` is `true`."""

@final
class YamlOverrides:
    """Overrides from the member `flagValues` of a YAML file, which clients watch from their registration on.

    Without a path, `FEATUREHUB_LOCAL_YAML` names the file, or it is `featurehub-features.yaml`. With `interval=None`, later
    changes of the file have no effect.
    """

    def __new__(
        cls, path: str | PathLike[str] | None = None, *, interval: _Duration | None = 0.5
    ) -> Self: ...
    @property
    def problem(self) -> str | None:
        """The reason why the version of the file that was read last is not in use."""

@final
class YamlStore:
    """A YAML file whose values are features, as if an Edge had sent them. It has the form of the file of `YamlOverrides`."""

    def __new__(cls, path: str | PathLike[str] | None = None) -> Self: ...
    def offer_to(self, client: Client, /) -> None:
        """Add the features to a client, in the background."""
    def watch(self, client: Client, /, *, interval: _Duration = 0.5) -> None:
        """Add the features to a client now, and again after each change of the file, in this process."""
    def features(self) -> list[dict[str, Any]]:
        """Return the features in the form that an Edge sends."""
    @property
    def problem(self) -> str | None:
        """The reason why the version of the file that was read last is not in use."""
    def close(self) -> None:
        """End all watches of the file."""

@final
class Clock:
    """A time of day that stands still until the program sets it, for tests. A number counts seconds since 1970."""

    def __new__(cls, now: _Instant, /) -> Self: ...
    def set(self, now: _Instant, /) -> None:
        """Set the time. No listener is called, because the passing of time starts no comparison."""
    @property
    def now(self) -> float:
        """The time in seconds since 1970."""

@final
class UsedFeature:
    """A feature with the value that was used."""

    @property
    def key(self) -> str:
        """The key of the feature."""
    @property
    def id(self) -> str | None:
        """The id of the feature."""
    @property
    def environment(self) -> str | None:
        """The id of the feature's environment."""
    @property
    def kind(self) -> _Kind | None:
        """The feature's type."""
    @property
    def value(self) -> _Value | None:
        """The value. The value of a JSON feature is its text."""
    @property
    def text(self) -> str | None:
        """The value for statistics: `on` or `off`, the text of a number or of a STRING; `None` for JSON."""
    @property
    def strategy_id(self) -> str | None:
        """The id of the strategy that matched."""
    @property
    def variant(self) -> str:
        """The id of the strategy that matched, or `default`."""
    @property
    def version(self) -> int:
        """The version of the feature's value."""

@final
class UsageEvent:
    """The use of features, for observers."""

    @property
    def kind(self) -> Literal["evaluated", "collection", "named"]:
        """A read of one feature, all features of a client that is ready for the first time, or an event of `record`."""
    @property
    def name(self) -> str:
        """The name of the event: `feature`, `feature-collection`, or that of `record`."""
    @property
    def at(self) -> float:
        """The time of the event in seconds since 1970."""
    @property
    def features(self) -> list[UsedFeature]:
        """The features with their values; one for a read."""
    @property
    def reason(self) -> _Reason | None:
        """The reason for the value of a read."""
    @property
    def interceptor(self) -> str | None:
        """The name of the interceptor that returned the value of a read."""
    @property
    def params(self) -> dict[str, Any] | None:
        """The parameters of an event of `record`."""
    @property
    def attributes(self) -> dict[str, tuple[str, ...]] | None:
        """The attributes of the context."""
    @property
    def user_key(self) -> str | None:
        """The user key of the context, or its session."""
    def record(self) -> dict[str, Any]:
        """Return the event as a flat record, as the published SDKs send it. It holds the attributes."""

@final
class Evaluation:
    """The value of a feature for one context. It has no truth value: use `value`."""

    @property
    def key(self) -> str:
        """The key of the feature."""
    @property
    def value(self) -> _Value | None:
        """The value. The value of a JSON feature is its text."""
    @property
    def decimal(self) -> Decimal | None:
        """The exact value of a NUMBER feature."""
    @property
    def kind(self) -> _Kind | None:
        """The feature's type; `None` if it is unknown."""
    @property
    def reason(self) -> _Reason:
        """The reason for the value."""
    @property
    def is_set(self) -> bool:
        """True if the feature has a value for the context, of whatever type."""
    @property
    def strategy_id(self) -> str | None:
        """The id of the strategy that matched."""
    @property
    def rule_name(self) -> str | None:
        """The name of the rule of FeatBit or FeatureSignals that matched; `None` if there is none."""
    @property
    def strategy_position(self) -> int | None:
        """The position of the strategy that matched, from 0."""
    @property
    def is_locked(self) -> bool:
        """True if the feature is locked."""
    @property
    def version(self) -> int:
        """The version of the feature's value."""
    @property
    def properties(self) -> dict[str, str]:
        """The feature's properties."""
    def __bool__(self) -> bool:
        """Raise `TypeError`."""

@final
class RuleExplanation:
    """The steps of an evaluation. `str()` is a text for people."""

    def to_dict(self) -> dict[str, Any]:
        """Return the steps."""

@final
class Ruleset:
    """Compiled features, which are evaluated without a client."""

    @classmethod
    def from_json(
        cls,
        payload: bytes | str | Mapping[str, Any] | list[Any],
        /,
        profile: Literal["client", "edge", "server", "draft"] | None = None,
        *,
        system: Literal["featurehub", "featbit", "featuresignals"] = "featurehub",
    ) -> Ruleset:
        """Compile features. Raise `ValueError` if the payload cannot be read.

        system: The system of the features. For FeatureHub, the payload is a list of features, or the body of a poll's response. For
            FeatBit, it is the body of `latest-all`, and contexts have the key of the user as `keyId`. For FeatureSignals, it is an object
            with `flags`, `states` and `segments`, and contexts have their key as `key`.
        profile: The set of rules: "client" (the default) or "edge" for FeatureHub, "server" (the default) or "draft" for FeatBit.
        """
    @property
    def features(self) -> list[str]:
        """The keys of the features."""
    def diagnostics(self) -> list[str]:
        """Return a text for each part of the features that could not be used."""
    def evaluate(
        self,
        context: Context | Mapping[str, _Attribute] | None,
        key: str,
        /,
        kind: _Kind | None = None,
        *,
        now: _Instant | None = None,
    ) -> Evaluation:
        """Return the value of a feature for a context, at this time; with `kind`, only a value of this type.

        Raise `KeyError` if there is no such feature.
        """
    def explain(
        self,
        context: Context | Mapping[str, _Attribute] | None,
        key: str,
        /,
        *,
        now: _Instant | None = None,
    ) -> RuleExplanation:
        """Return the steps of the same evaluation. Raise `KeyError` if there is no such feature."""
    def evaluate_columns(
        self,
        columns: _ArrowStream | _ArrowArray | Mapping[str, _ArrowStream | _ArrowArray | _Attribute],
        /,
        features: Iterable[str] | None = None,
        *,
        now: _Instant | None = None,
        strategies: bool = False,
        threads: int = 1,
    ) -> Columns:
        """Evaluate features for each row of a table whose columns are attributes: a table of an Arrow library, or a mapping of names
        to Arrow arrays, NumPy arrays, lists, or single values for all rows. Without ``features``, evaluate all features. The values
        are those of ``evaluate``. Raise `ValueError` that names the column, and `KeyError` if there is no such feature."""
    def __len__(self) -> int: ...
    def __contains__(self, key: str, /) -> bool: ...

@type_check_only
class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None, /) -> object: ...

@type_check_only
class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: object | None = None, /) -> tuple[object, object]: ...

@final
class Columns:
    """The values of features for each row of a table. Arrow libraries read it as a table."""

    @property
    def rows(self) -> int:
        """The number of rows."""
    def keys(self) -> list[str]:
        """Return the keys of the features."""
    def __getitem__(self, key: str, /) -> Column:
        """Return the values of a feature. Raise `KeyError` if the feature was not evaluated."""
    def strategies(self, key: str, /) -> Column:
        """Return the ids of the strategies that gave the values; ``None`` for the default value, and for a strategy without an id. Raise
        `ValueError` if the columns were evaluated without ``strategies=True``."""
    def tally(self, key: str, /) -> dict[tuple[_Value | None, str | None], int]:
        """Return the number of rows by value and by strategy id."""
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def __contains__(self, key: str, /) -> bool: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

@final
class Column:
    """One value for each row of a table. Arrow libraries read it as an array: of booleans, of ``float64``, or of a dictionary of
    texts."""

    @property
    def null_count(self) -> int:
        """The number of rows without a value."""
    def to_pylist(self) -> list[Any]:
        """Return the values as a list. A number is a ``float``, and JSON is its text."""
    def to_numpy(self) -> Any:
        """Return the values as an array of NumPy: of ``bool``, of ``float64`` with NaN for nulls, or of objects. Import NumPy."""
    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

@final
class TestUpdates:
    """Changes of features at the Edge, for tests."""

    @property
    def client(self) -> Client:
        """The client that sends the updates."""
    def set(
        self,
        key: str,
        /,
        *,
        value: _Value | Decimal | list[Any] | dict[str, Any] | None = ...,
        lock: bool = ...,
    ) -> Literal["accepted", "unchanged"]:
        """Change a feature, and wait for the answer of the Edge. Raise `Refused`."""
    def set_and_wait(
        self,
        key: str,
        /,
        *,
        value: _Value | Decimal | list[Any] | dict[str, Any] | None = ...,
        lock: bool = ...,
    ) -> Literal["accepted", "unchanged"]:
        """Change a feature, and wait until the client has received the change. Raise `Refused`."""

@final
class SeenRequest:
    """A request that an Edge in memory has received."""

    @property
    def kind(self) -> Literal["poll", "stream", "update"]:
        """The kind of the request."""
    @property
    def target(self) -> str:
        """The path and the query of the request's URL."""
    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers, with names in lower case."""
    @property
    def body(self) -> str:
        """The body of a test update."""
    def header(self, name: str, /) -> str | None:
        """Return the value of the header with this name."""

@final
class MemoryEdge:
    """An Edge in memory. It serves streams and polls, evaluates rules for server-evaluated keys, accepts test updates, and simulates
    failures. Any number of clients can use it.

    A client in a forked process serves the features of the fork, because the child has no connection to the Edge of its parent.
    """

    CLIENT_KEY: Final[str]
    SERVER_KEY: Final[str]

    def __new__(cls) -> Self: ...
    def client(self, api_key: str = "memory/client*evaluated", **settings: Any) -> Client:
        """Return a client of this Edge, with the keyword arguments of `Client`. It streams unless they say otherwise."""
    def set(self, key: str, value: _Override, /) -> None:
        """Set the default value of a feature. A feature that does not exist is created with the type of the value.

        A list or a dict is the value of a JSON feature. `None` creates a STRING without a value.
        """
    def set_json(self, key: str, document: Any, /) -> None:
        """Set the document of a JSON feature, which is created if it does not exist."""
    def set_strategies(self, key: str, strategies: list[Any], /) -> None:
        """Set the rollout strategies of a feature, in the form that an Edge sends."""
    def set_member(self, key: str, member: str, value: Any, /) -> None:
        """Set a member of a feature's JSON object. A feature that does not exist is created as a BOOLEAN."""
    def put(self, feature: Mapping[str, Any], /) -> None:
        """Add a feature with exactly this JSON object. A feature with the same key is replaced."""
    def lock(self, key: str, /) -> None:
        """Lock a feature."""
    def unlock(self, key: str, /) -> None:
        """Unlock a feature."""
    def delete(self, key: str, /) -> None:
        """Delete a feature. Has no effect if it does not exist."""
    def get(self, key: str, /) -> dict[str, Any] | None:
        """Return the JSON object of a feature as the Edge stores it."""
    def fail_next(self, fault: _Fault, /, *, headers: Mapping[str, str] | None = None) -> None:
        """Make the next poll or stream request fail: with a status, or by a failure of the connection.

        Each call adds a fault for one further request. `"silence"` means that the Edge never answers.
        """
    def fail(self, fault: _Fault, /, *, headers: Mapping[str, str] | None = None) -> None:
        """Make all later polls and stream requests fail, and break open streams. `heal` ends the failures."""
    def heal(self) -> None:
        """Remove all faults, and accept test updates again."""
    def refuse_updates(self, status: int, reason: str = "", /) -> None:
        """Reject all later test updates with this status, until `heal`."""
    def break_streams(self) -> None:
        """Break the connections of all open streams, as a network failure does."""
    def bye(self) -> None:
        """End all open streams with the event `bye`, as an Edge does from time to time."""
    def send_event(self, name: str, data: str, /) -> None:
        """Send an event on all open streams."""
    @property
    def requests(self) -> list[SeenRequest]:
        """All requests so far, in order."""
    @property
    def streams(self) -> int:
        """The number of open streams."""
    def delivered(self, timeout: _Duration | None = None) -> None:
        """Wait until the clients of all open streams have applied all events. Raise `TimeoutError` after the timeout.

        Reads return the new values then. `flush` of a client waits for its listeners, and `refresh` for a client that polls.
        """
    @property
    def aio(self) -> AioMemoryEdge:
        """The method that waits, as a coroutine."""

@final
class Backoff:
    """Delays before retries, in seconds: the first delay, the longest one, and the random share of each."""

    def __new__(cls, initial: _Duration, cap: _Duration, jitter: float = 0.5) -> Self: ...
    @property
    def initial(self) -> float: ...
    @property
    def cap(self) -> float: ...
    @property
    def jitter(self) -> float: ...

@final
class Limits:
    """Time limits of requests in seconds, and the largest size of a response in bytes. What is not given has its default."""

    def __new__(
        cls,
        *,
        connect: _Duration | None = None,
        head: _Duration | None = None,
        poll: _Duration | None = None,
        idle: _Duration | None = None,
        held_back: _Duration | None = None,
        bytes: int | None = None,
    ) -> Self: ...
    @property
    def connect(self) -> float: ...
    @property
    def head(self) -> float: ...
    @property
    def poll(self) -> float: ...
    @property
    def idle(self) -> float: ...
    @property
    def held_back(self) -> float: ...
    @property
    def bytes(self) -> int: ...

@final
class Detail:
    """A value with its reason and the data of its feature. It has no truth value: use `value`."""

    @property
    def key(self) -> str:
        """The key that was read."""
    @property
    def value(self) -> _Value | None:
        """The value; `None` if there is none, or none of the type that was asked for."""
    @property
    def decimal(self) -> Decimal | None:
        """The exact value of a NUMBER feature."""
    @property
    def kind(self) -> _Kind | None:
        """The feature's type; `None` if the feature does not exist or its type is unknown."""
    @property
    def reason(self) -> _Reason:
        """The reason for the value, such as `"STRATEGY_MATCH"`, `"DEFAULT"` or `"NOT_FOUND"`."""
    @property
    def strategy_id(self) -> str | None:
        """The id of the strategy that matched."""
    @property
    def interceptor(self) -> str | None:
        """The name of the interceptor that returned the value."""
    @property
    def exists(self) -> bool:
        """True if the feature exists."""
    @property
    def version(self) -> int:
        """The version of the feature's value; -1 if the feature does not exist."""
    @property
    def id(self) -> str | None:
        """The id of the feature."""
    @property
    def environment(self) -> str | None:
        """The id of the feature's environment."""
    @property
    def is_locked(self) -> bool:
        """True if the feature is locked."""
    @property
    def is_stale(self) -> bool:
        """True if the Edge has declared the environment stale."""
    @property
    def source(self) -> str | None:
        """The source of the features, such as `"poll"`."""
    @property
    def generation(self) -> int:
        """The generation of the state that was read."""
    @property
    def properties(self) -> dict[str, str]:
        """The feature's properties."""
    def to_dict(self) -> dict[str, Any]:
        """Return the members that a program may pass on to other programs."""
    def __bool__(self) -> bool:
        """Raise `TypeError`."""

@final
class Explanation:
    """A value with the steps of its evaluation. `str()` is a text for people."""

    @property
    def detail(self) -> Detail:
        """The value and its reason."""
    def to_dict(self) -> dict[str, Any]:
        """Return the value and the steps of the evaluation."""

@final
class Status:
    """The readiness, the connection and the problem of a client at one time. `str()` is a text for people."""

    @property
    def readiness(self) -> _Readiness:
        """The readiness of the client."""
    @property
    def connection(self) -> _Connection:
        """The state of the connection, such as `"streaming"`."""
    @property
    def problem(self) -> _Problem | None:
        """The short name of the last problem, such as `"unreachable"`."""
    @property
    def message(self) -> str | None:
        """The text of the last problem, without API keys."""
    @property
    def attempts(self) -> int:
        """The number of failed attempts since the Edge last answered with features."""
    @property
    def requests(self) -> int:
        """The number of requests for features since the start."""
    @property
    def next_attempt(self) -> float | None:
        """The seconds until the next request; `None` if none is planned."""
    @property
    def since_contact(self) -> float | None:
        """The seconds since the Edge last sent anything."""
    @property
    def data_age(self) -> float | None:
        """The seconds since the Edge last sent or confirmed the features."""
    @property
    def source(self) -> str | None:
        """The source of the features."""
    @property
    def is_stale(self) -> bool:
        """True if the Edge wants no more requests."""
    @property
    def features(self) -> int:
        """The number of features."""
    @property
    def foreign_features(self) -> int:
        """The number of features that were rejected because they belong to another environment."""
    @property
    def diagnostics(self) -> int:
        """The number of diagnostics of the features."""
    @property
    def is_holding(self) -> bool:
        """True while catch & release holds changes back."""
    @property
    def are_listeners_waiting(self) -> bool:
        """True while listeners block all 64 threads that call them, so that the others wait."""
    @property
    def system(self) -> _System:
        """The system of the server."""
    @property
    def cursor(self) -> int | None:
        """The version of the newest flag or segment of FeatBit, in milliseconds since 1970; `None` for FeatureHub."""
    @property
    def clock_offset(self) -> float | None:
        """The seconds by which the clock of FeatBit's server is ahead, if a refusal has shown that the clocks differ."""
    @property
    def insights(self) -> dict[Literal["sent", "dropped", "refused", "waiting"], int] | None:
        """The numbers of evaluations and metrics that were reported to FeatBit; `None` for a client that reports none."""
    def to_dict(self) -> dict[str, Any]:
        """Return the status as the JSON object for a health endpoint."""

@type_check_only
class _Reads:
    def is_enabled(self, key: str, /) -> bool:
        """Return true if the feature is a BOOLEAN with the value true."""
    @overload
    def boolean(self, key: str, /) -> bool | None:
        """Return the value of a BOOLEAN feature, or the default."""
    @overload
    def boolean(self, key: str, /, default: None) -> bool | None: ...
    @overload
    def boolean(self, key: str, /, default: _T) -> bool | _T: ...
    @overload
    def string(self, key: str, /) -> str | None:
        """Return the value of a STRING feature, or the default."""
    @overload
    def string(self, key: str, /, default: None) -> str | None: ...
    @overload
    def string(self, key: str, /, default: _T) -> str | _T: ...
    @overload
    def number(self, key: str, /) -> int | float | None:
        """Return the value of a NUMBER feature, or the default.

        An `int` if the decimal text is an integer, of any size; otherwise the nearest `float`.
        """
    @overload
    def number(self, key: str, /, default: None) -> int | float | None: ...
    @overload
    def number(self, key: str, /, default: _T) -> int | float | _T: ...
    @overload
    def decimal(self, key: str, /) -> Decimal | None:
        """Return the exact value of a NUMBER feature with all its digits, or the default."""
    @overload
    def decimal(self, key: str, /, default: None) -> Decimal | None: ...
    @overload
    def decimal(self, key: str, /, default: _T) -> Decimal | _T: ...
    def json(self, key: str, /, default: object = None) -> Any:
        """Return the parsed value of a JSON feature, or the default.

        The text is parsed at each call, so that no other caller shares the result. A text that is no JSON gives the default.
        """
    @overload
    def raw_json(self, key: str, /) -> str | None:
        """Return the text of a JSON feature, or the default."""
    @overload
    def raw_json(self, key: str, /, default: None) -> str | None: ...
    @overload
    def raw_json(self, key: str, /, default: _T) -> str | _T: ...
    @overload
    def value(self, key: str, /) -> _Value | None:
        """Return the value of a feature of any type, or the default. The value of a JSON feature is its text."""
    @overload
    def value(self, key: str, /, default: None) -> _Value | None: ...
    @overload
    def value(self, key: str, /, default: _T) -> _Value | _T: ...
    def detail(self, key: str, /, kind: _Kind | None = None) -> Detail:
        """Return the value with its reason; with `kind`, only a value of this type."""
    def peek(self, key: str, /) -> Detail:
        """Return the same as `detail`, without notifying observers."""
    def is_set(self, key: str, /) -> bool:
        """Return true if the feature has a value."""
    def exists(self, key: str, /) -> bool:
        """Return true if the feature exists."""
    def keys(self) -> list[str]:
        """Return the keys of all features."""
    def values(self) -> dict[str, _Value | None]:
        """Return the values of all features, read from one state. The value of a JSON feature is its text."""
    def details(self) -> dict[str, Detail]:
        """Return the details of all features, read from one state."""
    def explain(self, key: str, /) -> Explanation:
        """Return the value with the steps of its evaluation."""

@final
class Snapshot(_Reads):
    """The features of a client at one instant, so that several reads use the same state."""

    def of(self, context: Context, /) -> Snapshot:
        """Return the same state, read for this context."""
    @property
    def readiness(self) -> _Readiness:
        """The readiness of the client at the time of the snapshot."""
    @property
    def generation(self) -> int:
        """A number that increases whenever the result of a read may have changed."""
    @property
    def is_server_evaluated(self) -> bool:
        """True if the features are values for one context."""
    def environment_of(self, key: str, /) -> str | None:
        """Return the id of the environment that the feature comes from."""

@final
class Context(_Reads):
    """Reads for the attributes of one user, device or request. A context never changes and is cheap."""

    @property
    def client(self) -> Client:
        """The client of this context."""
    @property
    def attributes(self) -> dict[str, tuple[str, ...]]:
        """The attributes, as the texts that rules read."""
    def on_change(self, key: str, call: Callable[[Change], object], /) -> Subscription:
        """Call a function on a thread `fh-listeners` when the value for this context, or the lock, changes.

        A coroutine function runs on the event loop that registered it.
        """
    def changes(self, key: str, /) -> Changes:
        """Return the changes for this context from now on, for `async for`."""
    def but(self, **attributes: _Attribute) -> Context:
        """Return a context with these attributes in place of those with the same names. `None` removes one."""
    def without(self, *names: str) -> Context:
        """Return a context without these attributes."""
    def record(self, name: str, params: Mapping[str, Any] | None = None, /) -> None:
        """Report an event to observers, with the values of all features for this context."""
    def track(self, event: str, value: float = 1.0, /) -> None:
        """Report a metric of the user to FeatBit. A value that is not a finite number of 32 bits is a `ValueError`."""
    def feature(self, key: str, /) -> Feature:
        """Return a handle that reads one feature for this context."""
    def snapshot(self) -> Snapshot:
        """Return the present features, read for this context."""

@final
class Feature:
    """A handle that reads one feature, which need not exist. It has no truth value: use `enabled`."""

    @property
    def key(self) -> str:
        """The key that this handle reads."""
    @property
    def client(self) -> Client:
        """The client of this handle."""
    @property
    def enabled(self) -> bool:
        """True if the feature is a BOOLEAN with the value true."""
    def is_enabled(self) -> bool:
        """Return true if the feature is a BOOLEAN with the value true."""
    @overload
    def boolean(self) -> bool | None:
        """Return the value of a BOOLEAN feature, or the default."""
    @overload
    def boolean(self, default: None) -> bool | None: ...
    @overload
    def boolean(self, default: _T) -> bool | _T: ...
    @overload
    def string(self) -> str | None:
        """Return the value of a STRING feature, or the default."""
    @overload
    def string(self, default: None) -> str | None: ...
    @overload
    def string(self, default: _T) -> str | _T: ...
    @overload
    def number(self) -> int | float | None:
        """Return the value of a NUMBER feature, or the default.

        An `int` if the decimal text is an integer, of any size; otherwise the nearest `float`.
        """
    @overload
    def number(self, default: None) -> int | float | None: ...
    @overload
    def number(self, default: _T) -> int | float | _T: ...
    @overload
    def decimal(self) -> Decimal | None:
        """Return the exact value of a NUMBER feature with all its digits, or the default."""
    @overload
    def decimal(self, default: None) -> Decimal | None: ...
    @overload
    def decimal(self, default: _T) -> Decimal | _T: ...
    def json(self, default: object = None) -> Any:
        """Return the parsed value of a JSON feature, or the default.

        The text is parsed at each call, so that no other caller shares the result. A text that is no JSON gives the default.
        """
    @overload
    def raw_json(self) -> str | None:
        """Return the text of a JSON feature, or the default."""
    @overload
    def raw_json(self, default: None) -> str | None: ...
    @overload
    def raw_json(self, default: _T) -> str | _T: ...
    @overload
    def value(self) -> _Value | None:
        """Return the value of a feature of any type, or the default. The value of a JSON feature is its text."""
    @overload
    def value(self, default: None) -> _Value | None: ...
    @overload
    def value(self, default: _T) -> _Value | _T: ...
    def on_change(self, call: Callable[[Change], object], /) -> Subscription:
        """Call a function on a thread `fh-listeners` when the value or the lock changes.

        A coroutine function runs on the event loop that registered it.
        """
    def changes(self) -> Changes:
        """Return the changes from now on, for `async for`."""
    def detail(self) -> Detail:
        """Return the value with its reason."""
    def peek(self) -> Detail:
        """Return the same as `detail`, without notifying observers."""
    def explain(self) -> Explanation:
        """Return the value with the steps of its evaluation."""
    def is_set(self) -> bool:
        """Return true if the feature has a value."""
    def exists(self) -> bool:
        """Return true if the feature exists."""
    @property
    def is_locked(self) -> bool:
        """True if the feature is locked."""
    @property
    def version(self) -> int:
        """The version of the feature's value; -1 if the feature does not exist."""
    @property
    def kind(self) -> _Kind | None:
        """The feature's type."""
    @property
    def properties(self) -> dict[str, str]:
        """The feature's properties."""
    def __bool__(self) -> bool:
        """Raise `TypeError`."""

@final
class ContextPool:
    """Contexts of a server-evaluated key, for programs with a context for each request or user.

    The Edge evaluates the features of such a key for one context. The pool has a client for each context, and all of them share one
    thread. When the pool is full, a new context ends the one that was requested longest ago. Reads of a context that has ended give
    defaults, never the values of another user, so keep the pool and call `get` for each request. In a forked process the pool begins
    anew; a context that the parent process got has a client of its own there.
    """

    def get(
        self, mapping: Mapping[str, _Attribute] | Context | None = None, /, **attributes: _Attribute
    ) -> Context:
        """Return the context with these attributes, or with those of a context, once the Edge has evaluated the features for it.

        A context that the pool holds is returned without a request. With a client-evaluated key, no request is needed. Raise
        `EdgeProblem` if there are no features for the context.
        """
    @property
    def aio(self) -> AioContextPool:
        """The method that waits, as a coroutine."""
    @property
    def client(self) -> Client:
        """The client that made the pool."""
    @property
    def limit(self) -> int:
        """The number of contexts that the pool holds at most."""
    @property
    def live(self) -> int:
        """The number of contexts that the pool holds at present."""

@final
class Client(_Reads):
    """A client of one Edge. Reads use the features in memory and do not wait for the Edge.

    Without a URL or API keys, `FEATUREHUB_EDGE_URL`, `FEATUREHUB_CLIENT_API_KEY` and `FEATUREHUB_API_KEY` provide them. The
    constructor checks its arguments, starts the client's own thread, and returns at once. With `start="lazy"`, the thread
    starts at the first use of the client.

    In a forked process, the first use of the client or of one of its handles starts it anew, with the features of its parent.
    """

    def __new__(
        cls,
        url: str | None = None,
        *api_keys: str,
        mode: Literal["streaming", "polling", "passive", "once", "offline"] | None = None,
        interval: _Duration | None = None,
        context: Mapping[str, _Attribute] | None = None,
        bootstrap: bytes | str | Mapping[str, Any] | list[Any] | None = None,
        snapshot_file: str | PathLike[str] | None = None,
        snapshot_max_age: _Duration | None = None,
        snapshot_at_start: bool | None = None,
        headers: Mapping[str, str] | None = None,
        identification: str | None = None,
        profile: Literal["client", "edge"] | None = None,
        context_placement: Literal["header", "query"] | None = None,
        while_switching: Literal["hide", "keep"] | None = None,
        backoff: Backoff | None = None,
        backoff_when_refused: Backoff | None = None,
        return_within: tuple[_Duration, _Duration] | None = None,
        healthy_after: _Duration | None = None,
        stream_again_after: _Duration | None = None,
        pace: _Duration | None = None,
        limits: Limits | None = None,
        event_queue: int | None = None,
        catch_updates: bool | None = None,
        listeners: bool | None = None,
        ca_certificate: str | bytes | None = None,
        client_certificate: str | bytes | None = None,
        proxy: str | Literal[False] | None = None,
        http1_only: bool | None = None,
        clock: Clock | None = None,
        interceptors: Iterable[_Interceptor | tuple[_Interceptor, _Locks]] | None = None,
        observers: Iterable[_Observer | tuple[_Observer, dict[str, Any]]] | None = None,
        on_readiness: Callable[[ReadinessChange], object] | None = None,
        on_status: Callable[[StatusChange], object] | None = None,
        on_notice: Callable[[Notice], object] | None = None,
        on_raw: Callable[[RawUpdate], object] | None = None,
        on_new_state: Callable[[NewState], object] | None = None,
        on_change: Mapping[str, Callable[[Change], object]] | None = None,
        start: Literal["eager", "lazy"] | None = None,
    ) -> Self:
        """Return a client, which connects in the background. Raise `ValueError` or `TypeError` that names a wrong argument.

        url: The URL of the Edge, or of the server of FeatureSignals. Without it, the environment
            variable `FEATUREHUB_EDGE_URL` or `FEATURESIGNALS_URL` provides it. The default for
            FeatureSignals is the service that FeatureSignals runs.
        api_keys: The API keys, all client-evaluated or all server-evaluated. If several
            environments have a feature with the same key, the environment of the earliest API key
            provides it. Without them, the environment variable `FEATUREHUB_CLIENT_API_KEY` or
            `FEATUREHUB_API_KEY` provides one.
        mode: The way in which the client fetches features. The default is streaming with one API
            key or with FeatBit, and polling with several API keys or with FeatureSignals.
        interval: The time between two polls in the modes `polling` and `passive`. 0 polls once. The
            Edge may change the interval. A client of FeatureSignals also polls beside a stream; its
            default is 30, and 0 is an error. Seconds, or a timedelta. The default is 180.
        context: The first context for which the Edge evaluates a server-evaluated key. It has no
            effect with a client-evaluated key. For FeatureSignals, the first context for which the
            server evaluates the flags.
        bootstrap: Features that the client serves from the start: features, environments, the
            stored state of the browser SDK, or the content of a snapshot file. For FeatBit, the
            body of `latest-all`.
        snapshot_file: The file in which the client keeps its last features. At the next start, the
            client serves them until the Edge sends features.
        snapshot_max_age: The maximum age of features in the snapshot file. Without it, features of
            any age are served. Seconds, or a timedelta.
        snapshot_at_start: True to read the snapshot file before the client is returned, so that the
            first read of a feature has the value of the last session. Without it, Kotlin and Swift
            do so, and the other languages read the file in the background.
        headers: Headers to add to each request, for example for a proxy.
        identification: The value of the header `X-SDK`, which identifies the program to the Edge.
            By default it names the language and the version of the client; browsers send none.
        profile: The set of rules by which the client evaluates features, for FeatureHub those of a
            client-evaluated key. The default is "client".
        context_placement: The part of a stream's request that carries the context of a
            server-evaluated key. The default is "header".
        while_switching: The values that the client serves while the Edge, or the server of
            FeatureSignals, evaluates a changed context. The default is "hide".
        backoff: The delays before retries after temporary failures. The default is Backoff(1, 30,
            0.5).
        backoff_when_refused: The delays before retries after the Edge has refused the client. The
            default is Backoff(60, 600, 0.5).
        return_within: The shortest and the longest delay before a reconnect after the end of a
            stream that had sent features. Seconds, or a timedelta. The default is (0.1, 1).
        healthy_after: The time after which a stream counts as healthy. After the end of a healthy
            stream, the delays of the back-off begin anew. Seconds, or a timedelta. The default is
            10.
        stream_again_after: The time for which the client polls after the Edge could not stream, or
            a proxy held its streams back. Seconds, or a timedelta. The default is 600.
        pace: The time within which the client sends at most two requests. Seconds, or a timedelta.
            The default is 1.
        limits: The time limits of requests, and the maximum size of a response. Without this
            setting, a client of FeatBit has 60 seconds for `poll`, 40 for `idle`, 10 for
            `held_back`, and 67108864 for `bytes`. The default is that of each member of Limits.
        event_queue: The maximum number of events that wait for slow listeners. A full queue drops
            its oldest event. The default is 1024.
        catch_updates: True to hold back updates after the first features until the program releases
            them. The default is False.
        listeners: False to start no threads for listeners and observers, of which none is called
            then. The default is True.
        ca_certificate: The certificate of an authority to trust in addition to those of the system,
            as PEM.
        client_certificate: The certificate and the private key with which the client identifies
            itself to the Edge, as PEM.
        proxy: The URL of a proxy, or false for no proxy. By default, the environment and the system
            name the proxy.
        http1_only: True to use HTTP/1.1 only. The default is False.
        clock: The clock that gives the time of day, for rules on `now`, for usage events, and for
            the age of stored features.
        interceptors: Functions that can override the values of reads, each with its policy for
            locked features.
        observers: Functions that are called for reads, each with the options that select the reads.
        on_readiness: A listener for the first readiness, and for each change of it.
        on_status: A listener for the first status, and for each change of the readiness, the
            connection or the problem.
        on_notice: A listener for unusual events that do not stop the client.
        on_raw: A listener for the unchanged text of updates.
        on_new_state: A listener for updates that change features visibly.
        on_change: Listeners for changes of single features, by the feature's key.
        start: `lazy` to start the client at its first use, for programs that fork.
        """
    @classmethod
    def featbit(
        cls,
        secret: str | None = None,
        *,
        streaming_url: str | None = None,
        polling_url: str | None = None,
        event_url: str | None = None,
        insights: bool | None = None,
        full_sync: bool | None = None,
        mode: Literal["streaming", "polling", "offline"] | None = None,
        interval: _Duration | None = None,
        context: Mapping[str, _Attribute] | None = None,
        bootstrap: bytes | str | Mapping[str, Any] | list[Any] | None = None,
        headers: Mapping[str, str] | None = None,
        identification: str | None = None,
        profile: Literal["server", "draft"] | None = None,
        backoff: Backoff | None = None,
        backoff_when_refused: Backoff | None = None,
        return_within: tuple[_Duration, _Duration] | None = None,
        healthy_after: _Duration | None = None,
        stream_again_after: _Duration | None = None,
        pace: _Duration | None = None,
        limits: Limits | None = None,
        event_queue: int | None = None,
        catch_updates: bool | None = None,
        listeners: bool | None = None,
        ca_certificate: str | bytes | None = None,
        client_certificate: str | bytes | None = None,
        proxy: str | Literal[False] | None = None,
        http1_only: bool | None = None,
        clock: Clock | None = None,
        interceptors: Iterable[_Interceptor | tuple[_Interceptor, _Locks]] | None = None,
        observers: Iterable[_Observer | tuple[_Observer, dict[str, Any]]] | None = None,
        on_readiness: Callable[[ReadinessChange], object] | None = None,
        on_status: Callable[[StatusChange], object] | None = None,
        on_notice: Callable[[Notice], object] | None = None,
        on_raw: Callable[[RawUpdate], object] | None = None,
        on_new_state: Callable[[NewState], object] | None = None,
        on_change: Mapping[str, Callable[[Change], object]] | None = None,
        start: Literal["eager", "lazy"] | None = None,
    ) -> Client:
        """Return a client of a FeatBit server, which connects in the background. Raise `ValueError` or `TypeError` that names a
        wrong argument. Reads, contexts and listeners are those of all clients, and so are the arguments that are not listed here.

        secret: The server secret of an environment of FeatBit. Without it, the environment variable
            `FEATBIT_ENV_SECRET` provides it.
        streaming_url: The URL of FeatBit's evaluation server for WebSockets. Without it, the
            environment variable `FEATBIT_STREAMING_URL` provides it. A URL that is missing is taken
            from `streaming_url`, `polling_url` or `event_url`, in this order.
        polling_url: The URL of FeatBit's evaluation server for polls.
        event_url: The URL of FeatBit's evaluation server for insights. Without it, the environment
            variable `FEATBIT_EVENT_URL` provides it.
        insights: False to report neither evaluations nor metrics to FeatBit. The default is True.
        full_sync: False to request all flags of FeatBit only at the start and for a refresh.
            Otherwise the client requests them again from time to time, on average after an hour,
            because a server reports neither deleted flags nor older data. The default is True.
        mode: The way in which the client fetches features. The default is streaming with one API
            key or with FeatBit, and polling with several API keys or with FeatureSignals.
        bootstrap: Features that the client serves from the start: features, environments, the
            stored state of the browser SDK, or the content of a snapshot file. For FeatBit, the
            body of `latest-all`.
        profile: The set of rules by which the client evaluates features, for FeatureHub those of a
            client-evaluated key.
        limits: The time limits of requests, and the maximum size of a response. Without this
            setting, a client of FeatBit has 60 seconds for `poll`, 40 for `idle`, 10 for
            `held_back`, and 67108864 for `bytes`. The default is that of each member of Limits.
        """
    @classmethod
    def featuresignals(
        cls,
        api_key: str | None = None,
        *,
        url: str | None = None,
        environment: str | None = None,
        reasons: bool | None = None,
        flags: list[str] | tuple[str, ...] | None = None,
        ruleset: bytes | str | Mapping[str, Any] | list[Any] | None = None,
        ruleset_file: str | PathLike[str] | None = None,
        stream: bool | None = None,
        stream_lifetime: _Duration | None = None,
        mode: Literal["streaming", "polling", "once", "offline"] | None = None,
        interval: _Duration | None = None,
        context: Mapping[str, _Attribute] | None = None,
        headers: Mapping[str, str] | None = None,
        identification: str | None = None,
        while_switching: Literal["hide", "keep"] | None = None,
        backoff: Backoff | None = None,
        backoff_when_refused: Backoff | None = None,
        return_within: tuple[_Duration, _Duration] | None = None,
        stream_again_after: _Duration | None = None,
        pace: _Duration | None = None,
        limits: Limits | None = None,
        event_queue: int | None = None,
        catch_updates: bool | None = None,
        listeners: bool | None = None,
        ca_certificate: str | bytes | None = None,
        client_certificate: str | bytes | None = None,
        proxy: str | Literal[False] | None = None,
        http1_only: bool | None = None,
        clock: Clock | None = None,
        interceptors: Iterable[_Interceptor | tuple[_Interceptor, _Locks]] | None = None,
        observers: Iterable[_Observer | tuple[_Observer, dict[str, Any]]] | None = None,
        on_readiness: Callable[[ReadinessChange], object] | None = None,
        on_status: Callable[[StatusChange], object] | None = None,
        on_notice: Callable[[Notice], object] | None = None,
        on_raw: Callable[[RawUpdate], object] | None = None,
        on_new_state: Callable[[NewState], object] | None = None,
        on_change: Mapping[str, Callable[[Change], object]] | None = None,
        start: Literal["eager", "lazy"] | None = None,
    ) -> Client:
        """Return a client of a FeatureSignals server, which connects in the background, or of a ruleset, which the client evaluates
        itself. Raise `ValueError` or `TypeError` that names a wrong argument. Reads, contexts and listeners are those of all clients,
        and so are the arguments that are not listed here.

        The server evaluates the flags for one context, which `set_context` changes; `context_pool` holds several contexts. With a
        ruleset, the client evaluates any number of contexts.

        api_key: The API key of an environment of FeatureSignals. Without it, the environment
            variable `FEATURESIGNALS_API_KEY` provides it.
        url: The URL of the Edge, or of the server of FeatureSignals. Without it, the environment
            variable `FEATUREHUB_EDGE_URL` or `FEATURESIGNALS_URL` provides it. The default for
            FeatureSignals is the service that FeatureSignals runs.
        environment: The slug of the environment to which the API key belongs. Without it, the
            environment variable `FEATURESIGNALS_ENVIRONMENT` provides it.
        reasons: True to request reasons and variants also for a context without attributes, which
            takes one more request for each 100 flags. The default is False.
        flags: The keys of the flags that the program reads. Without it, the program can read all
            flags.
        ruleset: The ruleset that the client evaluates itself, for any number of contexts, in place
            of a server.
        ruleset_file: The file with the ruleset that the client evaluates itself. The client checks
            twice a second whether the file has changed.
        stream: True to keep a stream open, too, which announces changes. Servers of FeatureSignals
            as shipped refuse streams. While the server refuses them, the client polls. The default
            is False.
        stream_lifetime: The time after which the client replaces a stream by a new one, because
            servers of FeatureSignals as shipped lose the first event that is later than 30 seconds.
            Seconds, or a timedelta. The default is 25.
        mode: The way in which the client fetches features. The default is streaming with one API
            key or with FeatBit, and polling with several API keys or with FeatureSignals.
        interval: The time between two polls in the modes `polling` and `passive`. 0 polls once. The
            Edge may change the interval. A client of FeatureSignals also polls beside a stream; its
            default is 30, and 0 is an error. Seconds, or a timedelta. The default is 180.
        context: The first context for which the Edge evaluates a server-evaluated key. It has no
            effect with a client-evaluated key. For FeatureSignals, the first context for which the
            server evaluates the flags.
        while_switching: The values that the client serves while the Edge, or the server of
            FeatureSignals, evaluates a changed context. The default is "hide".
        """
    @classmethod
    def offline(
        cls,
        *,
        bootstrap: bytes | str | Mapping[str, Any] | list[Any] | None = None,
        snapshot_file: str | PathLike[str] | None = None,
        snapshot_max_age: _Duration | None = None,
        profile: Literal["client", "edge"] | None = None,
        event_queue: int | None = None,
        catch_updates: bool | None = None,
        listeners: bool | None = None,
        clock: Clock | None = None,
        interceptors: Iterable[_Interceptor | tuple[_Interceptor, _Locks]] | None = None,
        observers: Iterable[_Observer | tuple[_Observer, dict[str, Any]]] | None = None,
        on_readiness: Callable[[ReadinessChange], object] | None = None,
        on_status: Callable[[StatusChange], object] | None = None,
        on_notice: Callable[[Notice], object] | None = None,
        on_raw: Callable[[RawUpdate], object] | None = None,
        on_new_state: Callable[[NewState], object] | None = None,
        on_change: Mapping[str, Callable[[Change], object]] | None = None,
    ) -> Client:
        """Return a client that never requests features."""
    def wait_ready(self, timeout: _Duration | None = None, through_refusals: bool = False) -> None:
        """Wait until the client has features. Raise `NotReady`, or `TimedOut` after the timeout."""
    def refresh(self) -> _Readiness:
        """Request the features from the Edge, and wait for the answer. Raise `EdgeProblem` if the request fails."""
    def set_context(
        self, mapping: Mapping[str, _Attribute] | None = None, /, **attributes: _Attribute
    ) -> Context:
        """Set the context of a server-evaluated key, and wait until the server has evaluated the features for it.

        Raise `ValueError` for a context that the server does not evaluate, such as one of FeatureSignals with an empty key.
        """
    def set_api_keys(self, *api_keys: str) -> _Readiness:
        """Replace the API keys, and wait for the features."""
    def set_headers(self, headers: Mapping[str, str], /) -> _Readiness:
        """Replace the additional headers of requests, and wait for the features."""
    def suspend(self) -> None:
        """End the connection, and keep the features, until `resume`. Until then, only the calls that wait for features send requests."""
    def resume(self) -> None:
        """End `suspend`: open a new stream, or poll if the interval has passed."""
    def flush(self, timeout: _Duration = 2.0) -> None:
        """Wait until all events are delivered and the snapshot file is written. Raise `TimeoutError` after the timeout.

        The handlers of `logging` have the client's log events then, unless one of them takes longer than a second.
        """
    def close(self, timeout: _Duration = 2.0) -> None:
        """End the client, and wait at most this long for it. The last values answer afterwards."""
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exception_type: type[BaseException] | None = ...,
        exception: BaseException | None = ...,
        traceback: TracebackType | None = ...,
        /,
    ) -> None: ...
    @property
    def readiness(self) -> _Readiness:
        """The readiness of the client."""
    @property
    def is_ready(self) -> bool:
        """True if the client has features."""
    @property
    def system(self) -> _System:
        """The system of the client's server."""
    @property
    def user_key_attribute(self) -> str:
        """The attribute that holds the key of a user: ``userkey``, or ``keyId`` of FeatBit, or ``key`` of FeatureSignals."""
    def status(self) -> Status:
        """Return the present status."""
    def diagnostics(self) -> list[str]:
        """Return a text for each part of the features that the client could not use."""
    @property
    def environments(self) -> list[str]:
        """The ids of the environments of the API keys."""
    @property
    def is_server_evaluated(self) -> bool:
        """True if the Edge evaluates the rules of the API keys."""
    def context(
        self, mapping: Mapping[str, _Attribute] | None = None, /, **attributes: _Attribute
    ) -> Context:
        """Return a context with these attributes. `None` and empty lists leave an attribute out.

        The keyword `user_key` sets the key of a user: the attribute `keyId` of FeatBit, or `key` of FeatureSignals.
        """
    def feature(self, key: str, /) -> Feature:
        """Return a handle that reads one feature without a context."""
    def snapshot(self) -> Snapshot:
        """Return the present features."""
    def isolated(
        self, mapping: Mapping[str, _Attribute] | None = None, /, **attributes: _Attribute
    ) -> Client:
        """Return another client with the same settings, a connection of its own, and this context."""
    def context_pool(
        self,
        limit: int = 100,
        *,
        requests_per_second: int = 10,
        polling_interval: _Duration | None = None,
    ) -> ContextPool:
        """Return a pool that keeps at most `limit` contexts of a server-evaluated key at the same time.

        All contexts of the pool together send at most `requests_per_second` requests. Each of them polls, by default every 180
        seconds.
        """
    def test_updates(self, api_key: str | None = None) -> TestUpdates:
        """Return a handle that changes features at the Edge, for tests."""
    def on_change(self, key: str, call: Callable[[Change], object], /) -> Subscription:
        """Call a function on a thread `fh-listeners` when the value without a context, or the lock, changes.

        A coroutine function runs on the event loop that registered it, one change at a time. Changes that arrive meanwhile are
        joined to one; of other events, the newest is kept.
        """
    def changes(self, key: str, /) -> Changes:
        """Return the changes without a context from now on, for `async for`."""
    @property
    def aio(self) -> Aio:
        """The methods that wait, as coroutines."""
    def ready(
        self, timeout: _Duration | None = None, through_refusals: bool = False
    ) -> Coroutine[Any, Any, None]:
        """Wait until the client has features, as `wait_ready` does, in a coroutine."""
    def __aenter__(self) -> Coroutine[Any, Any, Self]: ...
    def __aexit__(
        self,
        exception_type: type[BaseException] | None = ...,
        exception: BaseException | None = ...,
        traceback: TracebackType | None = ...,
        /,
    ) -> Coroutine[Any, Any, None]: ...
    def on_readiness(self, call: Callable[[ReadinessChange], object], /) -> Subscription:
        """Call a function with the present readiness, and when it changes."""
    def on_status(self, call: Callable[[StatusChange], object], /) -> Subscription:
        """Call a function with the present status, and when the connection, the problem or the readiness changes."""
    def intercept(self, interceptor: _Interceptor, /, locks: _Locks = "respect") -> Subscription:
        """Register an interceptor, which may override the values of features.

        A function is called at each read, on the thread of the read. It returns a value, `None` for "no value", or `CONTINUE`. The
        first one that returns a value decides. `locks` says whether it overrides locked features: `"respect"` never calls it for
        them; with `"decide"`, it looks at `is_locked`. The function must not be a coroutine function. One that raises is passed over.
        Its first exception is reported by `sys.unraisablehook`. An object with a method `close` is told by it, on a thread
        `fh-listeners`, that the client was closed or the subscription was cancelled.
        """
    def overrides_changed(self) -> None:
        """Compare the values of change listeners again, because interceptors may return other values."""
    @overload
    def observe(
        self,
        observer: Callable[[list[UsageEvent]], object],
        /,
        *,
        queue: int = 1024,
        one_of: int = 1,
        deduplicate: _Duration | None = None,
        inline: Literal[False] = False,
    ) -> Subscription:
        """Call a function with the uses of features, in lists of at most `queue` events.

        With `inline=True`, the function is called with each event, within the read. `one_of=100` passes on every hundredth
        read. `deduplicate` leaves equal reads of a user out for this time. A function that raises does not affect reads.
        """
    @overload
    def observe(
        self,
        observer: Callable[[UsageEvent], object],
        /,
        *,
        queue: int = 1024,
        one_of: int = 1,
        deduplicate: _Duration | None = None,
        inline: Literal[True],
    ) -> Subscription: ...
    def record(self, name: str, params: Mapping[str, Any] | None = None, /) -> None:
        """Report an event to observers, with the values of all features without a context."""
    def on_new_state(self, call: Callable[[NewState], object], /) -> Subscription:
        """Call a function after updates that change features visibly."""
    def on_raw(self, call: Callable[[RawUpdate], object], /) -> Subscription:
        """Call a function with the unchanged text of updates."""
    def on_notice(self, call: Callable[[Notice], object], /) -> Subscription:
        """Call a function for unusual events that do not stop the client."""
    def offer_features(
        self, store: str, environment: str, features: bytes | str | list[Any], /
    ) -> None:
        """Add features of an environment from a store, in the background."""
    def catch_updates(self) -> None:
        """Hold later updates back until `release` or `release_all`."""
    @property
    def is_catching(self) -> bool:
        """True if catch & release is on."""
    @property
    def is_holding(self) -> bool:
        """True while changes are held back."""
    def release(self, *keys: str) -> None:
        """Serve the held changes of these features only; without a key, none."""
    def release_all(self) -> None:
        """Serve all held changes, and hold later updates back again."""
    def stop_catching(self) -> None:
        """End catch & release, and serve the features that were received last."""
    @property
    def held_keys(self) -> list[str]:
        """The keys of the features with held changes."""
