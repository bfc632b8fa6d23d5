"""The number of repetitions of a test. `FH_REPETITIONS=all` runs all of them, and a tenth runs otherwise."""

from __future__ import annotations

import os


def repetitions(all: int) -> int:
    return all if os.environ.get("FH_REPETITIONS") == "all" else all // 10
