"""The goals, and the tables of the page."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from engines import PEERS
from timing import Row

PEER_NAMES = [peer.name for peer in PEERS]
#: These engines compile the rules when they load.
COMPILING = ("eppo-server-sdk", "statsig-python-core", "UnleashClient's engine")


@dataclass
class Goal:
    text: str
    wanted: str
    figure: str
    is_met: bool

    def line(self) -> str:
        return f"| {self.text} | {self.wanted} | {self.figure} | {'met' if self.is_met else 'missed'} |"


class Figures:
    """The medians of all rows by name."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = {row.name: row for row in rows}

    def __getitem__(self, name: str) -> float:
        return self.rows[name].median

    def best_peer(self, workload: str) -> tuple[str, float]:
        named = {name: self[f"{workload} {name}"] for name in PEER_NAMES if f"{workload} {name}" in self.rows}
        name = min(named, key=named.__getitem__)
        return name, named[name]

    def faster(self, text: str, row: str, workload: str, times: float) -> Goal:
        """Return the goal that a row is this many times as fast as the best peer."""
        peer, best = self.best_peer(workload)
        ratio = best / self[row]
        return Goal(text, f"at least {times:g} × the best peer", f"{ratio:.1f} × ({peer})", ratio >= times)

    def at_most(self, text: str, row: str, other: str, times: float) -> Goal:
        """Return the goal that a row takes at most this many times as long as another one."""
        ratio = self[row] / self[other]
        return Goal(text, f"at most {times:g} × {other}", f"{ratio:.2f} ×", ratio <= times)


def goals(figures: Figures, imports: dict[str, list[tuple[float, float]]]) -> list[Goal]:
    found = [figures.faster(f"{name} by key", f"{name} fh-client", name, 4) for name in ("W1", "W2", "W3")]
    found.append(figures.at_most("W2 by key", "W2 fh-client", "floor", 3.5))
    for name in ("W1", "W2", "W3"):
        found.append(figures.faster(f"{name} through a handle", f"{name} handle", name, 4))
        found.append(figures.at_most(f"{name} through a handle", f"{name} handle", f"{name} fh-client", 0.9))
    found.append(figures.faster("W4re by key", "W4 fh-client", "W4", 3))
    found.append(figures.faster("W5: `values()` of 1,000", "W5 values()", "W5", 8))
    found.append(figures.faster("C1: a context of four attributes, then W2", "C1 fh-client", "C1", 1.25))
    found.append(figures.at_most("`detail`", "detail", "floor", 8))
    loads = {name: figures[f"load {name}"] for name in COMPILING}
    peer = min(loads, key=loads.__getitem__)
    for row in ("load Ruleset.from_json", "load fh-client"):
        ratio = figures[row] / loads[peer]
        found.append(Goal(f"loading 1,000 features, `{row.split(' ', 1)[1]}`", f"at most 1 × {peer}", f"{ratio:.2f} ×", ratio <= 1))
    bare, ours, eppo = (medians(imports[name]) for name in ("bare Python", "fh-client", "eppo-server-sdk"))
    for position, (text, unit) in enumerate([("import: time", "ms"), ("import: resident memory", "MiB")]):
        own, theirs = ours[position] - bare[position], eppo[position] - bare[position]
        found.append(Goal(f"{text} above bare Python", "at most eppo-server-sdk's", f"{own:.1f} {unit}, eppo {theirs:.1f} {unit}", own <= theirs))
    return found


def medians(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(time for time, _ in pairs), statistics.median(memory for _, memory in pairs)


def shown(nanoseconds: float) -> str:
    if nanoseconds < 10_000:
        return f"{nanoseconds:,.0f} ns" if nanoseconds >= 100 else f"{nanoseconds:.1f} ns"
    return f"{nanoseconds / 1e3:,.0f} µs" if nanoseconds < 10_000_000 else f"{nanoseconds / 1e6:,.1f} ms"


def page(figures: Figures, imports: dict[str, list[tuple[float, float]]], compared: list[str], counted: list[str]) -> str:
    """Return the tables of reads, loads and imports."""
    lines = ["## Goals of reads", "", "| | goal | figure | |", "|---|---|---|---|"]
    lines += [goal.line() for goal in goals(figures, imports)]
    lines += ["", "## Reads", "", "The median, and in brackets the least, of one call. W5 is a call for all 1,000 features.", ""]
    columns = ["W1", "W2", "W3", "W4", "W5", "C1"]
    lines += ["| | W1 | W2 | W3 | W4re | W5 | C1 |", "|---|---|---|---|---|---|---|"]
    for name in ["fh-client", *PEER_NAMES]:
        cells = [figures.rows[f"{column} {name}"] for column in columns]
        label = f"{name} (W4suf)" if name == "configcat-client" else name
        lines.append(f"| {label} | " + " | ".join(f"{shown(row.median)} ({shown(row.least)})" for row in cells) + " |")
    listed = {f"{column} {name}" for column in columns for name in ["fh-client", *PEER_NAMES]}
    lines += ["", "| | median | least |", "|---|---|---|"]
    lines += [f"| {name} | {shown(row.median)} | {shown(row.least)} |" for name, row in figures.rows.items() if name not in listed]
    lines += ["", *counted, "", "## Imports", "", "| | time | resident memory |", "|---|---|---|"]
    for name, pairs in imports.items():
        time, memory = medians(pairs)
        lines.append(f"| {name} | {time:.1f} ms | {memory:.1f} MiB |")
    lines += ["", "## Compared answers", ""]
    lines += [f"- {text}" for text in compared]
    return "\n".join(lines) + "\n"
