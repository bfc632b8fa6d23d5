"""Count the allocations of C1 with valgrind: ``allocations.py PAYLOADS ENGINE COUNT`` does C1 this many times."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from engines import Eppo, FhClient, quiet
from timing import source

COUNTED = (FhClient, Eppo)
#: A run with this many more repetitions gives the allocations of one.
REPETITIONS = 1_000
VALGRIND = ["valgrind", "--tool=memcheck", "--leak-check=no", "--undef-value-errors=no"]
TOTAL = re.compile(r"total heap usage: ([\d,]+) allocs, [\d,]+ frees, ([\d,]+) bytes")


def measure(folder: pathlib.Path) -> list[str]:
    """Return the lines of a table with allocations and bytes of one C1."""
    if shutil.which(VALGRIND[0]) is None:
        return ["Allocations were not counted, because valgrind is not installed."]
    lines = ["| C1 | allocations | bytes |", "|---|---:|---:|"]
    for engine in COUNTED:
        once, often = _totals(folder, engine.name, 1), _totals(folder, engine.name, 1 + REPETITIONS)
        allocations, size = ((after - before) / REPETITIONS for before, after in zip(once, often))
        lines.append(f"| {engine.name} | {allocations:.1f} | {size:,.0f} |")
    return lines


def _totals(folder: pathlib.Path, engine: str, count: int) -> tuple[int, int]:
    """Return all allocations and bytes of a process. With `malloc` in place of Python's allocator, Python's objects count, too."""
    command = [*VALGRIND, sys.executable, __file__, str(folder), engine, str(count)]
    done = subprocess.run(command, env=os.environ | {"PYTHONMALLOC": "malloc"}, capture_output=True, text=True)
    found = TOTAL.search(done.stderr)
    if done.returncode or found is None:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return int(found[1].replace(",", "")), int(found[2].replace(",", ""))


def _repeat(folder: pathlib.Path, name: str, count: int) -> None:
    quiet()
    described = json.loads((folder / "regex.json").read_text())
    engine = next(engine for engine in COUNTED if engine.name == name)(folder)
    user = described["users"][0]
    names = {"client": engine.client, "user": user, "ctx": engine.context(user), **engine.names()}
    source("C1", engine.built, **names, key=described["keys"]["W2"]).measure(count)


if __name__ == "__main__":
    _repeat(pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
