"""The middleware."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Union, cast

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .._native import Context
from ..per_request import within
from .settings import Made, client, context_function

_Answer = Union[HttpResponseBase, Awaitable[HttpResponseBase]]


class FeaturesMiddleware:
    """Sets ``request.features`` to the context of the request's user. ``features()`` returns it in all code that runs for the request.

    Under ASGI, a coroutine function in ``FH_CONTEXT`` saves the change to another thread, in which Django runs other functions.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], _Answer]) -> None:
        self._get_response = get_response
        self._client = client()
        self._context = context_function()
        self._context_is_awaited = self._context is not None and iscoroutinefunction(self._context)
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> _Answer:
        """Answer a request."""
        if self._is_async:
            return self._answer(request)
        made: Any = None
        if self._context is not None:
            call = cast("Callable[[HttpRequest], Any]", self._context)
            made = async_to_sync(call)(request) if self._context_is_awaited else call(request)
        with within(self._set(request, made)):
            return cast("HttpResponseBase", self._get_response(request))

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        made: Any = None
        if self._context is not None:
            call = cast("Callable[[HttpRequest], Any]", self._context)
            made = await (call(request) if self._context_is_awaited else sync_to_async(call)(request))
        with within(self._set(request, made)):
            return await cast("Awaitable[HttpResponseBase]", self._get_response(request))

    def _set(self, request: HttpRequest, made: Made) -> Context:
        context = made if isinstance(made, Context) else self._client.context(made)
        request.features = context  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        return context
