"""The attributes that OpenFeature's evaluation contexts become."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from openfeature.evaluation_context import EvaluationContext

_LOG = logging.getLogger("fh_client")
_MAX_WARNINGS = 20
_TARGETING_KEY = "targetingKey"
_MAX_LEVELS = 8
"""The number of structures, one inside the other, that are flattened. A structure inside the eighth is left out."""


def attributes(context: EvaluationContext, user_key: str) -> dict[str, Any]:
    """Return the attributes of an evaluation context.

    The targeting key becomes the user key, unless the context has a value for this attribute. The values in a structure become attributes with
    names such as `device.os`. A list in a list and a structure in a list are left out.
    """
    given: dict[str, Any] = {}
    _add_values(given, "", context.attributes)
    if context.targeting_key is not None:
        given.setdefault(_TARGETING_KEY if user_key in given else user_key, context.targeting_key)
    _add_structures(given, "", context.attributes, 0)
    return given


def _add_values(given: dict[str, Any], prefix: str, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        if _is_list(value):
            value = list(_singles(value))
        if value is not None and value != [] and not isinstance(value, Mapping):
            given.setdefault(f"{prefix}{name}", value)


def _add_structures(given: dict[str, Any], prefix: str, fields: Mapping[str, Any], level: int) -> None:
    """Add the values of each structure first, and then those of the structures in it, both in the order of their names."""
    structures = {f"{prefix}{name}.": value for name, value in fields.items() if isinstance(value, Mapping)}
    for inner, structure in sorted(structures.items() if level < _MAX_LEVELS else ()):
        _add_values(given, inner, structure)
        _add_structures(given, inner, structure, level + 1)


def _singles(values: Sequence[object]) -> Iterator[object]:
    for value in values:
        if value is not None and not isinstance(value, Mapping) and not _is_list(value):
            yield value


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray))


class FieldWarnings:
    """The warnings of one provider about fields that it leaves out: one for each name, and at most 20."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def usable(self, fields: Mapping[str, Any], convert: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Return the fields that can be converted. Warn of each other one."""
        kept = {}
        for name, value in fields.items():
            try:
                convert({name: value})
            except (TypeError, ValueError) as error:
                self.warn(name, error)
            else:
                kept[name] = value
        return kept

    def warn(self, name: str, error: Exception) -> None:
        """Log that a field is left out, once for each name."""
        if name not in self._names and len(self._names) < _MAX_WARNINGS:
            self._names.add(name)
            _LOG.warning("OpenFeature: %r is left out: %s", name, error)
