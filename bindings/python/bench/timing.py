"""Interleaved measurements in one process. Times are processor times, so that other programs on the machine take less part in them."""

from __future__ import annotations

import random
import statistics
import time
import timeit
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Row:
    """Something that is measured. The times are nanoseconds per call."""

    name: str
    #: Measures this many calls, and returns seconds.
    measure: Callable[[int], float]
    calls: int = 0
    times: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def least(self) -> float:
        return min(self.times)


def source(name: str, text: str, /, **names: Any) -> Row:
    """Return a row that runs a source text. Its names are local variables, as in a function of a program."""
    setup = "; ".join(f"{local} = _{local}" for local in names) or "pass"
    timer = timeit.Timer(text, setup, timer=time.thread_time, globals={f"_{local}": value for local, value in names.items()})
    return Row(name, timer.timeit)


def function(name: str, call: Callable[[], object]) -> Row:
    """Return a row that calls a function. The times are those of all threads of the process."""

    def measure(calls: int) -> float:
        start = time.process_time()
        for _ in range(calls):
            call()
        return time.process_time() - start

    return Row(name, measure)


def interleave(rows: list[Row], repetitions: int, seconds: float, say: Callable[[str], None]) -> None:
    """Measure each row in each repetition, in random order, for about this time."""
    for row in rows:
        row.measure(1)
        calls, spent = 1, row.measure(1)
        while spent < seconds / 4:
            calls = max(calls * 2, int(calls * seconds / 2 / spent) if spent > seconds / 64 else calls * 8)
            spent = row.measure(calls)
        row.calls = max(1, int(calls * seconds / spent))
    order = random.Random(13)
    for repetition in range(repetitions):
        for row in order.sample(rows, len(rows)):
            row.times.append(row.measure(row.calls) / row.calls * 1e9)
        if repetition % 10 == 9:
            say(f"{repetition + 1} of {repetitions} repetitions")
