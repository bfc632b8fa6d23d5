"""The parts of the package that use ``asyncio``. This module is loaded when a program first uses one of them."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, cast

from . import _native
from ._native import LoopSignal, Change, Client, Context, ContextPool, Feature, MemoryEdge, Pending, Slot, Subscription, TestUpdates
from ._worker import is_coroutine

if TYPE_CHECKING:
    from ._native import _Attribute, _Duration, _Readiness


class _LoopAwaits:
    """The awaits of one event loop. The loop watches the signal only while something waits."""

    def __init__(self) -> None:
        self._signal = LoopSignal()
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._tokens = 0

    async def outcome(self, pending: Pending, timeout: float | None) -> tuple[Any] | None:
        """Return the outcome of a future in a tuple, or ``None`` after the timeout."""
        loop = asyncio.get_running_loop()
        self._tokens += 1
        token = self._tokens
        timer: asyncio.TimerHandle | None = None
        is_over = False

        def end() -> None:
            # A wake in the same iteration of the loop takes the future, so the end of the time is noted besides.
            nonlocal is_over
            is_over = True
            self._wake(token)

        if not self._waiting:
            loop.add_reader(self._signal.fileno(), self._receive)
        self._waiting[token] = loop.create_future()
        try:
            while (outcome := pending.poll(self._signal, token)) is None:
                if is_over:
                    return None
                if timer is None and timeout is not None:
                    timer = loop.call_later(timeout, end)
                await self._waiting[token]
                self._waiting[token] = loop.create_future()
            return outcome
        finally:
            if timer is not None:
                timer.cancel()
            pending.cancel()
            del self._waiting[token]
            if not self._waiting:
                loop.remove_reader(self._signal.fileno())

    def _receive(self) -> None:
        for token in self._signal.received():
            self._wake(token)

    def _wake(self, token: int) -> None:
        future = self._waiting.get(token)
        if future is not None and not future.done():
            future.set_result(None)


_signals: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopAwaits] = weakref.WeakKeyDictionary()


async def _outcome(pending: Pending, timeout: _Duration | None = None) -> tuple[Any] | None:
    loop = asyncio.get_running_loop()
    signal = _signals.get(loop)
    if signal is None:
        signal = _signals[loop] = _LoopAwaits()
    return await signal.outcome(pending, _seconds(timeout))


def _seconds(timeout: _Duration | None) -> float | None:
    return timeout.total_seconds() if isinstance(timeout, timedelta) else timeout


async def _value(pending: Pending) -> Any:
    outcome = await _outcome(pending)
    assert outcome is not None
    return outcome[0]


class Aio:
    """The methods of a client that wait, as coroutines. They need no thread, and a task that awaits them can be cancelled."""

    __slots__ = ("_client",)

    def __init__(self, client: Client) -> None:
        self._client = client

    async def wait_ready(self, timeout: _Duration | None = None, through_refusals: bool = False) -> None:
        """Wait until the client has features. Raise `NotReady`, or `TimedOut` after the timeout."""
        if await _outcome(_native.wait_ready(self._client, through_refusals), timeout) is None:
            _native.timed_out(self._client)

    async def refresh(self) -> _Readiness:
        """Request the features from the Edge, and wait for the answer. Raise `EdgeProblem` if the request fails."""
        return cast("_Readiness", await _value(_native.refresh(self._client)))

    async def set_context(self, mapping: Mapping[str, _Attribute] | None = None, /, **attributes: _Attribute) -> Context:
        """Set the context of a server-evaluated key, and wait until the Edge has evaluated the features for it."""
        return cast(Context, await _value(_native.set_context(self._client, mapping, attributes)))

    async def set_api_keys(self, *api_keys: str) -> _Readiness:
        """Replace the API keys, and wait for the features."""
        return cast("_Readiness", await _value(_native.set_api_keys(self._client, api_keys)))

    async def set_headers(self, headers: Mapping[str, str], /) -> _Readiness:
        """Replace the additional headers of requests, and wait for the features."""
        return cast("_Readiness", await _value(_native.set_headers(self._client, headers)))

    async def flush(self, timeout: _Duration = 2.0) -> None:
        """Wait until all events are delivered. Raise `TimeoutError` after the timeout."""
        if await _outcome(_native.flush(self._client, timeout), timeout) is None:
            raise TimeoutError("not all events were delivered in time")

    async def close(self, timeout: _Duration = 2.0) -> None:
        """End the client, and wait at most this long for it. The last values answer afterwards."""
        await _outcome(_native.close(self._client), timeout)

    def test_updates(self, api_key: str | None = None) -> AioTestUpdates:
        """Return a handle that changes features at the Edge, for tests."""
        return AioTestUpdates(self._client.test_updates(api_key))

    async def _entered(self) -> Client:
        return self._client


class AioTestUpdates:
    """Changes of features at the Edge, for tests, as coroutines."""

    __slots__ = ("_updates",)

    def __init__(self, updates: TestUpdates) -> None:
        self._updates = updates

    async def set(self, key: str, /, **change: Any) -> Literal["accepted", "unchanged"]:
        """Change a feature, and wait for the answer of the Edge. Raise `Refused`."""
        return cast(Literal["accepted", "unchanged"], await _value(_native.update(self._updates, key, change)))

    async def set_and_wait(self, key: str, /, **change: Any) -> Literal["accepted", "unchanged"]:
        """Change a feature, and wait until the client has received the change. Raise `Refused`."""
        return cast(Literal["accepted", "unchanged"], await _value(_native.update_and_wait(self._updates, key, change)))


class AioContextPool:
    """The method of a pool of contexts that waits, as a coroutine."""

    __slots__ = ("_pool",)

    def __init__(self, pool: ContextPool) -> None:
        self._pool = pool

    async def get(self, mapping: Mapping[str, _Attribute] | Context | None = None, /, **attributes: _Attribute) -> Context:
        """Return the context with these attributes, or with those of a context, once the Edge has evaluated the features for it."""
        return cast(Context, await _value(_native.pooled(self._pool, mapping, attributes)))


class AioMemoryEdge:
    """The method of an Edge in memory that waits, as a coroutine."""

    __slots__ = ("_edge",)

    def __init__(self, edge: MemoryEdge) -> None:
        self._edge = edge

    async def delivered(self, timeout: _Duration | None = None) -> None:
        """Wait until the clients of all open streams have applied all events. Raise `TimeoutError` after the timeout."""
        if await _outcome(_native.delivered(self._edge), timeout) is None:
            raise TimeoutError("not all clients applied the events in time")


def on_loop(call: Callable[[Any], object], is_coroutine_function: bool) -> OnLoop | None:
    """Return the object that awaits the coroutines of a listener on the running loop; ``None`` if none runs, and none is needed."""
    loop = asyncio.get_running_loop() if is_coroutine_function else asyncio._get_running_loop()
    return None if loop is None else OnLoop(call, is_coroutine_function, loop)


class OnLoop:
    """A listener that was registered while a loop ran.

    A coroutine function runs on that loop, one event at a time. Another function runs on a thread of the client. If it returns a coroutine,
    it is a coroutine function in a wrapper: the loop awaits the coroutine, and calls the function from then on.
    """

    def __init__(self, call: Callable[[Any], object], is_coroutine_function: bool, loop: asyncio.AbstractEventLoop) -> None:
        self._call = call
        self._is_coroutine_function = is_coroutine_function
        self._loop = loop
        self._slot = Slot()
        self._first: Coroutine[Any, Any, object] | None = None
        self._task: asyncio.Task[None] | None = None
        self.subscription: Subscription | None = None

    def __call__(self, event: object) -> None:
        # This runs on a thread of the client.
        if self._is_coroutine_function:
            is_due = self._slot.put(event) or self._loop.is_closed()
        else:
            outcome = self._call(event)
            is_due = self._is_coroutine_function = is_coroutine(outcome)
            if is_coroutine(outcome):
                self._first = outcome
        if is_due:
            try:
                self._loop.call_soon_threadsafe(self._start)
            except RuntimeError:
                # The loop is closed.
                if self._first is not None:
                    self._first.close()
                if self.subscription is not None:
                    self.subscription.cancel()

    def _start(self) -> None:
        if self._task is None:
            self._task = self._loop.create_task(self._run())

    async def _run(self) -> None:
        try:
            while True:
                first, self._first = self._first, None
                event = self._slot.take() if first is None else None
                if first is None and event is None:
                    return
                try:
                    outcome = first or self._call(event)
                    if is_coroutine(outcome):
                        await outcome
                except Exception as error:
                    self._loop.call_exception_handler(
                        {"message": "a listener of fh_client raised an exception", "exception": error}
                    )
        finally:
            self._task = None

    def __repr__(self) -> str:
        return repr(self._call)


class Changes:
    """The changes of a feature, for ``async for``. Changes that arrive while the loop is busy are joined to one.

    If several tasks read, each change goes to one of them.
    """

    _subscriptions: tuple[Subscription, ...] = ()

    def __init__(self, source: Client | Context | Feature, client: Client, *key: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._slot = Slot()
        self._woken = asyncio.Event()
        self._is_ended = client.readiness == "CLOSED"
        # The client keeps the listener. An iterator that the program forgets ends its registration.
        this = weakref.ref(self)

        def arrived(change: Change) -> None:
            if (changes := this()) is not None:
                changes._arrived(change)

        def ended(change: _native.ReadinessChange) -> None:
            if change.readiness == "CLOSED" and (changes := this()) is not None:
                changes._is_ended = True
                changes._tell()

        on_change = cast(Callable[..., Subscription], source.on_change)
        self._subscriptions = (on_change(*key, arrived), client.on_readiness(ended))

    def _arrived(self, change: Change) -> None:
        # This runs on a thread of the client.
        if self._slot.put(change) or self._loop.is_closed():
            self._tell()

    def _tell(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._woken.set)
        except RuntimeError:
            # The loop is closed.
            self._cancel()

    def _cancel(self) -> None:
        self._is_ended = True
        for subscription in self._subscriptions:
            subscription.cancel()

    def __aiter__(self) -> Changes:
        return self

    async def __anext__(self) -> Change:
        if asyncio.get_running_loop() is not self._loop:
            raise RuntimeError("these changes belong to another event loop: call changes() in the one that reads them")
        while True:
            change = self._slot.take()
            if change is not None:
                return cast(Change, change)
            if self._is_ended:
                self._cancel()
                raise StopAsyncIteration
            self._woken.clear()
            await self._woken.wait()

    async def aclose(self) -> None:
        """End the registration. The iteration ends."""
        self._cancel()
        self._woken.set()

    def __del__(self) -> None:
        for subscription in self._subscriptions:
            subscription.cancel()
