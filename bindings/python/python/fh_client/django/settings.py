"""What the settings of the project name."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Union, cast

from django import conf
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils.module_loading import import_string

from .._native import Client, Context

Made = Union[Context, Mapping[str, Any], None]
ContextFunction = Callable[[HttpRequest], Union[Made, Awaitable[Made]]]

_lock = threading.Lock()
#: The clients that functions have made, by their dotted paths.
_made: dict[str, Client] = {}


def client() -> Client:
    """Return the client that the setting ``FH_CLIENT`` names."""
    named = getattr(conf.settings, "FH_CLIENT", None)
    found: object = named
    if isinstance(named, str):
        found = _made.get(named) or import_string(named)
        if callable(found):
            with _lock:
                found = _made.get(named) or found()
                if isinstance(found, Client):
                    _made[named] = found
    if not isinstance(found, Client):
        raise ImproperlyConfigured("FH_CLIENT is a client, the dotted path of one, or that of a function that makes it")
    return found


def context_function() -> ContextFunction | None:
    """Return the function that the setting ``FH_CONTEXT`` names; ``None`` if there is none."""
    named = getattr(conf.settings, "FH_CONTEXT", None)
    found = import_string(named) if isinstance(named, str) else named
    if found is not None and not callable(found):
        raise ImproperlyConfigured("FH_CONTEXT is the dotted path of a function")
    return cast("ContextFunction | None", found)
