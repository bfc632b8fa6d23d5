"""The threads that call functions of the program. The native module starts them when there is something to call."""

from __future__ import annotations

import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from ._native import Calls

    class _Closes(Protocol):
        def close(self) -> object: ...


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
