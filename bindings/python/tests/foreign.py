"""Objects of programs that answer reads of attributes in their own way: mocks, lazy objects and proxies."""

from __future__ import annotations

from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock


class _Callable:
    """An object that keeps the arguments of its calls."""

    def __init__(self) -> None:
        self.called: list[object] = []

    def __call__(self, event: object) -> None:
        self.called.append(event)


class NewAtEachRead(_Callable):
    """A proxy, such as one of a remote server: each attribute is another proxy."""

    def __getattr__(self, name: str) -> NewAtEachRead:
        return NewAtEachRead()


class Itself(_Callable):
    """An object whose attributes are the object, such as one that builds an expression."""

    def __getattr__(self, name: str) -> Itself:
        return self


class Raises(_Callable):
    """A lazy object that cannot be made, so that each attribute raises, even its class."""

    def __getattribute__(self, name: str) -> Any:
        if name in ("called", "__dict__"):
            return object.__getattribute__(self, name)
        raise ZeroDivisionError(name)


FOREIGN = [Mock, MagicMock, AsyncMock, NewAtEachRead, Itself, Raises]
