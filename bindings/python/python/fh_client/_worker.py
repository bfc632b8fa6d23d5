"""The threads that call functions of the program. The native module starts them when there is something to call."""

from __future__ import annotations

import _thread
import sys
import threading
from collections.abc import Coroutine
from functools import partial
from types import FunctionType, MethodType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol, TypeGuard

    from ._native import Calls

    class _Closes(Protocol):
        def close(self) -> object: ...


def thread_starter() -> Callable[..., Any]:
    """Return the function that starts a thread of the operating system.

    gevent replaces it by one that starts a greenlet, which would never run on a thread of the client.
    """
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None:
        return _thread.start_new_thread
    return monkey.get_original("_thread", "start_new_thread")  # type: ignore[no-any-return]


#: The flag of a code object that belongs to a coroutine function.
COROUTINE = 0x80
#: The most methods and partials around a function. A partial may hold itself.
MOST_AROUND = 16


def is_coroutine_function(call: Callable[..., object]) -> bool:
    """Return true for a coroutine function, a method or a ``partial`` of one, and an object whose class calls one.

    Attributes of other objects are not read: a mock answers each read with another mock, and a lazy object begins its work.
    """
    inner: Any = call
    for _ in range(MOST_AROUND):
        if type(inner) is partial:
            inner = inner.func
        elif type(inner) is MethodType:
            inner = inner.__func__
        else:
            break
    if type(inner) is not FunctionType:
        # The metaclass of a foreign class may read attributes in its own way.
        inner = type.__getattribute__(type(inner), "__call__")
    return type(inner) is FunctionType and bool(inner.__code__.co_flags & COROUTINE)


def is_coroutine(outcome: object) -> TypeGuard[Coroutine[Any, Any, Any]]:
    """Return true if a function has returned a coroutine. Its class alone is looked at, as in ``is_coroutine_function``."""
    return outcome is not None and issubclass(type(outcome), Coroutine)


def refuse_coroutine(outcome: object) -> None:
    """Close a coroutine that nothing awaits, and raise a ``TypeError``."""
    if is_coroutine(outcome):
        outcome.close()
        raise TypeError(
            "the function returned a coroutine, and no event loop awaits it: register such a listener in a coroutine; interceptors and"
            " observers do their work before they return"
        )


def close(interceptor: _Closes) -> object:
    """Tell an interceptor that its client has ended, or that it was removed."""
    return interceptor.close()


def work(calls: Calls) -> None:
    """Call functions until none is left to call, or until the interpreter ends."""
    threading.current_thread().name = "fh-listeners"
    while (given := calls.next()) is not None:
        call, event, progress = given
        try:
            refuse_coroutine(call(event))
        except BaseException as error:
            progress.failed(call, error)
        # The last reference to the function may be this one, and the client must not wait for a function that is gone.
        del given, call, event
        progress.finish()
