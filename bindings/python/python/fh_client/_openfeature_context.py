"""The attributes that OpenFeature's evaluation contexts become."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openfeature.evaluation_context import EvaluationContext

_LOG = logging.getLogger("fh_client")
_MAX_WARNINGS = 20
_TARGETING_KEY = "targetingKey"
_MAX_LEVELS = 8
"""The number of structures, one inside the other, that are flattened. A structure inside the eighth is left out."""


_Warn = Callable[[str, object], None]


def attributes(context: EvaluationContext, user_key: str, warn: _Warn) -> dict[str, Any]:
    """Return the attributes of an evaluation context.

    The targeting key becomes the user key, unless the context has a value for this attribute. The values in a structure become attributes with
    names such as `device.os`. A list in a list and a structure in a list are left out, with a call of `warn`.
    """
    given: dict[str, Any] = {}
    _add_values(given, "", context.attributes, warn)
    if context.targeting_key is not None:
        given.setdefault(_TARGETING_KEY if user_key in given else user_key, context.targeting_key)
    _add_structures(given, "", context.attributes, 0, warn)
    return given


def _add_values(given: dict[str, Any], prefix: str, fields: Mapping[str, Any], warn: _Warn) -> None:
    for name, value in fields.items():
        if _is_list(value):
            found = [item for item in value if item is not None]
            value = [item for item in found if not _is_structure(item) and not _is_list(item)]
            if len(value) < len(found):
                warn(f"{prefix}{name}", "a list can have only single values")
        if value is not None and value != [] and not _is_structure(value):
            given.setdefault(f"{prefix}{name}", value)


def _add_structures(given: dict[str, Any], prefix: str, fields: Mapping[str, Any], level: int, warn: _Warn) -> None:
    """Add the values of each structure first, and then those of the structures in it, both in the order of their names."""
    structures = {f"{prefix}{name}": value for name, value in fields.items() if _is_structure(value)}
    for name, structure in sorted(structures.items(), key=lambda item: f"{item[0]}."):
        if level == _MAX_LEVELS:
            warn(name, f"it is inside of {_MAX_LEVELS} structures")
        else:
            _add_values(given, f"{name}.", structure, warn)
            _add_structures(given, f"{name}.", structure, level + 1, warn)


def _is_structure(value: object) -> bool:
    # The type counts, and not the class that an object says it has: that of a lazy object may raise.
    return issubclass(type(value), Mapping)


def _is_list(value: object) -> bool:
    return issubclass(type(value), Sequence) and not issubclass(type(value), (str, bytes, bytearray))


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
            except Exception as error:
                # What a field's own object raises is as unusable as a type without a text.
                self.warn(name, error)
            else:
                kept[name] = value
        return kept

    def warn(self, name: str, error: object) -> None:
        """Log that a field is left out, once for each name."""
        if name not in self._names and len(self._names) < _MAX_WARNINGS:
            self._names.add(name)
            _LOG.warning("OpenFeature: %r is left out: %s", name, error)
