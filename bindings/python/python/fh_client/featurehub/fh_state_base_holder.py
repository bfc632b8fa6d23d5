"""The reads of one feature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from .client_context import ClientContext, FeatureState, InternalFeatureRepository

if TYPE_CHECKING:
    from .. import Client, Context, Detail

__all__ = ["FeatureStateHolder"]


class FeatureStateHolder(FeatureState):
    """One feature of a repository, without a context or for one. Each read gives the present value."""

    __slots__ = ("_context", "_key", "_repository")

    def __init__(self, key: str, repo: InternalFeatureRepository, ctx: ClientContext | None = None) -> None:
        self._key = key
        self._repository = repo
        self._context = ctx

    def with_context(self, ctx: ClientContext) -> FeatureStateHolder:
        """Return the same feature, read for a context."""
        return FeatureStateHolder(self._key, self._repository, ctx)

    def _source(self) -> Client | Context | None:
        return self._repository.client if self._context is None else self._context.source()

    def _peek(self) -> Detail | None:
        client = self._repository.client
        return None if client is None else client.peek(self._key)

    def _read(self, kind: Literal["BOOLEAN", "STRING", "NUMBER", "JSON"] | None) -> Any:
        if self._repository.has_interceptors and not self.locked:
            found = self._repository.find_interceptor(self._key)
            if found is not None:
                return found.cast(kind or self.feature_type or "STRING")
        source = self._source()
        if source is None:
            return None
        if kind == "BOOLEAN":
            return source.boolean(self._key)
        if kind == "STRING":
            return source.string(self._key)
        if kind == "NUMBER":
            return source.number(self._key)
        return source.value(self._key) if kind is None else source.raw_json(self._key)

    @property
    def get_value(self) -> bool | str | int | float | None:
        """The value of any type. The value of a JSON feature is its text."""
        return cast("bool | str | int | float | None", self._read(None))

    @property
    def get_string(self) -> str | None:
        """The value of a STRING feature."""
        return cast("str | None", self._read("STRING"))

    @property
    def get_number(self) -> int | float | None:
        """The value of a NUMBER feature."""
        return cast("int | float | None", self._read("NUMBER"))

    @property
    def get_raw_json(self) -> str | None:
        """The text of a JSON feature."""
        return cast("str | None", self._read("JSON"))

    @property
    def get_boolean(self) -> bool | None:
        """The value of a BOOLEAN feature."""
        return cast("bool | None", self._read("BOOLEAN"))

    @property
    def get_flag(self) -> bool | None:
        """The value of a BOOLEAN feature."""
        return self.get_boolean

    @property
    def is_enabled(self) -> bool:
        """True if the feature is a BOOLEAN with the value true."""
        return self.get_boolean is True

    @property
    def is_set(self) -> bool:
        """True if the feature has a value."""
        return self._read(None) is not None

    @property
    def exists(self) -> bool:
        """True if the feature exists."""
        client = self._repository.client
        return client is not None and client.exists(self._key)

    @property
    def locked(self) -> bool:
        """True if the feature is locked."""
        detail = self._peek()
        return detail is not None and detail.is_locked

    @property
    def id(self) -> str | None:
        """The id of the feature."""
        detail = self._peek()
        return None if detail is None else detail.id

    @property
    def feature_type(self) -> str | None:
        """The type of the feature: `BOOLEAN`, `STRING`, `NUMBER` or `JSON`."""
        detail = self._peek()
        return None if detail is None else detail.kind

    @property
    def get_version(self) -> int:
        """The version of the feature's value; -1 if the feature does not exist."""
        detail = self._peek()
        return -1 if detail is None else detail.version

    @property
    def get_key(self) -> str:
        """The key of the feature."""
        return self._key

    @property
    def key(self) -> str:
        """The key of the feature."""
        return self._key

    @property
    def internal_feature_state(self) -> dict[str, Any] | None:
        """The feature in the form that an Edge sends; `None` if it does not exist."""
        state = self._repository.extract_feature_state()
        return next((feature for feature in state if feature["key"] == self._key), None)
