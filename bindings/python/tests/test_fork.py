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


def colours(updates: fh_client.TestUpdates, program: Program, *lines: str) -> None:
    """Change the colour twice. After each change the program must say these lines, in any order of its processes."""
    for colour in ("blue", "green"):
        updates.set("COLOUR", value=colour)
        program.expect(*(line.replace("COLOUR", colour) for line in lines))


@pytest.mark.parametrize("settings", ["", ", http1_only=True, proxy=False", ", start='lazy'"])
def test_both_processes_see_the_next_changes(wire: Wire, edge: Edge, updates: fh_client.TestUpdates, settings: str) -> None:
    program = f"""
client = fh_client.Client({wire.url!r}, {edge.key!r}{settings})
client.wait_ready(60)
if os.fork() == 0:
    say("child", client.string("COLOUR"), threads() > 1)
    for colour in ("blue", "green"):
        sees(client, colour)
        say("child", colour)
    hears("end")
    client.close()
    os._exit(0)
os.wait()
# The stream of this process may deliver the change later than that of the child.
sees(client, "green")
say("parent", client.string("COLOUR"))
client.close()
"""
    with Program(program) as running:
        running.expect("child red True")
        wire.wait_until(lambda: wire.open_streams() == 2)
        colours(updates, running, "child COLOUR")
        running.tell("end")
        running.expect("parent green")
        running.end()
        # The parent's first stream was its only one.
        assert len(wire.streams) == 2


def test_the_parent_sees_changes_while_its_child_lives_and_after_it(wire: Wire, edge: Edge, updates: fh_client.TestUpdates) -> None:
    program = f"""
client = fh_client.Client({wire.url!r}, {edge.key!r})
client.wait_ready(60)
child = os.fork()
if child == 0:
    say("child", client.string("COLOUR"))
    hears("end")
    os._exit(0)
for colour in ("blue", "green"):
    sees(client, colour)
    say("parent", colour)
os.waitpid(child, 0)
say("alone")
sees(client, "white")
say("parent white")
hears("end")
client.close()
"""
    with Program(program) as running:
        running.expect("child red")
        wire.wait_until(lambda: wire.open_streams() == 2)
        colours(updates, running, "parent COLOUR")
        running.tell("end")
        running.expect("alone")
        updates.set("COLOUR", value="white")
        running.expect("parent white")
        assert len(wire.streams) == 2 and wire.streams[0].is_open()
        running.tell("end")
        running.end()


def test_all_handles_begin_anew(wire: Wire, edge: Edge, updates: fh_client.TestUpdates) -> None:
    program = f"""
client = fh_client.Client({wire.url!r}, {edge.key!r})
client.wait_ready(60)
plain = client.context(plan="silver")
colour = client.feature("COLOUR")
of_plain = plain.feature("COLOUR")
snapshot, of_gold = client.snapshot(), client.context(plan="gold").snapshot()
gold = client.test_updates()
seen, cancelled = queue.SimpleQueue(), []
listening = plain.on_change("COLOUR", lambda change: seen.put((change.old, change.new)))
also = colour.on_change(cancelled.append)
assert (plain.string("COLOUR"), colour.string(), of_plain.string()) == ("red", "red", "red")
if os.fork() == 0:
    also.cancel()
    assert listening.is_active and not also.is_active
    assert (plain.string("COLOUR"), colour.string(), of_plain.string()) == ("red", "red", "red")
    assert (snapshot.string("COLOUR"), of_gold.string("COLOUR")) == ("red", "gold")
    say("ready")
    assert seen.get(timeout=60) == ("red", "blue")
    assert (plain.string("COLOUR"), colour.string(), of_plain.string()) == ("blue", "blue", "blue")
    say("blue")
    assert seen.get(timeout=60) == ("blue", "green")
    assert snapshot.string("COLOUR") == "red" and snapshot.of(plain).string("COLOUR") == "red"
    gold.set_and_wait("COLOUR", value="white")
    assert colour.string() == "white"
    assert cancelled == []
    client.close()
    assert client.readiness == "CLOSED" and plain.string("COLOUR") == "white"
    say("green")
    os._exit(0)
os.wait()
sees(client, "white")
client.close()
"""
    with Program(program) as running:
        running.expect("ready")
        wire.wait_until(lambda: wire.open_streams() == 2)
        colours(updates, running, "COLOUR")
        running.end()


def test_catch_and_release_goes_on(edge: Edge, updates: fh_client.TestUpdates) -> None:
    program = f"""
client = fh_client.Client({edge.url!r}, {edge.key!r}, catch_updates=True)
client.wait_ready(60)
held = queue.SimpleQueue()
client.on_new_state(held.put)
if os.fork() == 0:
    assert client.is_catching and not client.is_holding
    say("ready")
    held.get(timeout=60)
    assert client.is_holding and client.string("COLOUR") == "red"
    client.release_all()
    say(client.string("COLOUR"))
    os._exit(0)
os.wait()
assert client.string("COLOUR") == "red"
client.close()
"""
    with Program(program) as running:
        running.expect("ready")
        updates.set("COLOUR", value="blue")
        running.expect("blue")
        running.end()


def test_a_change_that_the_parent_had_not_reported_is_reported_in_the_child(edge: Edge, updates: fh_client.TestUpdates) -> None:
    """A listener of the parent is busy, so that the child inherits a change that its listener has not seen."""
    program = f"""
client = fh_client.Client({edge.url!r}, {edge.key!r})
client.wait_ready(60)
busy, go = threading.Event(), threading.Event()
seen = queue.SimpleQueue()
def listener(change):
    seen.put((change.old, change.new))
    if change.new == "blue":
        busy.set()
        go.wait()
client.on_change("COLOUR", listener)
say("ready")
busy.wait(60)
say("busy")
while client.string("COLOUR") != "green":
    client.refresh()
child = os.fork()
if child == 0:
    assert seen.get() == ("red", "blue")
    client.is_ready
    assert seen.get(timeout=60) == ("blue", "green")
    os._exit(0)
go.set()
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
client.close()
"""
    with Program(program) as running:
        running.expect("ready")
        updates.set("COLOUR", value="blue")
        running.expect("busy")
        updates.set("COLOUR", value="green")
        running.expect("0")
        running.end()


def test_a_child_of_a_child(wire: Wire, edge: Edge, updates: fh_client.TestUpdates) -> None:
    program = f"""
client = fh_client.Client({wire.url!r}, {edge.key!r})
client.wait_ready(60)
if os.fork() == 0:
    client.string("COLOUR")
    if os.fork() == 0:
        say(client.string("COLOUR"))
        for colour in ("blue", "green"):
            sees(client, colour)
            say(colour)
        os._exit(0)
    os.wait()
    sees(client, "green")
    say("child green")
    os._exit(0)
os.wait()
sees(client, "green")
client.close()
"""
    with Program(program) as running:
        running.expect("red")
        wire.wait_until(lambda: wire.open_streams() == 3)
        colours(updates, running, "COLOUR")
        running.expect("child green")
        running.end()
        assert len(wire.streams) == 3


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_multiprocessing(wire: Wire, edge: Edge, updates: fh_client.TestUpdates, tmp_path: pathlib.Path, method: str) -> None:
    program = tmp_path / "program.py"
    program.write_text(f"""{HELPERS}
import multiprocessing

client = fh_client.Client({wire.url!r}, {edge.key!r}, start="lazy")

def child():
    client.wait_ready(60)
    say("child", client.string("COLOUR"))
    for colour in ("blue", "green"):
        sees(client, colour)
        say("child", colour)
    client.close()

if __name__ == "__main__":
    context = multiprocessing.get_context({method!r})
    client.wait_ready(60)
    process = context.Process(target=child)
    process.start()
    process.join()
    assert process.exitcode == 0
    sees(client, "green")
    say("parent green")
    client.close()
""")
    with Program(RUN, str(program)) as running:
        running.expect("child red")
        wire.wait_until(lambda: wire.open_streams() == 2)
        colours(updates, running, "child COLOUR")
        running.expect("parent green")
        running.end()
        assert len(wire.streams) == 2


# An interpreter that `multiprocessing` starts imports the program, which must therefore be a file.
RUN = "os.execv(sys.executable, [sys.executable, '-W', 'ignore', sys.argv[1]])"


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
    for settings in ({"start": "later"}, {"start": "lazy", "headers": {"host": "x"}}):
        with pytest.raises(ValueError):
            fh_client.Client(edge.url, edge.key, **settings)
    with pytest.raises(TypeError, match="start"):
        fh_client.Client(edge.url, edge.key, start=1)  # type: ignore[arg-type]


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
