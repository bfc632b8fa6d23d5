"""Handles, listeners, interceptors, observers and logs in forked child processes, also of clients that start at their first use."""

from __future__ import annotations

import pathlib

import pytest
from conftest import Edge
from conftest import own_edge as edge
from wire import Program

START = """
import gc, logging
url, key, file, server_key = sys.argv[1:]

def started(**settings):
    client = fh_client.Client(url, key, **settings)
    client.wait_ready(60)
    return client

def in_child(run):
    child = os.fork()
    if child == 0:
        import signal
        signal.alarm(60)
        run()
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7

def native_threads():
    return sorted(open(f"/proc/self/task/{one}/comm").read().strip() for one in os.listdir("/proc/self/task"))

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
LAZY = "client = fh_client.Client(url, key, start='lazy', "
EAGER = "client = fh_client.Client(url, key, "
INTERCEPTORS = """
calls = []
def answer(key, value):
    def intercept(read):
        calls.append(os.getpid())
        return value if read.key == key else fh_client.CONTINUE
    return intercept

{client}interceptors=[answer("COLOUR", "first")])
registered = client.intercept(answer("LIMIT", 7))
cancelled = client.intercept(answer("THEME", "{}"))
seen = queue.SimpleQueue()
client.on_change("COLOUR", seen.put)
client.wait_ready(60)
assert (client.string("COLOUR"), client.number("LIMIT"), client.raw_json("THEME")) == ("first", 7, "{}")
cancelled.cancel()

def child():
    calls.clear()
    assert (client.string("COLOUR"), client.number("LIMIT")) == ("first", 7)
    assert client.context(plan="gold").number("LIMIT") == 7
    assert client.raw_json("THEME") != "{}"
    assert registered.is_active and not cancelled.is_active
    assert set(calls) == {os.getpid()}
    registered.cancel()
    assert client.number("LIMIT") == 20
    client.flush(60)
    # The inherited values were overridden values, too, so nothing has changed.
    assert seen.empty()
    client.close()
    assert client.string("COLOUR") == "first"

def child_of_a_closed_client():
    assert (client.string("COLOUR"), client.number("LIMIT"), client.readiness) == ("first", 7, "CLOSED")
    try:
        client.refresh()
        os._exit(1)
    except fh_client.Closed:
        pass

in_child(child)
assert client.number("LIMIT") == 7
client.close()
in_child(child_of_a_closed_client)
"""
OBSERVERS = """
events = {name: [] for name in ("first", "batches", "inline", "cancelled")}
{client}observers=[events["first"].extend])
client.observe(events["batches"].extend)
client.observe(events["inline"].append, inline=True)
cancelled = client.observe(events["cancelled"].append, inline=True)
client.wait_ready(60)

def reads(*keys):
    for key in keys:
        client.value(key)
    client.flush(60)
    seen = {name: [used.key for event in got if event.kind == "evaluated" for used in event.features] for name, got in events.items()}
    for got in events.values():
        got.clear()
    return seen

def child(*keys):
    seen = reads(*keys)
    assert seen.pop("cancelled") == []
    assert list(seen.values()) == [list(keys)] * 3, seen

assert set(map(tuple, reads("ON").values())) == {("ON",)}
cancelled.cancel()
in_child(lambda: child("COLOUR", "LIMIT"))
child("OFF")
client.close()
"""
PROGRAMS = {
    "interceptors override reads in both processes": INTERCEPTORS.replace("{client}", EAGER),
    "interceptors of a lazy client do so, too": INTERCEPTORS.replace("{client}", LAZY),
    "observers get the reads of their process": OBSERVERS.replace("{client}", EAGER),
    "observers of a lazy client do so, too": OBSERVERS.replace("{client}", LAZY),
    "all handles begin anew": """
client = started()
plain = client.context(plan="silver")
colour = client.feature("COLOUR")
of_plain = plain.feature("COLOUR")
snapshot, of_gold = client.snapshot(), client.context(plan="gold").snapshot()
updates = client.test_updates()
seen, cancelled = queue.SimpleQueue(), []
listening = plain.on_change("COLOUR", lambda change: seen.put((change.old, change.new)))
also = colour.on_change(cancelled.append)
def reads(value):
    assert (plain.string("COLOUR"), colour.string(), of_plain.string()) == (value, value, value)
reads("red")
def child():
    also.cancel()
    assert listening.is_active and not also.is_active
    reads("red")
    assert (snapshot.string("COLOUR"), of_gold.string("COLOUR")) == ("red", "gold")
    for old, new in (("red", "blue"), ("blue", "green")):
        updates.set_and_wait("COLOUR", value=new)
        reads(new)
        assert seen.get(timeout=60) == (old, new)
    assert snapshot.string("COLOUR") == "red" and snapshot.of(plain).string("COLOUR") == "red"
    assert cancelled == []
    client.close()
    assert client.readiness == "CLOSED" and plain.string("COLOUR") == "green"
in_child(child)
sees(client, "green")
client.close()
""",
    "catch and release goes on": """
client = started(catch_updates=True)
held = queue.SimpleQueue()
client.on_new_state(held.put)
def child():
    assert client.is_catching and not client.is_holding
    client.test_updates().set("COLOUR", value="blue")
    held.get(timeout=60)
    assert client.is_holding and client.string("COLOUR") == "red"
    client.release_all()
    assert client.string("COLOUR") == "blue"
in_child(child)
assert client.string("COLOUR") == "red"
client.close()
""",
    "a change that a busy listener of the parent has not seen is reported in the child": """
client = started()
busy, go = threading.Event(), threading.Event()
seen = queue.SimpleQueue()
def listener(change):
    seen.put((change.old, change.new))
    if change.new == "blue":
        busy.set()
        go.wait()
client.on_change("COLOUR", listener)
client.test_updates().set_and_wait("COLOUR", value="blue")
busy.wait(60)
client.test_updates().set_and_wait("COLOUR", value="green")
def child():
    assert seen.get() == ("red", "blue")
    client.is_ready
    assert seen.get(timeout=60) == ("blue", "green")
in_child(child)
go.set()
client.close()
""",
    "a pool of contexts begins anew": """
client = fh_client.Client(url, server_key, mode="once")
client.wait_ready(60)
pool = client.context_pool(requests_per_second=1000)
gold = pool.get(plan="gold")
def child():
    # The context of the parent's pool has a client of its own here.
    assert (gold.string("COLOUR"), pool.live) == ("gold", 0)
    assert (pool.get(plan="silver").string("COLOUR"), pool.get(plan="gold").string("COLOUR"), pool.live) == ("red", "gold", 2)
    client.close()
in_child(child)
assert (gold.string("COLOUR"), pool.get(plan="silver").string("COLOUR"), pool.live) == ("gold", "red", 2)
client.close()
""",
    "a wait for the changes of an Edge in memory, whose thread a child does not have, ends after the timeout": """
import asyncio
from fh_client.testing import MemoryEdge
edge = MemoryEdge()
client = edge.client()
client.wait_ready(60)
edge.delivered(60)
def child():
    edge.set("ON", True)
    for wait in (edge.delivered, lambda limit: asyncio.run(edge.aio.delivered(limit))):
        try:
            wait(0.05)
            os._exit(1)
        except TimeoutError:
            pass
in_child(child)
client.close()
""",
    "an interceptor may register listeners while its client begins anew": """
client = started()
def intercept(read):
    client.on_notice(print).cancel()
    return fh_client.CONTINUE
client.intercept(intercept)
client.on_change("COLOUR", print)
def child():
    assert client.string("COLOUR") == "red"
in_child(child)
client.close()
""",
    "a YAML file overrides and is watched": """
open(file, "w").write("flagValues: {COLOUR: blue, LIMIT: 7}")
early, late = (fh_client.YamlOverrides(file, interval=0.01) for _ in range(2))
store = fh_client.YamlStore(file)
clients = client, other = started(interceptors=[early]), started()
other.intercept(late)
def child():
    for one in clients:
        assert (one.string("COLOUR"), one.number("LIMIT")) == ("blue", 7)
    assert early.problem is None and len(store.features()) == 2
    # A watch must not see a half-written file, of which it would warn.
    open(file + ".new", "w").write("flagValues: {COLOUR: a longer green}")
    os.replace(file + ".new", file)
    green()
    assert client.number("LIMIT") == other.number("LIMIT") == 20
def green():
    for one in clients:
        sees(one, "a longer green")
        one.close()
in_child(child)
green()
""",
    "a child logs on a thread of its own": """
logger.setLevel(logging.INFO)
client = fh_client.Client(url, key)
kept.until("the client is ready")
assert "fh-logs" in native_threads()
def child():
    client.offer_features("store", client.environments[0], "nonsense")
    # The thread gives the record to the handler without a call of `flush`.
    kept.until("store")
    assert "fh-logs" in native_threads()
in_child(child)
child()
client.close()
""",
    "a child adopts its own level": """
logger.setLevel(logging.CRITICAL)
client = started()
def silent():
    client.refresh()
    client.flush(60)
    assert kept.records.empty() and "fh-logs" not in native_threads()
def child():
    logger.setLevel(logging.DEBUG)
    client.refresh()
    kept.until("")
silent()
in_child(child)
silent()
client.close()
""",
    "a child does not repeat the warning of many listeners": """
logger.setLevel(logging.WARNING)
client = started()
for _ in range(1001):
    client.on_change("COLOUR", id)
kept.until("1001 listeners")
def child():
    for _ in range(10):
        client.on_change("COLOUR", id)
    client.flush(60)
    assert kept.records.empty()
in_child(child)
client.close()
""",
    "a child that uses no client starts no thread": """
logger.setLevel(5)
client = started(observers=[id], interceptors=[lambda read: fh_client.CONTINUE])
client.intercept(lambda read: fh_client.CONTINUE)
client.observe(id)
client.on_change("COLOUR", print)
handles = [client.context(plan="gold"), client.feature("COLOUR")]
def child():
    assert threads() == 1
    handles.pop(0).but(plan="silver")
    handles.clear()
    gc.collect()
    assert threads() == 1
    sys.exit(7)
in_child(child)
assert client.refresh() == "READY"
client.close()
""",
    "a client that is forgotten in the child leaves the parent's alone": """
client = started(mode="polling")
client.on_change("COLOUR", print)
child = os.fork()
if child == 0:
    del client
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert client.refresh() == "READY"
client.close()
""",
    "functions of the constructor are called in the child": """
seen, ready = queue.SimpleQueue(), queue.SimpleQueue()
client = started(on_change={"COLOUR": seen.put}, on_readiness=ready.put)
def becomes_ready():
    while ready.get(timeout=60).readiness != "READY":
        pass
assert seen.get(timeout=60).new == "red"
becomes_ready()
def child():
    client.test_updates().set("COLOUR", value="blue")
    while (change := seen.get(timeout=60)).new != "blue":
        pass
    assert change.old == "red"
    becomes_ready()
    client.close()
in_child(child)
assert seen.get(timeout=60).new == "blue"
client.close()
""",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_in_a_forked_process(edge: Edge, tmp_path: pathlib.Path, program: str) -> None:
    with Program(START + PROGRAMS[program], edge.url, edge.key, str(tmp_path / "overrides.yaml"), edge.server_key) as running:
        running.end()
