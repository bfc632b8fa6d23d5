"""The attributes that OpenFeature's evaluation contexts become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import InvalidContextError


def attributes(context: EvaluationContext, user_key: str) -> dict[str, Any]:
    """Return the attributes of an evaluation context, with the targeting key under this name unless the context has such an attribute."""
    given = {name: _attribute(name, value) for name, value in context.attributes.items()}
    if context.targeting_key is not None:
        given.setdefault(user_key, context.targeting_key)
    return given


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
