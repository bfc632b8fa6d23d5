"""Features for the rows of a table, beside a loop in Python over the package and over featurehub-sdk."""

from __future__ import annotations

import ctypes
import gc
import json
import pathlib
import time
from collections.abc import Callable
from typing import Any

import numpy
import polars
import pyarrow

import fh_client
from engines import FeatureHub
from timing import Row, interleave

NAMES = ("userkey", "country", "version", "email", "plan")
ROWS = 1_000_000
#: Rows of a call of the timed rounds, and of the loops, which are slower.
PART, LOOPED, PEER_LOOPED = 50_000, 1000, 20
#: The limit of memory above input and output, in MB.
LIMIT = 64


def table(users: list[dict[str, str]], rows: int) -> dict[str, list[str]]:
    columns = {name: [users[number % len(users)][name] for number in range(rows)] for name in NAMES[1:]}
    return {"userkey": [f"user-{number:08}" for number in range(rows)], **columns}


def kilobytes(of: str) -> int:
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith(of)).split()[1])


def memory_above(call: Callable[[], Any], keys: list[str]) -> tuple[float, float, float]:
    """Return the peak of memory above input and output, the output's size, in MB, and the seconds of one call."""
    gc.collect()
    pyarrow.default_memory_pool().release_unused()
    # The call must not reuse memory that the process has freed and kept.
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/clear_refs", "w") as clear:
        clear.write("5")
    before = kilobytes("VmRSS")
    start = time.perf_counter()
    result = call()
    spent = time.perf_counter() - start
    peak = kilobytes("VmHWM")
    output = sum(pyarrow.array(result[key]).nbytes for key in keys) / 1e6
    return (peak - before) * 1024 / 1e6 - output, output, spent


def check(ruleset: fh_client.Ruleset, inputs: dict[str, Any], client: fh_client.Client, texts: dict[str, list[str]]) -> None:
    """Compare the columns with single evaluations."""
    for name, given in inputs.items():
        for threads in (1, 2):
            result = ruleset.evaluate_columns(given, threads=threads)
            for key in ruleset.features:
                values = result[key].to_pylist()
                for number in range(0, len(values), 997):
                    ctx = client.context({column: texts[column][number] for column in NAMES})
                    if values[number] is not ctx.boolean(key):
                        raise SystemExit(f"columns: {key} of row {number} from {name} is {values[number]!r}")


def measure(folder: pathlib.Path, is_quick: bool, say: Callable[[str], None]) -> str:
    payload = (folder / "columns-featurehub.json").read_text()
    users = json.loads((folder / "columns.json").read_text())["users"]
    ruleset = fh_client.Ruleset.from_json(payload)
    keys = list(ruleset.features)
    client = fh_client.Client.offline(bootstrap=payload)
    texts = table(users, PART)
    arrow = pyarrow.table(texts)
    parts = {"pyarrow": arrow, "polars": polars.DataFrame(texts), "NumPy": {name: numpy.array(texts[name]) for name in NAMES}}
    check(ruleset, {name: given[:2000] if name != "NumPy" else {c: v[:2000] for c, v in given.items()} for name, given in parts.items()}, client, texts)
    say("columns: the values are those of single evaluations")
    rows = _rows(ruleset, client, folder, texts, parts, keys)
    # Each call takes long enough to be measured by itself.
    interleave(rows, 3 if is_quick else 25, 0, say)
    by_name = {row.name: row for row in rows}
    client.close()
    return _page(by_name, _memory(ruleset, users, keys, 100_000 if is_quick else ROWS, say))


def _rows(
    ruleset: fh_client.Ruleset,
    client: fh_client.Client,
    folder: pathlib.Path,
    texts: dict[str, list[str]],
    parts: dict[str, Any],
    keys: list[str],
) -> list[Row]:
    """Return the rows. The time of a call is that of one row of the table."""

    def loop() -> None:
        userkey, country, version, email, plan = (texts[name] for name in NAMES)
        for number in range(LOOPED):
            ctx = client.context(
                userkey=userkey[number], country=country[number], version=version[number], email=email[number], plan=plan[number]
            )
            for key in keys:
                ctx.boolean(key)

    class OfColumns(FeatureHub):
        def __init__(self) -> None:
            self.client = self.load((folder / "columns-featurehub.json").read_text())

    published = OfColumns()

    def published_loop() -> None:
        for number in range(PEER_LOOPED):
            ctx = published.context({name: texts[name][number] for name in NAMES})
            for key in keys:
                ctx.get_boolean(key)

    def per_row(name: str, call: Callable[[], object], rows: int, clock: Callable[[], float] = time.process_time) -> Row:
        def timed(calls: int) -> float:
            start = clock()
            for _ in range(calls):
                call()
            return (clock() - start) / rows

        return Row(name, timed)

    rows = [per_row("loop of fh-client", loop, LOOPED), per_row("loop of featurehub-sdk", published_loop, PEER_LOOPED)]
    for name, given in parts.items():
        rows.append(per_row(f"{name}, threads=1", lambda given=given: ruleset.evaluate_columns(given), PART))  # type: ignore[misc]
    # Two threads are compared with one by the clock on the wall.
    arrow = parts["pyarrow"]
    for threads in (1, 2):
        evaluate = lambda threads=threads: ruleset.evaluate_columns(arrow, threads=threads)  # noqa: E731
        rows.append(per_row(f"pyarrow, threads={threads}, on the wall", evaluate, PART, time.perf_counter))
    return rows


def _memory(
    ruleset: fh_client.Ruleset, users: list[dict[str, str]], keys: list[str], rows: int, say: Callable[[str], None]
) -> list[tuple[str, float, float, float, int]]:
    """Return the memory and the time of a whole table from each library, one library after the other."""
    found = []
    for name in ("pyarrow", "polars", "NumPy"):
        texts: Any = table(users, rows)
        if name == "pyarrow":
            given: Any = pyarrow.table(texts)
        elif name == "polars":
            given = polars.DataFrame(texts)
        else:
            given = {column: numpy.array(texts[column]) for column in NAMES}
        del texts
        for threads in (1, 2):
            above, output, spent = memory_above(lambda: ruleset.evaluate_columns(given, threads=threads), keys)
            found.append((f"{name}, threads={threads}", above, output, spent, rows))
            say(f"columns: {name}, threads={threads}: {rows / spent:,.0f} rows/s")
    return found


def _page(rows: dict[str, Row], memory: list[tuple[str, float, float, float, int]]) -> str:
    loop, published = rows["loop of fh-client"].median, rows["loop of featurehub-sdk"].median
    one = rows["pyarrow, threads=1"]
    walls = [rows[f"pyarrow, threads={threads}, on the wall"].times for threads in (1, 2)]
    scaling = sorted(first / second for first, second in zip(*walls, strict=True))
    ninetieth = scaling[int(len(scaling) * 0.9)]
    most = max(above for _, above, _, _, _ in memory)
    goals = [
        ("one thread, Arrow in and out", "at least 5 × the loop of fh-client", f"{loop / one.median:.1f} ×", loop / one.median >= 5),
        ("one thread, Arrow in and out", "at least 200 × the loop of featurehub-sdk", f"{published / one.median:,.0f} ×", published / one.median >= 200),
        ("`threads=2`, 90th percentile", "at least 1.8 × one thread", f"{ninetieth:.2f} ×", ninetieth >= 1.8),
        ("peak memory above input and output", f"at most {LIMIT} MB", f"{most:.0f} MB", most <= LIMIT),
    ]
    lines = ["## Goals of columns", "", "| | goal | figure | |", "|---|---|---|---|"]
    lines += [f"| {text} | {wanted} | {figure} | {'met' if is_met else 'missed'} |" for text, wanted, figure, is_met in goals]
    lines += ["", "## Columns", "", f"100 features for each row. Rounds over {PART:,} rows, interleaved with the loops; the median.", ""]
    lines += ["| | rows per second | × the loop of fh-client |", "|---|---|---|"]
    lines += [f"| {name} | {1e9 / row.median:,.0f} | {loop / row.median:.2f} |" for name, row in rows.items()]
    lines += ["", "Whole tables, one call each:", "", "| | rows | rows per second | memory above input and output | output |", "|---|---|---|---|---|"]
    lines += [f"| {name} | {count:,} | {count / spent:,.0f} | {above:.0f} MB | {output:.0f} MB |" for name, above, output, spent, count in memory]
    return "\n".join(lines) + "\n"
