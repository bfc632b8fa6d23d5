"""A middleware for ASGI applications, such as those of FastAPI and Starlette, that gives each request a context.

The middleware needs no package. ``request_features`` is a dependency for FastAPI (``fh-client[fastapi]``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Union

from ._native import Client, Context
from .per_request import features, within

__all__ = ["FeaturesMiddleware", "features", "request_features"]

_Scope = MutableMapping[str, Any]
_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]
_Made = Union[Context, Mapping[str, Any], None]


class FeaturesMiddleware:
    """Gives each request and each WebSocket a context.

    ``context`` is a function, or a coroutine function, that gets the scope of the request and returns the attributes of its user as a
    mapping, a context, or ``None`` for a context without attributes. ``scope["features"]``, and ``features()`` in all code that runs
    for the request, are the context.

    >>> import fh_client
    >>> from fh_client.asgi import FeaturesMiddleware, features
    >>> async def app(scope, receive, send):
    ...     print(features().attributes)
    >>> client = fh_client.Client.offline()
    >>> with_features = FeaturesMiddleware(app, client, lambda scope: {"userkey": "mara"})
    >>> import asyncio
    >>> asyncio.run(with_features({"type": "http"}, None, None))
    {'userkey': ('mara',)}
    >>> client.close()
    """

    def __init__(
        self, app: _App, client: Client, context: Callable[[_Scope], _Made | Awaitable[_Made]] | None = None
    ) -> None:
        self._app = app
        self._client = client
        self._context = context

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Serve a request. Other scopes, such as the life of the application, pass unchanged."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        made = None if self._context is None else self._context(scope)
        if isinstance(made, Awaitable):
            made = await made
        context = made if isinstance(made, Context) else self._client.context(made)
        scope["features"] = context
        with within(context):
            await self._app(scope, receive, send)


async def request_features() -> Context:
    """Return the context of the present request, as a dependency of FastAPI: ``Annotated[Context, Depends(request_features)]``."""
    return features()
