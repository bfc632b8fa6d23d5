"""Interceptors, observers and logs in forked child processes, and their registration with clients that start at their first use."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest
from conftest import Edge
from wire import Program

import fh_client


@pytest.fixture
def edge(tmp_path: pathlib.Path) -> Iterator[Edge]:
    """An Edge for one test, because the tests change its features."""
    edge = Edge(tmp_path)
    yield edge
    edge.stop()


@pytest.mark.parametrize("settings", ["", ", start='lazy'"])
def test_interceptors_override_reads_in_both_processes(edge: Edge, settings: str) -> None:
    program = f"""
calls = []
def answer(key, value):
    def intercept(read):
        calls.append(os.getpid())
        return value if read.key == key else fh_client.CONTINUE
    return intercept

client = fh_client.Client({edge.url!r}, {edge.key!r}, interceptors=[answer("COLOUR", "first")]{settings})
registered = client.intercept(answer("LIMIT", 7))
cancelled = client.intercept(answer("THEME", "{{}}"))
seen = queue.SimpleQueue()
client.on_change("COLOUR", seen.put)
client.wait_ready(60)
assert (client.string("COLOUR"), client.number("LIMIT"), client.raw_json("THEME")) == ("first", 7, "{{}}")
cancelled.cancel()
child = os.fork()
if child == 0:
    calls.clear()
    assert (client.string("COLOUR"), client.number("LIMIT")) == ("first", 7)
    assert client.context(plan="gold").number("LIMIT") == 7
    assert client.raw_json("THEME") != "{{}}"
    assert registered.is_active and not cancelled.is_active
    assert set(calls) == {{os.getpid()}}
    registered.cancel()
    assert client.number("LIMIT") == 20
    client.flush(60)
    # The inherited values were overridden values, too, so nothing has changed.
    assert seen.empty()
    client.close()
    assert client.string("COLOUR") == "first"
    os._exit(7)
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
assert client.number("LIMIT") == 7
client.close()
child = os.fork()
if child == 0:
    assert (client.string("COLOUR"), client.number("LIMIT"), client.readiness) == ("first", 7, "CLOSED")
    os._exit(7)
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    with Program(program) as running:
        running.expect("7", "7")
        running.end()


def test_an_interceptor_may_register_listeners_while_its_client_begins_anew(edge: Edge) -> None:
    program = f"""
client = fh_client.Client({edge.url!r}, {edge.key!r})
client.wait_ready(60)
def intercept(read):
    client.on_notice(print).cancel()
    return fh_client.CONTINUE
client.intercept(intercept)
client.on_change("COLOUR", print)
child = os.fork()
if child == 0:
    import signal
    signal.alarm(60)
    assert client.string("COLOUR") == "red"
    os._exit(7)
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
client.close()
"""
    with Program(program) as running:
        running.expect("7")
        running.end()


def test_a_yaml_file_overrides_and_is_watched_in_the_child(edge: Edge, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "overrides.yaml"
    file.write_text("flagValues:\n  COLOUR: blue\n  LIMIT: 7\n")
    program = f"""
file = {str(file)!r}
early, late = (fh_client.YamlOverrides(file, interval=0.01) for _ in range(2))
store = fh_client.YamlStore(file)
client = fh_client.Client({edge.url!r}, {edge.key!r}, interceptors=[early])
other = fh_client.Client({edge.url!r}, {edge.key!r})
other.intercept(late)
for one in (client, other):
    one.wait_ready(60)
    assert one.string("COLOUR") == "blue"
child = os.fork()
if child == 0:
    for one in (client, other):
        assert (one.string("COLOUR"), one.number("LIMIT")) == ("blue", 7)
    assert early.problem is None and len(store.features()) == 2
    # A watch must not see a half-written file, of which it would warn.
    open(file + ".new", "w").write("flagValues: {{COLOUR: a longer green}}")
    os.replace(file + ".new", file)
    for one in (client, other):
        sees(one, "a longer green")
        assert one.number("LIMIT") == 20
        one.close()
    os._exit(7)
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
for one in (client, other):
    sees(one, "a longer green")
    one.close()
"""
    with Program(program) as running:
        running.expect("7")
        running.end()


@pytest.mark.parametrize("settings", ["", ", start='lazy'"])
def test_observers_get_the_reads_of_their_process(edge: Edge, settings: str) -> None:
    program = f"""
events = {{name: [] for name in ("first", "batches", "inline", "cancelled")}}
client = fh_client.Client({edge.url!r}, {edge.key!r}, observers=[events["first"].extend]{settings})
client.observe(events["batches"].extend)
client.observe(events["inline"].append, inline=True)
cancelled = client.observe(events["cancelled"].append, inline=True)
client.wait_ready(60)

def reads(*keys):
    for key in keys:
        client.value(key)
    client.flush(60)
    seen = {{name: [used.key for event in got if event.kind == "evaluated" for used in event.features] for name, got in events.items()}}
    for got in events.values():
        got.clear()
    return seen

assert set(map(tuple, reads("ON").values())) == {{("ON",)}}
cancelled.cancel()
child = os.fork()
if child == 0:
    seen = reads("COLOUR", "LIMIT")
    assert seen.pop("cancelled") == []
    assert list(seen.values()) == [["COLOUR", "LIMIT"]] * 3, seen
    os._exit(7)
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
seen = reads("OFF")
assert seen.pop("cancelled") == []
assert list(seen.values()) == [["OFF"]] * 3, seen
client.close()
"""
    with Program(program) as running:
        running.expect("7")
        running.end()


LOGS = """
import logging
names = lambda: sorted(open(f"/proc/self/task/{one}/comm").read().strip() for one in os.listdir("/proc/self/task"))
class Kept(logging.Handler):
    def __init__(self):
        super().__init__()
        self.records = queue.SimpleQueue()
    def emit(self, record):
        self.records.put((os.getpid(), record.getMessage()))
    def until(self, text):
        while True:
            process, message = self.records.get(timeout=60)
            assert process == os.getpid()
            if text in message:
                return
kept, logger = Kept(), logging.getLogger("fh_client")
logger.addHandler(kept)
logger.propagate = False
"""


def test_a_child_logs_on_a_thread_of_its_own(edge: Edge) -> None:
    program = f"""{LOGS}
logger.setLevel(logging.INFO)
client = fh_client.Client({edge.url!r}, {edge.key!r})
kept.until("the client is ready")
assert "fh-logs" in names()
child = os.fork()
if child == 0:
    assert threads() == 1
    client.offer_features("store", client.environments[0], "nonsense")
    # The thread gives the record to the handler without a call of `flush`.
    kept.until("store")
    assert "fh-logs" in names()
    os._exit(7)
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
client.offer_features("store", client.environments[0], "nonsense")
kept.until("store")
client.close()
"""
    with Program(program) as running:
        running.expect("7")
        running.end()


def test_a_child_adopts_its_own_level(edge: Edge) -> None:
    program = f"""{LOGS}
logger.setLevel(logging.CRITICAL)
client = fh_client.Client({edge.url!r}, {edge.key!r})
client.wait_ready(60)
client.flush(60)
assert kept.records.empty() and "fh-logs" not in names()
child = os.fork()
if child == 0:
    logger.setLevel(logging.DEBUG)
    client.refresh()
    kept.until("")
    os._exit(7)
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
client.refresh()
client.flush(60)
assert kept.records.empty() and "fh-logs" not in names()
client.close()
"""
    with Program(program) as running:
        running.expect("7")
        running.end()


def test_a_child_does_not_repeat_the_warning_of_many_listeners(edge: Edge) -> None:
    program = f"""{LOGS}
logger.setLevel(logging.WARNING)
client = fh_client.Client({edge.url!r}, {edge.key!r})
client.wait_ready(60)
for _ in range(1001):
    client.on_change("COLOUR", id)
kept.until("1001 listeners")
child = os.fork()
if child == 0:
    for _ in range(10):
        client.on_change("COLOUR", id)
    client.flush(60)
    assert kept.records.empty()
    os._exit(7)
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
client.close()
"""
    with Program(program) as running:
        running.expect("7")
        running.end()


def test_a_child_that_uses_no_client_starts_no_log_thread(edge: Edge) -> None:
    program = f"""{LOGS}
logger.setLevel(5)
client = fh_client.Client({edge.url!r}, {edge.key!r}, observers=[id], interceptors=[lambda read: fh_client.CONTINUE])
client.intercept(lambda read: fh_client.CONTINUE)
client.observe(id)
client.wait_ready(60)
child = os.fork()
if child == 0:
    import gc
    gc.collect()
    assert threads() == 1
    sys.exit(7)
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
client.close()
"""
    with Program(program) as running:
        running.expect("7")
        running.end()


def test_functions_of_the_constructor_are_called_in_the_child(edge: Edge) -> None:
    program = f"""
seen, ready = queue.SimpleQueue(), queue.SimpleQueue()
client = fh_client.Client({edge.url!r}, {edge.key!r}, on_change={{"COLOUR": seen.put}}, on_readiness=ready.put)
client.wait_ready(60)
assert seen.get(timeout=60).new == "red"
while ready.get(timeout=60).readiness != "READY":
    pass
child = os.fork()
if child == 0:
    client.test_updates().set("COLOUR", value="blue")
    while (change := seen.get(timeout=60)).new != "blue":
        pass
    assert change.old == "red"
    while ready.get(timeout=60).readiness != "READY":
        pass
    client.close()
    os._exit(7)
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
assert seen.get(timeout=60).new == "blue"
client.close()
"""
    with Program(program) as running:
        running.expect("7")
        running.end()


def test_a_log_handler_that_never_returns_does_not_stop_the_exit() -> None:
    """The handler holds no lock: at the exit, `logging` waits for the locks of all handlers, without a limit."""
    program = """
import logging
class Stuck(logging.Handler):
    def handle(self, record):
        busy.set()
        threading.Event().wait()
busy = threading.Event()
logging.getLogger("fh_client").addHandler(Stuck())
client = fh_client.Client.offline(bootstrap=[])
client.offer_features("store", "environment", "nonsense")
assert busy.wait(60)
say("busy")
client.close()
"""
    with Program(program) as running:
        running.expect("busy")
        running.end()


def test_an_observer_that_never_returns_does_not_stop_the_exit() -> None:
    program = """
busy = threading.Event()
def observe(events):
    busy.set()
    threading.Event().wait()
client = fh_client.Client.offline(bootstrap=[], observers=[observe])
assert busy.wait(60)
say("busy")
"""
    with Program(program) as running:
        running.expect("busy")
        running.end()


def test_coroutine_functions(edge: Edge) -> None:
    """Listeners of the constructor may be coroutine functions. Interceptors and observers may not, because their calls would end too late."""
    program = f"""
import asyncio
async def main():
    ready = asyncio.Event()
    async def listen(event):
        if event.readiness == "READY":
            ready.set()
    async with fh_client.Client({edge.url!r}, {edge.key!r}, on_readiness=listen) as client:
        await asyncio.wait_for(ready.wait(), 60)
        for refused in (client.intercept, client.observe):
            try:
                refused(listen)
            except TypeError as error:
                say(error)
asyncio.run(main())
"""
    with Program(program) as running:
        running.expect(
            "an interceptor is a function, EnvironmentOverrides or YamlOverrides, and no coroutine function",
            "an observer is a function, and no coroutine function",
        )
        running.end()
