"""A provider for the OpenFeature SDK for Python, which reads features from a client.

Install ``fh-client[openfeature]``. The provider answers from memory, so that its coroutines never wait, unless a server evaluates
the contexts of a pool.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent, ProviderEventDetails
from openfeature.exception import (
    ErrorCode,
    FlagNotFoundError,
    GeneralError,
    InvalidContextError,
    ParseError,
    ProviderNotReadyError,
    TargetingKeyMissingError,
    TypeMismatchError,
)
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType
from openfeature.provider import AbstractProvider, Metadata, ProviderStatus
from openfeature.track import TrackingEventDetails

from ._errors import FhError, NotReady
from ._native import Change, Client, Context, ContextPool, Detail, NewState, StatusChange, Subscription
from ._openfeature_context import FieldWarnings, attributes
from ._openfeature_details import REASONS, resolved

if TYPE_CHECKING:
    from ._native import _Kind

__all__ = ["FeatureHubProvider"]

_Structure = Sequence[FlagValueType] | Mapping[str, FlagValueType]


class _ProviderName(str):
    """The name in the metadata of one provider. The SDK passes this object on in the events of its provider, and of no other one."""


class FeatureHubProvider(AbstractProvider):
    """An OpenFeature provider that reads features from a client.

    The program can use the client directly as well. The program closes the client; ``shutdown`` only ends the events of the
    provider. ``patience`` is the maximum time in seconds that ``initialize`` waits for features. ``name`` is the name of the provider in
    its metadata; that of the client's system by default, such as ``featbit``.

    While a server evaluates, the contexts of ``pool`` are the evaluation contexts. An evaluation then waits until the server has
    evaluated its context, which takes no request if the pool holds the context. The synchronous methods block meanwhile. A client of
    FeatureSignals has a pool of 100 contexts by default. A client of FeatureHub has none: it evaluates for one context.

    >>> import fh_client
    >>> from fh_client.openfeature import FeatureHubProvider
    >>> from openfeature import api
    >>> feature = {"id": "1", "key": "NEW_CHECKOUT", "type": "BOOLEAN", "value": True, "version": 1}
    >>> client = fh_client.Client.offline(bootstrap=[feature])
    >>> api.set_provider_and_wait(FeatureHubProvider(client))
    >>> api.get_client().get_boolean_value("NEW_CHECKOUT", False)
    True
    >>> api.shutdown()
    >>> client.close()
    """

    def __init__(
        self, client: Client, *, patience: float | timedelta = 10.0, pool: ContextPool | None = None, name: str | None = None
    ) -> None:
        super().__init__()
        self._client = client
        self._pool = client.context_pool() if pool is None and client.system == "featuresignals" else pool
        self._patience = patience
        self._user_key = client.user_key_attribute
        self._name = _ProviderName(client.system if name is None else name)
        self._subscriptions: list[Subscription] = []
        self._held: dict[str, Subscription] = {}
        self._lock = threading.Lock()
        self._field_warnings = FieldWarnings()
        self._emitted = ProviderStatus.NOT_READY
        #: True while the client has no values for another context of a server-evaluated key.
        self._lacks_values = False

    @property
    def client(self) -> Client:
        """The client that this provider reads from."""
        return self._client

    def get_metadata(self) -> Metadata:
        """Return the name of the provider."""
        return Metadata(name=self._name)

    def initialize(self, evaluation_context: EvaluationContext) -> None:
        """Wait until the client has features.

        Raise ``ProviderNotReadyError`` if the Edge refuses the client, if the client ends, or after the patience. The provider
        can be used afterwards: it emits that it is ready as soon as the client has features.
        """
        failure = None
        try:
            self._client.wait_ready(self._patience)
        except NotReady as error:
            failure = ProviderNotReadyError(str(error))
        # The SDK reports the outcome of this method. The provider reports what happens later.
        self._emitted = ProviderStatus.READY if failure is None else ProviderStatus.ERROR
        if not self._subscriptions:
            self._subscriptions = [self._client.on_status(self._on_status), self._client.on_new_state(self._on_new_state)]
            api.add_handler(ProviderEvent.PROVIDER_READY, self._on_ready)
        if failure is not None:
            raise failure

    def shutdown(self) -> None:
        """End the events of the provider. The client stays open, because the program may read from it."""
        with self._lock:
            held = list(self._held.values())
            self._held.clear()
        for subscription in self._subscriptions + held:
            subscription.cancel()
        if self._subscriptions:
            self._subscriptions = []
            try:
                api.remove_handler(ProviderEvent.PROVIDER_READY, self._on_ready)
            except ValueError:
                # The program has removed all handlers.
                pass

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        """Return the value of a BOOLEAN feature."""
        return self._boolean(flag_key, self._source(evaluation_context))

    async def resolve_boolean_details_async(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        """Return the value of a BOOLEAN feature."""
        return self._boolean(flag_key, await self._awaited_source(evaluation_context))

    def _boolean(self, key: str, source: Client | Context) -> FlagResolutionDetails[bool]:
        detail = self._detail(source, key, "BOOLEAN")
        return resolved(detail, cast(bool, detail.value))

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """Return the value of a STRING feature."""
        return self._string(flag_key, self._source(evaluation_context))

    async def resolve_string_details_async(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """Return the value of a STRING feature."""
        return self._string(flag_key, await self._awaited_source(evaluation_context))

    def _string(self, key: str, source: Client | Context) -> FlagResolutionDetails[str]:
        detail = self._detail(source, key, "STRING")
        return resolved(detail, cast(str, detail.value))

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """Return the value of a NUMBER feature that is an integer, of any size."""
        return self._integer(flag_key, self._source(evaluation_context))

    async def resolve_integer_details_async(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """Return the value of a NUMBER feature that is an integer, of any size."""
        return self._integer(flag_key, await self._awaited_source(evaluation_context))

    def _integer(self, key: str, source: Client | Context) -> FlagResolutionDetails[int]:
        detail = self._detail(source, key, "NUMBER")
        if isinstance(detail.value, float) and detail.value.is_integer():
            # The decimal text may be that of an integer, such as 10.0. Both reads must be of one state.
            snapshot = source.snapshot()
            detail, exact = snapshot.detail(key, "NUMBER"), snapshot.decimal(key)
            if exact is not None and exact == (whole := int(exact)):
                return resolved(detail, whole)
        if not isinstance(detail.value, int):
            raise TypeMismatchError("the number is not an integer, or is too large for an exact conversion")
        return resolved(detail, detail.value)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """Return the ``float`` that is nearest to the value of a NUMBER feature."""
        return self._float(flag_key, self._source(evaluation_context))

    async def resolve_float_details_async(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """Return the ``float`` that is nearest to the value of a NUMBER feature."""
        return self._float(flag_key, await self._awaited_source(evaluation_context))

    def _float(self, key: str, source: Client | Context) -> FlagResolutionDetails[float]:
        detail = self._detail(source, key, "NUMBER")
        number = cast("int | float", detail.value)
        try:
            return resolved(detail, float(number))
        except OverflowError:
            return resolved(detail, math.inf if number > 0 else -math.inf)

    def resolve_object_details(
        self, flag_key: str, default_value: _Structure, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[_Structure]:
        """Return the value of a JSON feature that is an object or a list."""
        return self._object(flag_key, self._source(evaluation_context))

    async def resolve_object_details_async(
        self, flag_key: str, default_value: _Structure, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[_Structure]:
        """Return the value of a JSON feature that is an object or a list."""
        return self._object(flag_key, await self._awaited_source(evaluation_context))

    def _object(self, key: str, source: Client | Context) -> FlagResolutionDetails[_Structure]:
        detail = self._detail(source, key, "JSON")
        try:
            document = json.loads(cast(str, detail.value), parse_constant=_no_json)
        except (ValueError, RecursionError) as error:
            raise ParseError(str(error)) from None
        if not isinstance(document, (dict, list)):
            raise TypeMismatchError("the JSON value is neither an object nor a list")
        return resolved(detail, document)

    def track(
        self,
        tracking_event_name: str,
        evaluation_context: EvaluationContext | None = None,
        tracking_event_details: TrackingEventDetails | None = None,
    ) -> None:
        """Report an event to the observers of the client, with the values of all features for the context.

        A client of FeatBit reports a metric instead: the event's name and its value, which is 1 by default. An attribute without a form in JSON
        is left out, with a warning in the log. So is an event that cannot be reported, such as one of FeatBit with a value of NaN.
        """
        try:
            self._track(tracking_event_name, evaluation_context, tracking_event_details)
        except Exception as error:
            self._field_warnings.warn(str(tracking_event_name), error)

    def _track(self, name: str, context: EvaluationContext | None, details: TrackingEventDetails | None) -> None:
        # A context of a pool would block a program on an event loop, because `track` has no coroutine.
        source = self._own(context)
        value = None if details is None else details.value
        if self._client.system == "featbit":
            if isinstance(source, Context):
                source.track(name, 1.0 if value is None else value)
            return
        params: dict[str, Any] = {} if details is None else dict(details.attributes)
        if value is not None:
            params["value"] = value
        source.record(name, self._field_warnings.usable(params, _as_json))

    def _detail(self, source: Client | Context, key: str, kind: _Kind) -> Detail:
        detail = source.detail(key, kind)
        if detail.reason in REASONS and detail.value is not None:
            return detail
        if detail.reason == "NOT_FOUND":
            raise FlagNotFoundError("the feature does not exist")
        if detail.reason == "TYPE_MISMATCH":
            raise TypeMismatchError(f"the type of the feature is {detail.kind or 'unknown'}")
        if detail.reason == "MALFORMED":
            if isinstance(source, Context) and self._user_key in source.attributes:
                raise GeneralError("the flag is malformed for this user: `diagnostics` of the client may say why")
            raise TargetingKeyMissingError("a flag of FeatBit needs the key of a user: set the targeting key")
        if detail.reason == "OTHER_CONTEXT":
            raise InvalidContextError(
                "the API key is server-evaluated, and this context was not given to the client with `set_context`"
            )
        if detail.reason != "NOT_READY":
            raise FlagNotFoundError("the feature has no value")
        raise ProviderNotReadyError("the client has no features yet")

    def _source(self, context: EvaluationContext | None) -> Client | Context:
        source = self._own(context)
        if self._pool is None or not isinstance(source, Context) or not self._client.is_server_evaluated:
            return source
        with _errors_of_pools():
            return self._pool.get(source)

    async def _awaited_source(self, context: EvaluationContext | None) -> Client | Context:
        source = self._own(context)
        if self._pool is None or not isinstance(source, Context) or not self._client.is_server_evaluated:
            return source
        with _errors_of_pools():
            return await self._pool.aio.get(source)

    def _own(self, context: EvaluationContext | None) -> Client | Context:
        """Return the client, or a context of it without a request."""
        given = {} if context is None else attributes(context, self._user_key, self._field_warnings.warn)
        if not given and self._client.is_server_evaluated:
            # These are the values of the context that was given to the client with `set_context`.
            return self._client
        try:
            return self._client.context(given)
        except Exception:
            # One wrong field must not turn the values of all features into defaults.
            return self._client.context(self._field_warnings.usable(given, self._client.context))

    def _status(self) -> ProviderStatus:
        readiness = self._client.readiness
        if readiness == "READY":
            return ProviderStatus.STALE if self._client.status().is_stale else ProviderStatus.READY
        return ProviderStatus.NOT_READY if readiness == "NOT_READY" else ProviderStatus.ERROR

    def _on_status(self, change: StatusChange) -> None:
        with self._lock:
            if change.readiness == "NOT_READY":
                # The change may arrive after the values are there again. The change to READY follows it, and reports them once.
                self._lacks_values = True
                return
            status = self._status()
            if status == ProviderStatus.NOT_READY:
                return
            has_values_again, self._lacks_values = self._lacks_values, False
            if status != self._emitted:
                self._emitted = status
                self._emit_status(status)
            elif has_values_again:
                # The client reports the first features for a context as no new state. Reads had no values before them.
                self._emit_changed(self._client.keys())

    def _emit_status(self, status: ProviderStatus) -> None:
        message = self._client.status().message
        if status == ProviderStatus.READY:
            self._emit(ProviderEvent.PROVIDER_READY, ProviderEventDetails())
        elif status == ProviderStatus.STALE:
            self._emit(ProviderEvent.PROVIDER_STALE, ProviderEventDetails(message=message))
        else:
            self._emit(ProviderEvent.PROVIDER_ERROR, ProviderEventDetails(message=message, error_code=ErrorCode.GENERAL))

    def _on_ready(self, details: EventDetails) -> None:
        # The SDK reports `ready` after `initialize`, and an environment may have become stale before this report. A program may have
        # several providers of the same name, and the name of an event is the object that its own provider gave.
        if details.provider_name is self._name:
            with self._lock:
                if self._emitted not in (ProviderStatus.READY, ProviderStatus.NOT_READY):
                    self._emit_status(self._emitted)

    def _on_new_state(self, state: NewState) -> None:
        if not state.is_held:
            self._emit_changed(state.keys)
            return
        # Catch & release serves the changes of these features later, and no new state is reported then.
        for key in state.keys:
            with self._lock:
                if key not in self._held:
                    self._held[key] = self._client.on_change(key, self._on_release)

    def _on_release(self, _: Change) -> None:
        with self._lock:
            released = sorted(self._held.keys() - self._client.held_keys)
            for key in released:
                self._held.pop(key).cancel()
        if released:
            self._emit_changed(released)

    def _emit_changed(self, keys: list[str]) -> None:
        self._emit(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, ProviderEventDetails(flags_changed=keys))

    def _emit(self, event: ProviderEvent, details: ProviderEventDetails) -> None:
        try:
            self.emit(event, details)
        except RuntimeError:
            # The interpreter ends: the SDK has ended the threads of its handlers.
            pass


@contextmanager
def _errors_of_pools() -> Iterator[None]:
    """Raise the errors of a context for which a pool has no values as those of OpenFeature."""
    try:
        yield
    except ValueError as error:
        raise InvalidContextError(str(error)) from None
    except FhError as error:
        raise ProviderNotReadyError(str(error)) from None


def _as_json(params: dict[str, Any]) -> bytes:
    return json.dumps(params, allow_nan=False, ensure_ascii=False).encode()


def _no_json(text: str) -> object:
    raise ValueError(f"{text} is no JSON")
