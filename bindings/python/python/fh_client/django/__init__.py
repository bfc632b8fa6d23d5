"""A middleware and a template tag for Django, which give each request a context.

Install ``fh-client[django]``. In the settings:

- ``FH_CLIENT`` is the client, the dotted path of one, or the dotted path of a function without arguments that makes it at its first
  use. A lazy client (``start="lazy"``) suits servers that fork.
- ``FH_CONTEXT`` is the dotted path of a function that gets the request and returns the attributes of its user as a mapping, a context,
  or ``None``. It may be a coroutine function.
- ``"fh_client.django.FeaturesMiddleware"`` is among ``MIDDLEWARE``, after the one that sets ``request.user``.
- ``"fh_client.django"`` is among ``INSTALLED_APPS``, for the template tag.
"""

from __future__ import annotations

from ..per_request import features
from .middleware import FeaturesMiddleware
from .settings import client

__all__ = ["FeaturesMiddleware", "client", "features"]
