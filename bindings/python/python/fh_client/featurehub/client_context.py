"""Contexts and the reads of features."""

from __future__ import annotations

import json
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ._event_loop import run
from .edge_service import EdgeService
from .interceptors import InterceptorValue
from .strategy_attribute_country_name import StrategyAttributeCountryName
from .strategy_attribute_device_name import StrategyAttributeDeviceName
from .strategy_attribute_platform_name import StrategyAttributePlatformName

if TYPE_CHECKING:
    from typing_extensions import Self

    from .. import Client, Context

__all__ = [
    "ClientContext",
    "ClientEvalFeatureContext",
    "FeatureState",
    "InternalFeatureRepository",
    "ServerEvalFeatureContext",
]


class FeatureState:
    """One feature. The reads are properties, as in `featurehub-sdk`. This base class is that of a feature without a value."""

    __slots__ = ()

    @property
    def get_value(self) -> bool | str | int | float | None:
        """The value of any type. The value of a JSON feature is its text."""
        return None

    @property
    def locked(self) -> bool:
        """True if the feature is locked."""
        return False

    @property
    def id(self) -> str | None:
        """The id of the feature."""
        return None

    @property
    def get_version(self) -> int:
        """The version of the feature's value; -1 if the feature does not exist."""
        return -1

    @property
    def get_key(self) -> str:
        """The key of the feature."""
        return ""

    @property
    def key(self) -> str:
        """The key of the feature."""
        return ""

    @property
    def get_string(self) -> str | None:
        """The value of a STRING feature."""
        return None

    @property
    def get_number(self) -> int | float | None:
        """The value of a NUMBER feature."""
        return None

    @property
    def get_raw_json(self) -> str | None:
        """The text of a JSON feature."""
        return None

    @property
    def get_boolean(self) -> bool | None:
        """The value of a BOOLEAN feature."""
        return None

    @property
    def get_flag(self) -> bool | None:
        """The value of a BOOLEAN feature."""
        return None

    @property
    def is_enabled(self) -> bool:
        """True if the feature is a BOOLEAN with the value true."""
        return False

    @property
    def is_set(self) -> bool:
        """True if the feature has a value."""
        return False

    @property
    def exists(self) -> bool:
        """True if the feature exists."""
        return False

    def with_context(self, ctx: ClientContext) -> FeatureState:
        """Return the same feature, read for a context."""
        return self


class InternalFeatureRepository:
    """The base class of repositories, with which contexts, features and sources work."""

    #: The client whose features the repository has; `None` before the first features.
    client: Client | None = None

    def feature(self, key: str) -> FeatureState:
        """Return a feature, which need not exist."""
        return FeatureState()

    def find_interceptor(self, feature_value: str) -> InterceptorValue | None:
        """Return the value that an interceptor has for a key."""
        return None

    @property
    def has_interceptors(self) -> bool:
        """True if there are interceptors to ask."""
        return False

    def extract_feature_state(self) -> list[dict[str, Any]]:
        """Return the features in the form that an Edge sends."""
        return []

    def is_ready(self) -> bool:
        """Return true if the repository has features."""
        return False

    def not_ready(self) -> None:
        """Let the repository be not ready until it gets features."""

    def notify(self, cmd: str, data: Any) -> None:
        """Take features."""


def _attribute(value: object) -> object:
    """Return a value in a form that attributes have. Other objects count as their text."""
    return value if isinstance(value, (str, bool, int, Decimal, Enum)) else str(value)


class ClientContext:
    """The attributes of one user. Its methods change it and return it, so that calls can be chained."""

    USER_KEY = "userkey"
    SESSION = "session"
    COUNTRY = "country"
    DEVICE = "device"
    PLATFORM = "platform"
    VERSION = "version"

    def __init__(self, repo: InternalFeatureRepository) -> None:
        self._repository = repo
        self._attributes: dict[str, list[Any]] = {}
        self._context: Context | None = None

    def user_key(self, value: str) -> Self:
        """Set the attribute `userkey`, which percentages use."""
        return self._set(self.USER_KEY, [value])

    def session_key(self, value: str) -> Self:
        """Set the attribute `session`, which percentages prefer to `userkey`."""
        return self._set(self.SESSION, [value])

    def country(self, value: StrategyAttributeCountryName | str) -> Self:
        """Set the attribute `country`."""
        return self._set(self.COUNTRY, [value])

    def device(self, value: StrategyAttributeDeviceName | str) -> Self:
        """Set the attribute `device`."""
        return self._set(self.DEVICE, [value])

    def platform(self, value: StrategyAttributePlatformName | str) -> Self:
        """Set the attribute `platform`."""
        return self._set(self.PLATFORM, [value])

    def version(self, version: str) -> Self:
        """Set the attribute `version`."""
        return self._set(self.VERSION, [version])

    def attribute_values(self, key: str, values: list[Any]) -> Self:
        """Set an attribute with several values. A rule matches if one of them does."""
        return self._set(key, [values] if isinstance(values, str) else list(values))

    def clear(self) -> Self:
        """Remove all attributes."""
        self._attributes.clear()
        self._context = None
        return self

    def _set(self, key: str, values: list[Any]) -> Self:
        self._attributes[key] = values
        self._context = None
        return self

    def get_attr(self, key: str, default_value: str | None = None) -> object:
        """Return the first value of an attribute."""
        return next(iter(self._attributes.get(key, ())), default_value)

    @property
    def default_percentage_key(self) -> str | None:
        """The text that percentages without attributes of their own use."""
        value = self.get_attr(self.SESSION) or self.get_attr(self.USER_KEY)
        return None if value is None else str(value)

    def is_enabled(self, name: str) -> bool:
        """Return true if the feature is a BOOLEAN with the value true."""
        return self.feature(name).is_enabled

    def feature(self, name: str) -> FeatureState:
        """Return a feature, read for this context."""
        return self._repository.feature(name).with_context(self)

    def is_set(self, name: str) -> bool:
        """Return true if the feature has a value."""
        return self.feature(name).is_set

    def get_number(self, name: str) -> int | float | None:
        """Return the value of a NUMBER feature."""
        return self.feature(name).get_number

    def get_string(self, name: str) -> str | None:
        """Return the value of a STRING feature."""
        return self.feature(name).get_string

    def get_json(self, name: str) -> Any:
        """Return the parsed value of a JSON feature; `None` if its text is no JSON."""
        text = self.feature(name).get_raw_json
        try:
            return None if text is None else json.loads(text)
        except ValueError:
            return None

    def get_raw_json(self, name: str) -> str | None:
        """Return the text of a JSON feature."""
        return self.feature(name).get_raw_json

    def get_flag(self, name: str) -> bool | None:
        """Return the value of a BOOLEAN feature."""
        return self.feature(name).get_flag

    def get_boolean(self, name: str) -> bool | None:
        """Return the value of a BOOLEAN feature."""
        return self.feature(name).get_boolean

    def exists(self, name: str) -> bool:
        """Return true if the feature exists."""
        return self.feature(name).exists

    async def build(self) -> Self:
        """Wait until the features are there, and return this context."""
        return self

    def build_sync(self) -> Self:
        """Return this context."""
        return self

    def source(self) -> Client | Context | None:
        """Return what this context reads: a context of `fh_client`, or `None` if there are no features yet."""
        client = self._repository.client
        if client is not None and (self._context is None or self._context.client is not client):
            self._context = self._context_of(client)
        return self._context

    def _context_of(self, client: Client) -> Context:
        return client.context(self._mapping())

    def _mapping(self) -> dict[str, Any]:
        values = self._attributes.items()
        return {key: [_attribute(one) for one in several if one is not None] for key, several in values}


class ClientEvalFeatureContext(ClientContext):
    """The context of a client-evaluated key. Its rules are evaluated in this process, at each read."""

    def __init__(self, repo: InternalFeatureRepository, edge: EdgeService) -> None:
        super().__init__(repo)
        self._edge = edge

    async def build(self) -> Self:
        """Start the source of the features at the first call, and wait for the features then."""
        await self._edge.poll()
        return self


class ServerEvalFeatureContext(ClientContext):
    """The context of a server-evaluated key. The Edge evaluates the features for it when it is built.

    The values are those of the context that was built last. Another context has no values, so that no user gets those of another.
    """

    def __init__(self, repo: InternalFeatureRepository, edge: EdgeService) -> None:
        super().__init__(repo)
        self._edge = edge
        self._header: str | None = None

    async def build(self) -> Self:
        """Wait until the Edge has evaluated the features for this context."""
        header = self._new_header()
        take = getattr(self._edge, "take_context", None)
        if header == self._header == getattr(self._edge, "header", header):
            return self
        if not header and self._header is None:
            await self._edge.poll()
        elif take is not None:
            await take(header, self._mapping())
        else:
            self._repository.not_ready()
            await self._edge.context_change(header)
        self._header = header
        return self

    def build_sync(self) -> Self:
        """Wait until the Edge has evaluated the features for this context. An event loop is not needed, and may run."""
        return run(self.build())

    def source(self) -> Client | Context | None:
        """Return what this context reads. A context without attributes reads the features that the Edge sent last."""
        return super().source() if self._attributes else self._repository.client

    def _new_header(self) -> str:
        return "&".join(f"{key}={quote(str(_text(values)))}" for key, values in self._attributes.items() if values)


def _text(values: list[Any]) -> object:
    return values[0].value if isinstance(values[0], Enum) else values[0]
