"""The template tag ``{% feature %}``, after ``{% load fh_client %}``."""

from __future__ import annotations

from typing import Any

from django import template

from ..._native import Context
from ...per_request import features

register = template.Library()


@register.simple_tag(takes_context=True)
def feature(context: template.Context, key: str, default: object = "") -> Any:
    """Return the value of a feature for the user of the request; of a JSON feature, the parsed value.

    ``{% feature "GREETING" %}`` writes the value, ``{% feature "LIMIT" 10 %}`` has a default, and ``{% feature "NEW_CHECKOUT" as new %}``
    keeps the value for ``{% if new %}``.
    """
    request = context.get("request")
    found = getattr(request, "features", None)
    source = found if isinstance(found, Context) else features()
    detail = source.detail(key)
    if detail.value is None:
        return default
    return source.json(key, default) if detail.kind == "JSON" else detail.value
