"""A provider for the OpenFeature SDK for Python, which reads features from a client.

Install ``fh-client[openfeature]``. The provider answers from memory, so that its coroutines never wait.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeVar, cast

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
from openfeature.flag_evaluation import FlagMetadata, FlagResolutionDetails, FlagValueType, Reason
from openfeature.provider import AbstractProvider, Metadata, ProviderStatus
from openfeature.track import TrackingEventDetails

from ._errors import NotReady
from ._native import Change, Client, Context, Detail, NewState, StatusChange, Subscription

if TYPE_CHECKING:
    from ._native import _Kind

__all__ = ["FeatureHubProvider"]

_T = TypeVar("_T")

#: The attributes that the targeting key becomes in each system, unless the context has an attribute of this name.
_USER_KEYS = {"featurehub": "userkey", "featbit": "keyId"}

_REASONS = {
    "STRATEGY_MATCH": Reason.TARGETING_MATCH,
    "SPLIT": Reason.SPLIT,
    "DEFAULT": Reason.DEFAULT,
    "STATIC": Reason.STATIC,
    "OFF": Reason.DISABLED,
    "TARGET": Reason.TARGETING_MATCH,
    "INTERCEPTED": "OVERRIDE",
}


class _ProviderName(str):
    """The name in the metadata of one provider. The SDK passes this object on in the events of its provider, and of no other one."""


class FeatureHubProvider(AbstractProvider):
    """An OpenFeature provider that reads features from a client.

    The program can use the client directly as well. The program closes the client; ``shutdown`` only ends the events of the
    provider. ``patience`` is the maximum time in seconds that ``initialize`` waits for features.

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

    def __init__(self, client: Client, *, patience: float | timedelta = 10.0) -> None:
        super().__init__()
        self._client = client
        self._patience = patience
        self._user_key = _USER_KEYS[client.system]
        self._name = _ProviderName("featurehub")
        self._subscriptions: list[Subscription] = []
        self._held: dict[str, Subscription] = {}
        self._lock = threading.Lock()
        self._emitted = ProviderStatus.NOT_READY
        #: True while the client has no values for another context of a server-evaluated key.
        self._lacks_values = False

    @property
    def client(self) -> Client:
        """The client that this provider reads from."""
        return self._client

    def get_metadata(self) -> Metadata:
        """Return the name of the provider, `featurehub`."""
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
        detail = self._detail(flag_key, evaluation_context, "BOOLEAN")
        return _resolved(detail, cast(bool, detail.value))

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """Return the value of a STRING feature."""
        detail = self._detail(flag_key, evaluation_context, "STRING")
        return _resolved(detail, cast(str, detail.value))

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """Return the value of a NUMBER feature that is an integer, of any size."""
        detail = self._detail(flag_key, evaluation_context, "NUMBER")
        if isinstance(detail.value, float) and detail.value.is_integer():
            # The decimal text may be that of an integer, such as 10.0. Both reads must be of one state.
            snapshot = self._source(evaluation_context).snapshot()
            detail, exact = snapshot.detail(flag_key, "NUMBER"), snapshot.decimal(flag_key)
            if exact is not None and exact == (whole := int(exact)):
                return _resolved(detail, whole)
        if not isinstance(detail.value, int):
            raise TypeMismatchError("the number is not an integer, or is too large for an exact conversion")
        return _resolved(detail, detail.value)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """Return the ``float`` that is nearest to the value of a NUMBER feature."""
        detail = self._detail(flag_key, evaluation_context, "NUMBER")
        number = cast("int | float", detail.value)
        try:
            return _resolved(detail, float(number))
        except OverflowError:
            return _resolved(detail, math.inf if number > 0 else -math.inf)

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[FlagValueType] | Mapping[str, FlagValueType],
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Sequence[FlagValueType] | Mapping[str, FlagValueType]]:
        """Return the value of a JSON feature that is an object or a list."""
        detail = self._detail(flag_key, evaluation_context, "JSON")
        try:
            document = json.loads(cast(str, detail.value), parse_constant=_no_json)
        except (ValueError, RecursionError) as error:
            raise ParseError(str(error)) from None
        if not isinstance(document, (dict, list)):
            raise TypeMismatchError("the JSON value is neither an object nor a list")
        return _resolved(detail, document)

    def track(
        self,
        tracking_event_name: str,
        evaluation_context: EvaluationContext | None = None,
        tracking_event_details: TrackingEventDetails | None = None,
    ) -> None:
        """Report an event to the observers of the client, with the values of all features for the context.

        A client of FeatBit reports a metric instead: the event's name and its value, which is 1 by default.
        """
        if self._client.system == "featbit":
            value = tracking_event_details.value if tracking_event_details is not None else None
            context = self._source(evaluation_context)
            if isinstance(context, Context):
                context.track(tracking_event_name, 1.0 if value is None else value)
            return
        params: dict[str, Any] = {}
        if tracking_event_details is not None:
            params.update(tracking_event_details.attributes)
            if tracking_event_details.value is not None:
                params["value"] = tracking_event_details.value
        self._source(evaluation_context).record(tracking_event_name, params)

    def _detail(self, key: str, context: EvaluationContext | None, kind: _Kind) -> Detail:
        detail = self._source(context).detail(key, kind)
        if detail.reason in _REASONS and detail.value is not None:
            return detail
        if detail.reason == "NOT_FOUND":
            raise FlagNotFoundError("the feature does not exist")
        if detail.reason == "TYPE_MISMATCH":
            raise TypeMismatchError(f"the type of the feature is {detail.kind or 'unknown'}")
        if detail.reason == "MALFORMED":
            source = self._source(context)
            if isinstance(source, Context) and self._user_key in source.attributes:
                raise GeneralError("the flag is malformed for this user: `diagnostics` of the client may say why")
            raise TargetingKeyMissingError("a flag of FeatBit needs the key of a user: set the targeting key")
        if detail.reason != "NOT_READY":
            raise FlagNotFoundError("the feature has no value")
        if self._client.is_ready and self._client.is_server_evaluated:
            raise InvalidContextError(
                "the API key is server-evaluated, and this context was not given to the client with `set_context`"
            )
        raise ProviderNotReadyError("the client has no features yet")

    def _source(self, context: EvaluationContext | None) -> Client | Context:
        attributes = {} if context is None else _attributes(context, self._user_key)
        if not attributes and self._client.is_server_evaluated:
            # These are the values of the context that was given to the client with `set_context`.
            return self._client
        try:
            return self._client.context(attributes)
        except (TypeError, ValueError) as error:
            raise InvalidContextError(str(error)) from None

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


def _attributes(context: EvaluationContext, user_key: str) -> dict[str, Any]:
    attributes = {name: _attribute(name, value) for name, value in context.attributes.items()}
    if context.targeting_key is not None:
        attributes.setdefault(user_key, context.targeting_key)
    return attributes


def _attribute(name: str, value: object) -> object:
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, Mapping):
        raise InvalidContextError(f"the attribute {name} is a structure; only lists of single values are supported")
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [_instant(item) if isinstance(item, datetime) else item for item in value]
    return value


def _instant(moment: datetime) -> str:
    """Return a time as text with milliseconds. A time without a zone is local, as everywhere in Python."""
    moment = moment.astimezone(timezone.utc)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _no_json(text: str) -> object:
    raise ValueError(f"{text} is no JSON")


def _resolved(detail: Detail, value: _T) -> FlagResolutionDetails[_T]:
    metadata: dict[str, bool | int | float | str] = {}
    if detail.exists:
        metadata["version"] = detail.version
        metadata["locked"] = detail.is_locked
    for name, text in (
        ("featureId", detail.id),
        ("environmentId", detail.environment),
        ("strategyId", detail.strategy_id),
        ("overriddenBy", detail.interceptor),
    ):
        if text is not None:
            metadata[name] = text
    for name, text in detail.properties.items():
        metadata[f"property.{name}"] = text
    return FlagResolutionDetails(
        value=value,
        reason=_REASONS.get(detail.reason, Reason.UNKNOWN),
        variant=detail.strategy_id or "default",
        flag_metadata=cast(FlagMetadata, metadata),
    )
