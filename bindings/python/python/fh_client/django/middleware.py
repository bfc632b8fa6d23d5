"""The middleware."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Union, cast
from weakref import WeakMethod

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from .._native import Context
from .._worker import is_coroutine
from ..per_request import body_within, within
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
            if is_coroutine(made):
                made = async_to_sync(_awaited)(made)
        context = self._set(request, made)
        with within(context):
            return _streamed(cast("HttpResponseBase", self._get_response(request)), context)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        made: Any = None
        if self._context is not None:
            call = cast("Callable[[HttpRequest], Any]", self._context)
            made = await (call(request) if self._context_is_awaited else sync_to_async(call)(request))
            if is_coroutine(made):
                # The function wraps a coroutine function.
                made = await made
        context = self._set(request, made)
        with within(context):
            return _streamed(await cast("Awaitable[HttpResponseBase]", self._get_response(request)), context)

    def _set(self, request: HttpRequest, made: Made) -> Context:
        context = made if isinstance(made, Context) else self._client.context(made)
        request.features = context  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        return context


async def _awaited(made: Awaitable[Made]) -> Made:
    return await made


def _streamed(response: HttpResponseBase, context: Context) -> HttpResponseBase:
    """Return the response, whose body is made within the context if it is made while it is sent. A file stays a file for the server."""
    if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
        parts = cast("Any", response.streaming_content)
        response.streaming_content = _async_body(context, parts) if response.is_async else body_within(context, parts)
        # A response that referred to itself would live on until a garbage collection, and with it a body that was given up.
        own = WeakMethod(response.close)

        def close_within() -> None:
            close = own()
            if close is not None:
                with within(context):
                    close()

        response.close = close_within  # type: ignore[method-assign]
    return response


async def _async_body(context: Context, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        with within(context):
            try:
                part = await anext(parts)
            except StopAsyncIteration:
                return
        yield part
