"""The context of the present request, for code that gets no request: a context variable.

Each thread and each task has its own, so that views that share a thread do not see the context of another user. The middlewares of
``fh_client.asgi`` and ``fh_client.django`` set it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TypeVar

from ._native import Context

__all__ = ["body_within", "features", "within"]

_T = TypeVar("_T")

_current: ContextVar[Context] = ContextVar("fh_client.features")


def features() -> Context:
    """Return the context of the present request. Raise ``LookupError`` outside of requests."""
    try:
        return _current.get()
    except LookupError:
        raise LookupError(
            "there is no context of a request here: the middleware of fh_client is not in use, or this code runs after its request"
        ) from None


class within:
    """Make a context the present one, within a ``with`` block.

    >>> import fh_client
    >>> from fh_client.per_request import features, within
    >>> with fh_client.Client.offline() as client, within(client.context(userkey="mara")):
    ...     features().attributes
    {'userkey': ('mara',)}
    """

    __slots__ = ("_context", "_token")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._token: Token[Context] | None = None

    def __enter__(self) -> Context:
        self._token = _current.set(self._context)
        return self._context

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._token is not None:
            _current.reset(self._token)


def body_within(context: Context, parts: Iterable[_T]) -> Iterator[_T]:
    """Return the parts of a body that is made while it is sent, after the ``with`` block of its request. Each part is made within the context.

    >>> import fh_client
    >>> from fh_client.per_request import body_within, features
    >>> with fh_client.Client.offline() as client:
    ...     body = body_within(client.context(userkey="mara"), (features().attributes for _ in range(1)))
    ...     list(body)
    [{'userkey': ('mara',)}]
    """
    with within(context):
        iterator = iter(parts)
    try:
        while True:
            with within(context):
                try:
                    part = next(iterator)
                except StopIteration:
                    return
            yield part
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            with within(context):
                close()
