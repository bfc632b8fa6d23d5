"""Measure the package beside the published SDKs: ``measure.py PAYLOADS [--quick] [--columns] [--markdown FILE]``."""

from __future__ import annotations

import argparse
import gc
import json
import os
import pathlib
import sys

import allocations
import columns
import goals
import imports
import reads
from answers import compare
from engines import PEERS, Engine, FhClient, quiet
from timing import interleave

#: The goals ask for this many.
REPETITIONS = 25


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def of_reads(folder: pathlib.Path, is_quick: bool) -> str:
    described = json.loads((folder / "regex.json").read_text())
    ours = FhClient(folder)
    engines: list[Engine] = [ours, *(peer(folder) for peer in PEERS)]
    compared = []
    for engine in engines:
        compared.append(compare(engine, described, 8 if is_quick else 1))
        say(compared[-1])
    rows = reads.of_ours(ours, described)
    for engine in engines:
        rows += reads.of_peer(engine, described)
    rows += reads.of_loads(engines)
    gc.freeze()
    interleave(rows, 3 if is_quick else REPETITIONS, 0.002 if is_quick else 0.01, say)
    imported = imports.measure(3 if is_quick else REPETITIONS)
    return goals.page(goals.Figures(rows), imported, compared, allocations.measure(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("payloads", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="a first impression")
    parser.add_argument("--columns", action="store_true", help="measure only columns")
    parser.add_argument("--reads", action="store_true", help="measure only reads, loads and imports")
    parser.add_argument("--markdown", type=pathlib.Path, help="write the tables to this file")
    arguments = parser.parse_args()
    quiet()
    parts = []
    # Columns come first, because the threads and the memory of the SDKs would take part in their figures.
    if not arguments.reads:
        parts.append(columns.measure(arguments.payloads, arguments.quick, say))
    if not arguments.columns:
        parts.insert(0, of_reads(arguments.payloads, arguments.quick))
    text = "\n".join(parts)
    print(text)
    if arguments.markdown:
        arguments.markdown.write_text(text)
    sys.stdout.flush()
    # Threads of some of the SDKs would delay the end.
    os._exit(0)


main()
