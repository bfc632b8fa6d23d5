"""Forked child processes: clients begin anew there, and the parent's stays as it is."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator

import pytest
from conftest import Edge
from conftest import own_edge as edge
from wire import HELPERS, SOON, Program, Wire

import fh_client

FORKS = int(os.environ.get("FH_FORKS", "100"))


@pytest.fixture
def wire(edge: Edge) -> Iterator[Wire]:
    with Wire(edge.url) as wire:
        yield wire


@pytest.fixture
def updates(edge: Edge) -> Iterator[fh_client.TestUpdates]:
    with fh_client.Client(edge.url, edge.key, mode="once") as client:
        yield client.test_updates()


#: Each process reads the colour, and follows its changes.
FOLLOWS = """
import contextlib, multiprocessing

client = fh_client.Client({url!r}, {key!r}{settings})

def follows(name):
    client.wait_ready(60)
    say(name, client.string("COLOUR"), threads() > 1)
    for colour in ("blue", "green"):
        sees(client, colour)
        say(name, colour)

def child():
    follows("child")
    client.close()
    with contextlib.suppress(ChildProcessError):
        # The grandchild.
        os.wait()

if __name__ == "__main__":
    client.wait_ready(60)
{start}
    follows("parent")
    wait()
    say("alone")
    sees(client, "white")
    say("parent white")
    hears("end")
    client.close()
"""
FORK = """
    wait = os.wait
    if os.fork() == 0:
        {more}
        child()
        os._exit(0)
"""
PROCESSES = """
    process = multiprocessing.get_context({method!r}).Process(target=child)
    process.start()
    wait = process.join
"""
LAZY = ", start='lazy'"
# An interpreter that `multiprocessing` starts imports the program, which must therefore be a file.
FILE = "os.execv(sys.executable, [sys.executable, '-W', 'ignore', sys.argv[1]])"


@pytest.mark.parametrize(
    ("start", "settings", "children"),
    [
        (FORK.format(more=""), "", ["child"]),
        (FORK.format(more=""), ", http1_only=True, proxy=False", ["child"]),
        (FORK.format(more=""), LAZY, ["child"]),
        (FORK.format(more="if os.fork() == 0: follows('grandchild'), os._exit(0)"), "", ["child", "grandchild"]),
        *((PROCESSES.format(method=method), LAZY, ["child"]) for method in ("fork", "forkserver", "spawn")),
    ],
    ids="fork http1 lazy grandchild multiprocessing-fork forkserver spawn".split(),
)
def test_all_processes_see_the_next_changes(
    wire: Wire, edge: Edge, updates: fh_client.TestUpdates, tmp_path: pathlib.Path, start: str, settings: str, children: list[str]
) -> None:
    program, names = tmp_path / "program.py", [*children, "parent"]
    program.write_text(HELPERS + FOLLOWS.format(url=wire.url, key=edge.key, settings=settings, start=start))
    with Program(FILE, str(program)) as running:
        running.expect_in_any_order(*(f"{name} red True" for name in names))
        wire.wait_until(lambda: wire.open_streams() == len(names))
        for colour in ("blue", "green"):
            updates.set("COLOUR", value=colour)
            running.expect_in_any_order(*(f"{name} {colour}" for name in names))
        running.expect("alone")
        updates.set("COLOUR", value="white")
        running.expect("parent white")
        # The parent's first stream was its only one.
        assert len(wire.streams) == len(names) and wire.streams[0].is_open()
        running.tell("end")
        running.end()


def test_forks_while_other_threads_use_the_client(edge: Edge) -> None:
    program = f"""
client = fh_client.Client({edge.url!r}, {edge.key!r})
client.wait_ready(60)
stop = False

def use():
    while not stop:
        with fh_client.Client({edge.url!r}, {edge.key!r}, mode="passive") as other:
            with client.context(plan="gold").on_change("COLOUR", print), other.on_readiness(id):
                client.string("COLOUR"), other.string("COLOUR"), client.values()
            client.catch_updates()
            client.stop_catching()

threading.Thread(target=use).start()
failed = 0
for _ in range({FORKS}):
    child = os.fork()
    if child == 0:
        import signal
        signal.alarm({SOON})
        colour = client.string("COLOUR")
        client.on_change("COLOUR", print).cancel()
        client.refresh()
        os._exit(0 if colour == "red" else 1)
    failed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
stop = True
say(failed)
client.refresh()
client.close()
"""
    with Program(program) as running:
        running.expect("0")
        running.end()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_subprocess_of_a_loop_leaves_the_stream_alone(
    wire: Wire, edge: Edge, updates: fh_client.TestUpdates, loop: str
) -> None:
    pytest.importorskip(loop)
    program = f"""
import asyncio
import {loop} as loop
client = fh_client.Client({wire.url!r}, {edge.key!r})
client.wait_ready(60)

async def main():
    for colour in ("blue", "green"):
        process = await asyncio.create_subprocess_exec("true")
        assert await process.wait() == 0
        changes = client.changes("COLOUR")
        say("ready")
        while client.string("COLOUR") != colour:
            await anext(changes)
        say(colour)

loop.run(main())
hears("end")
client.close()
"""
    with Program(program) as running:
        for colour in ("blue", "green"):
            running.expect("ready")
            updates.set("COLOUR", value=colour)
            running.expect(colour)
        assert len(wire.streams) == 1 and wire.streams[0].is_open()
        running.tell("end")
        running.end()


@pytest.mark.parametrize("end", ["client.close(60)", ""])
def test_an_inherited_connection(wire: Wire, edge: Edge, end: str) -> None:
    """The connection ends when its client is closed. If the parent ends without closing it, it ends with the child."""
    program = f"""
client = fh_client.Client({wire.url!r}, {edge.key!r})
client.wait_ready(60)
if os.fork() == 0:
    hears("end")
    os._exit(0)
{end}
say("ended")
os._exit(0)
"""
    with Program(program) as running:
        running.expect("ended")
        running.wait()
        if end:
            wire.wait_until(lambda: wire.streams[0].has_ended)
        else:
            assert wire.streams[0].is_open()
        running.tell("end")
        wire.wait_until(lambda: wire.streams[0].has_ended)


def test_a_lazy_client_has_no_thread_and_no_socket_before_its_first_use(edge: Edge) -> None:
    program = f"""
before = len(os.listdir("/proc/self/fd"))
client = fh_client.Client({edge.url!r}, {edge.key!r}, start="lazy", http1_only=True)
context, feature = client.context(plan="gold"), client.feature("ON")
repr(context), repr(feature)
assert threads() == 1 and len(os.listdir("/proc/self/fd")) == before
client.wait_ready(60)
assert threads() > 1 and context.string("COLOUR") == "gold" and feature.enabled
client.close()
fh_client.Client({edge.url!r}, {edge.key!r}, start="lazy")
"""
    with Program(program) as running:
        running.end()


@pytest.mark.parametrize("start", ["lazy", "eager"])
def test_a_fork_with_a_lazy_client_is_no_fork_with_threads(edge: Edge, start: str) -> None:
    """From Python 3.12 on, a fork of a process with several threads is a `DeprecationWarning`."""
    program = f"""
import os, sys, warnings
warnings.simplefilter("always", DeprecationWarning)
import fh_client
client = fh_client.Client({edge.url!r}, {edge.key!r}, start={start!r})
if {start!r} == "eager":
    client.wait_ready(60)
print(len(os.listdir("/proc/self/task")), flush=True)
child = os.fork()
if child == 0:
    client.wait_ready(60)
    client.close()
    os._exit(0 if client.string("COLOUR") == "red" else 1)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
client.close()
sys.exit(status)
"""
    package = pathlib.Path(fh_client.__file__).parent.parent
    environment = {**os.environ, "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}
    for python, version in interpreters():
        command = [python, "-c", program]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SOON)
        assert run.returncode == 0, run.stderr
        if start == "lazy":
            assert (run.stdout, run.stderr) == ("1\n", ""), version
        else:
            assert int(run.stdout) > 1, version
            assert ("DeprecationWarning" in run.stderr) == (version >= (3, 12)), version


def interpreters() -> list[tuple[str, tuple[int, int]]]:
    """This interpreter, and those of the search path that warn of forks with threads."""
    found = [(sys.executable, (sys.version_info.major, sys.version_info.minor))]
    for minor in (12, 13, 14):
        try:
            show = [f"python3.{minor}", "-c", "import sys; print(sys.executable)"]
            shown = subprocess.run(show, capture_output=True, text=True)
        except OSError:
            continue
        if shown.returncode == 0:
            found.append((shown.stdout.strip(), (3, minor)))
    return found
