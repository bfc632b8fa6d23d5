"""Clients, contexts and processes that come and go many times, and a client whose process is stopped for a while."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import Edge
from conftest import own_edge as edge
from repetitions import repetitions
from wire import SOON, Program

import fh_client

#: The maximum time in seconds between the end of a program and that of its process, in the fastest run. The process itself waits for at
#: most 3 s.
PROMPT = 5
#: The same maximum for each run. A busy machine delays some of them.
LATE = 30
#: The runs of a program that run at the same time.
AT_ONCE = 5
RUNS = repetitions(100)


MEMORY = """
import gc, time

def resident():
    gc.collect()
    with open("/proc/self/statm") as text:
        return int(text.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def descriptors():
    return len(os.listdir("/proc/self/fd"))

def grown(rounds, run):
    '''Run all rounds, and return by how many bytes the memory has grown in the last half of them.'''
    for number in range(rounds // 2):
        run(number)
    before = resident()
    for number in range(rounds // 2, rounds):
        run(number)
    return resident() - before
"""


def test_clients_that_come_and_go_leave_nothing(edge: Edge) -> None:
    """The limit is 200 bytes per client in the run with all repetitions."""
    program = f"""{MEMORY}
def run(_):
    with fh_client.Client({edge.url!r}, {edge.key!r}) as client:
        client.wait_ready(60)
        context = client.context(plan="gold")
        context.on_change("COLOUR", print)
        client.observe(id)
        client.intercept(lambda read: fh_client.CONTINUE)
        assert context.string("COLOUR") == "gold"

run(0)
client = fh_client.Client({edge.url!r}, {edge.key!r})
client.wait_ready(60)
before = threads(), descriptors()
growth = grown({repetitions(10_000)}, run)
# A thread ends a moment after its client. Up to two threads wait for the next call of a listener.
limit = time.monotonic() + 60
is_back = lambda: threads() <= before[0] + 2 and descriptors() == before[1]
while not is_back() and time.monotonic() < limit:
    os.sched_yield()
assert is_back(), (threads(), descriptors(), before)
assert growth < 1_000_000, growth
client.close()
say("flat")
"""
    with Program(program) as running:
        running.expect("flat")
        running.end()


HANDLES = {
    "contexts with cancelled listeners": """
client = fh_client.Client(*sys.argv[1:3])
def run(number):
    kept = []
    for user in range(100):
        context = client.context(userkey=f"user-{number}-{user}", plan="gold")
        kept.append((context, context.on_change("COLOUR", lambda change: context)))
    assert context.string("COLOUR") == "gold"
    for _, listening in kept:
        listening.cancel()
""",
    "requests of a context from a pool": """
client = fh_client.Client(sys.argv[1], sys.argv[3], mode="once")
pool = client.context_pool()
def run(_):
    for _ in range(100):
        pool.get(plan="gold")
    assert pool.live == 1
""",
}


@pytest.mark.parametrize("handles", HANDLES)
def test_handles_that_come_and_go_leave_nothing(edge: Edge, handles: str) -> None:
    """The limit is 8 bytes per handle in the run with all repetitions, and 80 in CI."""
    program = f"""{MEMORY}{HANDLES[handles]}
client.wait_ready(60)
growth = grown({repetitions(100_000) // 100}, run)
assert growth < 400_000, growth
client.close()
say("flat")
"""
    with Program(program, edge.url, edge.key, edge.server_key) as running:
        running.expect("flat")
        running.end()


# Each program has a client with a live stream, a listener that has been called, and ends after it has said "ending".
ENDS = {
    "with a live stream": ('say("ending")', 0),
    "by sys.exit": ('say("ending"); sys.exit(3)', 3),
    "by an exception": ('say("ending"); raise KeyError("x")', 1),
    "with a listener that runs": (
        """
begun, go_on = threading.Event(), threading.Event()
def listener(change):
    begun.set()
    go_on.wait()
    sum(client.values()["LIMIT"] for _ in range(10_000))
client.on_readiness(listener)
begun.wait(60)
go_on.set()
say("ending")
""",
        0,
    ),
    "with an observer that never returns": (
        """
begun = threading.Event()
def observe(events):
    begun.set()
    threading.Event().wait()
client.observe(observe)
client.is_enabled("ON")
begun.wait(60)
say("ending")
""",
        0,
    ),
    "while a thread of the program uses the client": (
        """
begun = threading.Event()
def use():
    try:
        while True:
            with client.context(plan="gold").on_change("COLOUR", id):
                client.refresh()
            begun.set()
    except fh_client.Closed:
        # The end of the process closes its clients.
        client.values()
threading.Thread(target=use, daemon=True).start()
begun.wait(60)
say("ending")
""",
        0,
    ),
    "by a thread that ends last": (
        """
def last():
    main.join()
    client.refresh()
    say("ending")
main = threading.main_thread()
threading.Thread(target=last).start()
""",
        0,
    ),
    "by os._exit in a thread": (
        """
def exit():
    say("ending")
    os._exit(5)
threading.Thread(target=exit).start()
""",
        5,
    ),
    "by SIGTERM": ('say("ending"); os.kill(os.getpid(), signal.SIGTERM); threading.Event().wait()', -signal.SIGTERM),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_process_with_a_live_stream_ends_at_once(edge: Edge, end: str) -> None:
    text, status = ENDS[end]
    program = f"""
import os, signal, sys, threading
import fh_client
def say(word):
    print(word, flush=True)
client = fh_client.Client({edge.url!r}, {edge.key!r})
called = threading.Event()
client.on_change("COLOUR", id)
client.on_readiness(lambda change: change.readiness == "READY" and called.set())
assert called.wait(60)
{text}
"""

    def run(_: int) -> tuple[float, int, str, str]:
        command = [sys.executable, "-W", "ignore", "-c", program]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            said = running.stdout.readline()
            begun = time.monotonic()
            try:
                errors = running.communicate(timeout=SOON)[1]
            except subprocess.TimeoutExpired:
                running.kill()
                raise
            return time.monotonic() - begun, running.returncode, said, errors

    fastest = float("inf")
    with ThreadPoolExecutor(AT_ONCE) as runs:
        for lasted, ended, said, errors in runs.map(run, range(RUNS)):
            assert (ended, said) == (status, "ending\n"), errors
            if status == 1:
                # The only text is that of the program's own exception.
                assert re.fullmatch(r"Traceback \(most recent call last\):\n(  .*\n)+KeyError: 'x'\n", errors), errors
            else:
                assert errors == ""
            assert lasted < LATE
            fastest = min(fastest, lasted)
    assert fastest < PROMPT


GUNICORN = """
import fh_client
client = fh_client.Client({url!r}, {key!r})
client.wait_ready(60)

def app(environ, start_response):
    start_response("200 OK", [("content-type", "text/plain")])
    return [client.string("COLOUR").encode()]

def post_worker_init(worker):
    worker.log.info("a worker reads %s", client.string("COLOUR"))
"""


def test_gunicorn_ends_at_once_by_sigterm(edge: Edge, tmp_path: pathlib.Path) -> None:
    (tmp_path / "shop.py").write_text(GUNICORN.format(url=edge.url, key=edge.key))
    (tmp_path / "settings.py").write_text("from shop import post_worker_init\n")
    command = [sys.executable, "-m", "gunicorn", "--preload", "--workers", "2", "--bind", "127.0.0.1:0"]
    command += ["--config", "python:settings", "--log-level", "info", "shop:app"]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1"}

    def run(_: int) -> tuple[float, int, str]:
        with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as master:
            assert master.stderr is not None
            said = ""
            while said.count("a worker reads red") < 2:
                line = master.stderr.readline()
                assert line, said
                said += line
            begun = time.monotonic()
            master.send_signal(signal.SIGTERM)
            try:
                rest = master.communicate(timeout=SOON)[1]
            except subprocess.TimeoutExpired:
                master.kill()
                raise
            return time.monotonic() - begun, master.returncode, said + rest

    # In CI, a fiftieth of the runs has to do, because each starts three processes. `cargo xtask python full` has all of them.
    fastest = float("inf")
    with ThreadPoolExecutor(2) as runs:
        for lasted, status, said in runs.map(run, range(RUNS if RUNS == 100 else RUNS // 5)):
            assert status == 0, said
            # gunicorn logs its own life on stderr, and nothing else stands there.
            foreign = [line for line in said.splitlines() if not re.match(r"\[\d{4}-\d\d-\d\d .*\] \[\d+\] \[INFO\] ", line)]
            assert foreign == []
            assert lasted < LATE
            fastest = min(fastest, lasted)
    assert fastest < PROMPT


def test_a_process_that_was_stopped_sees_the_change_that_it_missed(edge: Edge) -> None:
    program = f"""
client = fh_client.Client({edge.url!r}, {edge.key!r})
client.wait_ready(60)
arrived = queue.SimpleQueue()
client.on_change("COLOUR", lambda change: arrived.put(change.new))
say(os.getpid())
for colour in ("blue", "green"):
    assert arrived.get(timeout=60) == colour == client.string("COLOUR")
    say(colour)
hears("end")
client.close()
"""
    with fh_client.Client(edge.url, edge.key, mode="once") as client, Program(program) as running:
        process = running.process
        running.expect(str(process))
        for colour in ("blue", "green"):
            os.kill(process, signal.SIGSTOP)
            # The last character before the parent's id is the state, after the name in parentheses.
            while pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "T":
                os.sched_yield()
            assert client.test_updates().set("COLOUR", value=colour) == "accepted"
            os.kill(process, signal.SIGCONT)
            running.expect(colour)
        running.tell("end")
        running.end()
