"""The end of the interpreter, and interpreters beside the main one."""

from __future__ import annotations

import os
import pathlib
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import Edge
from featbit_server import SOON, FeatBitServer, flag
from wire import run

import fh_client

# Listeners that never return.
ENDLESS = {
    "it computes": "while True: pass",
    "it sleeps": "time.sleep(1e6)",
    "it waits for a lock": "threading.Event().wait()",
    "it waits for a client": """
try:
    other.wait_ready()
except fh_client.Closed:
    threading.Event().wait()
""",
    "it ignores exceptions": """
while True:
    try:
        time.sleep(1e-4)
    except BaseException:
        pass
""",
}


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise KeyError('x')", "client.close(0)"])
def test_the_interpreter_ends_though_a_listener_never_returns(edge: Edge, end: str) -> None:
    def ended(body: str) -> tuple[int, str]:
        program = f"""
import logging, sys, threading, time, fh_client
# Without a handler, `logging` would print that the second client reaches no Edge.
logging.getLogger("fh_client").addHandler(logging.NullHandler())
client = fh_client.Client({edge.url!r}, {edge.key!r})
other = fh_client.Client("http://127.0.0.1:9", "environment/key*")
called = threading.Event()
def listener(change):
    called.set()
{textwrap.indent(body, '    ')}
client.on_readiness(listener)
called.wait(60)
{end}
"""
        done = run(program)
        return done.returncode, done.stderr

    status = 3 if "exit" in end else 1 if "raise" in end else 0
    with ThreadPoolExecutor(4) as runs:
        for code, said in runs.map(ended, ENDLESS.values()):
            assert code == status, said
            assert said == "" or said.splitlines()[-1] == "KeyError: 'x'"


@pytest.mark.parametrize("seconds", [0.2, 1e6])
def test_the_interpreter_ends_though_many_records_wait_for_a_slow_handler(seconds: float, tmp_path: pathlib.Path) -> None:
    """All records together would take 200 s. A record alone that never ends holds up `logging` itself, unless its handler has no lock."""
    broken = tmp_path / "features.yaml"
    broken.write_text("flagValues: 5")
    program = f"""
import logging, threading, time, fh_client
begun = threading.Event()
class Slow(logging.Handler):
    def createLock(self):
        self.lock = None
    def emit(self, record):
        begun.set()
        time.sleep({seconds})
logging.getLogger("fh_client").addHandler(Slow())
client = fh_client.Client.offline(bootstrap=[])
fh_client.YamlStore({str(broken)!r})
# The records from here on wait in the queue.
begun.wait()
for _ in range(1000):
    fh_client.YamlStore({str(broken)!r})
"""
    done = run(program)
    assert (done.returncode, done.stderr) == (0, "")


def test_another_interpreter_of_the_process_gets_a_clear_import_error() -> None:
    module = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    program = f"""
import fh_client, {module} as interpreters
interpreter = interpreters.create()
interpreters.run_string(interpreter, '''
try:
    import fh_client
except ImportError as error:
    print(error, flush=True)
''')
"""
    package = pathlib.Path(fh_client.__file__).parent.parent
    environment = {**os.environ, "PYTHONPATH": str(package)}
    done = run(program, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "works in one interpreter of a process" in done.stdout and "WSGIApplicationGroup" in done.stdout


@pytest.mark.parametrize("end", ["", "client.close(0)"])
def test_the_last_events_are_delivered_at_the_exit(edge: Edge, tmp_path: pathlib.Path, end: str) -> None:
    """A program that does not close its client gets the last uses of features, and the snapshot file is written."""
    snapshot = tmp_path / "features.json"
    program = f"""
import pathlib, fh_client
client = fh_client.Client({edge.url!r}, {edge.key!r}, snapshot_file=pathlib.Path({str(snapshot)!r}))
client.wait_ready(60)
client.observe(lambda events: print(*(used.key for event in events for used in event.features), flush=True))
client.flush(60)
client.string("COLOUR")
client.number("LIMIT")
{end}
"""
    done = run(program)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[-2:] == ["COLOUR", "LIMIT"] and snapshot.exists()


@pytest.mark.parametrize(
    ("end", "is_sent"),
    [
        ("", True),
        ("sys.exit()", True),
        ("raise KeyError", True),
        ("del bob, client", True),
        ("client.close(0); del bob, client", True),
        ("client.close(); os._exit(0)", True),
        ("client.flush(); os._exit(0)", True),
        ("signal.signal(signal.SIGTERM, lambda *_: sys.exit()); signal.raise_signal(signal.SIGTERM)", True),
        ("signal.raise_signal(signal.SIGTERM)", False),
        ("os._exit(0)", False),
    ],
)
def test_the_last_events_for_featbit_are_sent_at_each_end_that_waits(end: str, is_sent: bool) -> None:
    """The server refuses the first request, so that the events arrive only if the process waits for another one."""
    with FeatBitServer() as server:
        server.put(flag("ON", "boolean", "true", "false"))
        server.tell("script", route="track", answers=[{"status": {"status": 503}}])
        program = f"""
import os, signal, sys, fh_client
client = fh_client.Client.featbit({server.secret!r}, streaming_url={server.url!r})
client.wait_ready({SOON})
bob = client.context(user_key="bob")
assert all(bob.is_enabled("ON") for _ in range(20))
{end}
"""
        run(program)
        assert len(server.events()) == (2 * 20 if is_sent else 0)
