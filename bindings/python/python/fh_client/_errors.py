"""The exceptions of the package."""

from __future__ import annotations


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._native import Status


class FhError(Exception):
    """The base class of the exceptions of this package. Its pickles and copies hold the client's status as a ``dict``."""

    def __reduce__(self) -> tuple[object, ...]:
        # A status belongs to the process of its client. A pool of processes pickles the exceptions of its workers.
        from ._native import Status

        state = {name: value.to_dict() if type(value) is Status else value for name, value in self.__dict__.items()}
        return type(self), self.args, state


class NotReady(FhError):
    """The client has no features, and the wait for them has ended.

    ``reason`` is ``"timed_out"``, ``"failed"`` (the Edge refuses the client), ``"stopped"`` (the client sends no more
    requests) or ``"closed"``.
    """

    reason: str = "failed"
    status: Status | dict[str, Any] | None = None
    problem: str | None = None


class TimedOut(NotReady, TimeoutError):
    """The time limit passed before the client was ready. The client continues its work.

    ``status`` is the client's status. In a pickle or a copy of the exception, it is the ``dict`` of ``Status.to_dict``.
    """

    reason = "timed_out"


class Closed(NotReady):
    """The client is closed."""

    reason = "closed"


class EdgeProblem(FhError):
    """A request to the Edge did not succeed. ``code`` is the short name of the problem, such as ``"unreachable"``."""

    code: str = ""


class Refused(FhError):
    """The Edge refused a test update, or its effect did not arrive.

    ``reason`` is ``"nonsense"``, ``"not_permitted"``, ``"no_such_feature"``, ``"locked"``, ``"not_possible"``,
    ``"not_applied"`` or ``"unexpected"``. ``status`` is the HTTP status, if there was one.
    """

    reason: str = ""
    status: int | None = None


for _class in (FhError, NotReady, TimedOut, Closed, EdgeProblem, Refused):
    _class.__module__ = "fh_client"
del _class
