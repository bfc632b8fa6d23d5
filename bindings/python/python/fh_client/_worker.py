"""The threads that call functions of the program. The native module starts them when there is something to call."""

from __future__ import annotations

import _thread
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

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


def close(interceptor: _Closes) -> None:
    """Tell an interceptor that its client has ended, or that it was removed."""
    interceptor.close()


def work(calls: Calls) -> None:
    """Call functions until none is left to call, or until the interpreter ends."""
    threading.current_thread().name = "fh-listeners"
    while (given := calls.next()) is not None:
        call, event, progress = given
        try:
            call(event)
        except BaseException as error:
            progress.failed(call, error)
        # The last reference to the function may be this one, and the client must not wait for a function that is gone.
        del given, call, event
        progress.finish()
