"""The life of a client: arguments, waiting, closing, signals, and collection."""

from __future__ import annotations

import copy
import gc
import os
import pathlib
import pickle
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from modulefinder import ModuleFinder
from typing import Any

import pytest
from conftest import Edge
from wire import run

import fh_client

KEY = "environment/key*"


EDGE = "http://edge"
STATE_FILE = """
features:
  - { key: A, type: BOOLEAN }
environments:
  - { name: dev, values: { A: true } }
"""


@pytest.mark.parametrize(
    ("url", "keys", "settings", "kind", "where", "cure"),
    [
        ("", [KEY], {}, ValueError, "the Edge's URL is empty", "write https://edge.example"),
        (5, [KEY], {}, TypeError, "url: 'int' object", "write a str such as \"https://edge.example\""),
        (EDGE, [], {}, ValueError, "the API key is missing", "write ENVIRONMENT/KEY"),
        (EDGE, [5], {}, TypeError, "api_keys: 'int' object", "write each one as a str"),
        (EDGE, [KEY, "environment/server"], {}, ValueError, "cannot be mixed", "write keys of one kind"),
        (EDGE, [KEY, "other/key*"], {"mode": "streaming"}, ValueError, "several API keys", "use polling"),
        (EDGE, [KEY], {"no_such_setting": 1}, TypeError, "no_such_setting: there is no such", "help(fh_client.Client)"),
        (EDGE, [KEY], {"bootstap": []}, TypeError, "bootstap: there is no such setting", "write bootstrap"),
        (EDGE, [KEY], {"snapshot": ""}, TypeError, "snapshot: there is no such setting", "write snapshot_file, snapshot_max_age or snapshot_at_start"),
        (EDGE, [KEY], {"refresh_interval": 5}, TypeError, "refresh_interval: there is no such setting", "write interval"),
        (EDGE, [], {"api_keys": [KEY]}, TypeError, "api_keys: there is no such setting", "write the API keys as arguments after the URL"),
        (EDGE, [], {"api_key": KEY}, ValueError, "api_key: a client of FeatureHub has no such", "write the API keys as arguments after the URL"),
        (EDGE, [], {"sdk_key": KEY}, TypeError, "sdk_key: there is no such setting", "write the API keys as arguments after the URL"),
        (EDGE, [KEY], {"context": "mara"}, TypeError, "context: 'str' object", "write a mapping of attributes, such as {\"userkey\": \"mara\"}"),
        (EDGE, [KEY], {"on_change": {"A": "b"}}, TypeError, "on_change: a listener is a function", "write a function with one argument"),
        (EDGE, [KEY], {"start": "later"}, ValueError, "start: the value is unknown", "write \"eager\" or \"lazy\""),
        (EDGE, [KEY], {"mode": "sometimes"}, ValueError, "mode: the value is unknown", "write \"streaming\", \"polling\""),
        (EDGE, [KEY], {"mode": 1}, TypeError, "mode: 'int' object", "write \"streaming\", \"polling\""),
        (EDGE, [KEY], {"interval": 5}, ValueError, "interval: the mode does not poll", "write mode=\"polling\""),
        (EDGE, [KEY], {"mode": "polling", "interval": float("nan")}, ValueError, "interval: the duration is no number", "from 0"),
        (EDGE, [KEY], {"mode": "polling", "interval": -1}, ValueError, "interval: the duration is negative", "from 0"),
        (EDGE, [KEY], {"mode": "polling", "interval": "5"}, TypeError, "interval: a duration", "write seconds"),
        (EDGE, [KEY], {"mode": "polling", "interval": True}, TypeError, "interval: a duration", "write seconds"),
        (EDGE, [KEY], {"return_within": (2, 1)}, ValueError, "the setting return_within", "write the shorter delay first"),
        (EDGE, [KEY], {"return_within": 1}, TypeError, "return_within: ", "write two durations"),
        (EDGE, [KEY], {"return_within": (1, 2, 3)}, ValueError, "return_within: ", "write two durations"),
        (EDGE, [KEY], {"snapshot_max_age": 5}, ValueError, "snapshot_max_age: it needs a file", "write snapshot_file"),
        (EDGE, [KEY], {"snapshot_file": 5}, TypeError, "snapshot_file: ", "write a path"),
        (EDGE, [KEY], {"bootstrap": "nonsense"}, ValueError, "`bootstrap` cannot be read", "give the answer of an Edge"),
        (EDGE, [KEY], {"bootstrap": STATE_FILE}, ValueError, "is the state file of an Edge", "give the answer"),
        (EDGE, [KEY], {"bootstrap": 5.5j}, TypeError, "bootstrap: ", "write JSON as str or bytes"),
        (EDGE, [KEY], {"headers": {"host": "x"}}, ValueError, "the header \"host\" cannot be sent", "leave it to the client"),
        (EDGE, [KEY], {"headers": "x"}, TypeError, "headers: 'str' object", "write a mapping of names"),
        (EDGE, [KEY], {"context": 5}, TypeError, "context: 'int' object", "write a mapping of attributes"),
        (EDGE, [KEY], {"backoff": fh_client.Backoff(5, 1)}, ValueError, "the setting backoff can", "write a cap"),
        (EDGE, [KEY], {"backoff": (1, 2)}, TypeError, "backoff: 'tuple' object", "write fh_client.Backoff"),
        (EDGE, [KEY], {"limits": fh_client.Limits(poll=0)}, ValueError, "the setting limits.poll", "write a positive number"),
        (EDGE, [KEY], {"limits": 5}, TypeError, "limits: 'int' object", "write fh_client.Limits"),
        (EDGE, [KEY], {"event_queue": -1}, ValueError, "event_queue: ", "write a whole number from 0"),
        (EDGE, [KEY], {"catch_updates": "yes"}, TypeError, "catch_updates: 'str' object", "write True or False"),
        (EDGE, [KEY], {"on_status": 5}, TypeError, "on_status: ", "write a function"),
        (EDGE, [KEY], {"on_change": 5}, TypeError, "on_change: 'int' object", "write a mapping of feature keys"),
        (EDGE, [KEY], {"on_change": {"A": 5}}, TypeError, "on_change", ""),
        (EDGE, [KEY], {"on_change": {5: print}}, TypeError, "on_change", ""),
        (EDGE, [KEY], {"on_something": print}, TypeError, "on_something", ""),
        (EDGE, [KEY], {"clock": 5}, TypeError, "clock", ""),
        (EDGE, [KEY], {"start": 1}, TypeError, "start", ""),
        (EDGE, [KEY], {"start": "lazy", "headers": {"host": "x"}}, ValueError, "host", ""),
        (EDGE, [KEY], {"ca_certificate": 5}, TypeError, "ca_certificate: 'int' object", "write a PEM text"),
        (EDGE, [KEY], {"client_certificate": b"none"}, ValueError, "the setting client_certificate", "-----BEGIN"),
        (EDGE, [KEY], {"proxy": "http://me:a/b@proxy"}, ValueError, "the setting proxy", "%2F"),
        (EDGE, [KEY], {"proxy": True}, TypeError, "proxy: ", "or False for no proxy"),
    ],
)
def test_an_error_says_what_is_wrong_where_and_what_to_write(
    url: Any, keys: list[Any], settings: Any, kind: type[Exception], where: str, cure: str
) -> None:
    with pytest.raises(kind) as raised:
        fh_client.Client(url, *keys, **settings)
    text = str(raised.value)
    assert where in text and cure in text
    assert "key*" not in text and "a/b@" not in text


def test_a_refresh_names_the_scheme_of_the_port(edge: Edge) -> None:
    with fh_client.Client(edge.url.replace("http://", "https://"), edge.key) as client:
        with pytest.raises(fh_client.EdgeProblem, match="answers without TLS at this port: write http:// in the URL"):
            client.refresh()


def test_an_offline_client_has_no_mode() -> None:
    with pytest.raises(ValueError, match="leave them out"):
        fh_client.Client.offline(mode="polling")  # type: ignore[call-arg]


def every_exception(of: type[fh_client.FhError] = fh_client.FhError) -> Iterator[type[fh_client.FhError]]:
    yield of
    for below in of.__subclasses__():
        yield from every_exception(below)


def test_every_exception_survives_pickles_and_copies_with_its_status_as_a_dict(deaf: str) -> None:
    with fh_client.Client(deaf, KEY) as client:
        with pytest.raises(fh_client.TimedOut) as raised:
            client.wait_ready(0.05)
    status = raised.value.status
    assert isinstance(status, fh_client.Status)

    def pickled(protocol: int) -> Callable[[fh_client.FhError], Any]:
        return lambda error: pickle.loads(pickle.dumps(error, protocol))

    ways: list[Callable[[fh_client.FhError], Any]] = [copy.copy, copy.deepcopy, *map(pickled, range(6))]
    exceptions = [raised.value, *(each("why") for each in every_exception())]
    assert len(exceptions) > 6
    for error in exceptions:
        error.status = status  # type: ignore[attr-defined]
        error.reason = "because"  # type: ignore[attr-defined]
        for way in ways:
            again = way(way(error))
            assert (type(again), again.args, str(again)) == (type(error), error.args, str(error))
            assert vars(again) == {"status": status.to_dict(), "reason": "because"}


def test_a_client_that_is_collected_without_close_warns(deaf: str) -> None:
    with pytest.warns(ResourceWarning, match="not closed"):
        client = fh_client.Client(deaf, KEY)
        context = client.context(a="b")
        gone = weakref.ref(client)
        del client
        gc.collect()
        assert gone() is not None, "a context keeps its client"
        del context
        gc.collect()
        assert gone() is None


#: Calls that never return, because the Edge does not answer, because a listener does not return, or because the thread of a client
#: in memory does not exist in a forked child.
BLOCKED = [
    "client.wait_ready()",
    "client.refresh()",
    "client.set_context(a='b')",
    "client.set_api_keys('e/other')",
    "client.set_headers({'x-team': 'shop'})",
    "client.test_updates().set('COLOUR', value='blue')",
    "client.test_updates().set_and_wait('COLOUR', value='blue')",
    "client.context_pool().get(plan='gold')",
    "stuck.flush(600)",
    "stuck.close(600)",
    "in_memory.delivered()",
    "in_memory.delivered(600)",
]


@pytest.mark.parametrize("call", BLOCKED)
def test_ctrl_c_ends_each_wait(deaf: str, call: str) -> None:
    """A busy machine delays threads, so the wait is repeated until one delay is short."""
    program = f"""
import fh_client, os, signal, sys, threading, time
from fh_client.testing import MemoryEdge
limits = fh_client.Limits(connect=600, head=600, poll=600, idle=600)
client = fh_client.Client({deaf!r}, "environment/key", limits=limits)
begun = threading.Event()
def listener(change):
    begun.set()
    threading.Event().wait()
stuck = fh_client.Client.offline(bootstrap=[])
stuck.on_readiness(listener)
assert begun.wait(60)
if "in_memory" in {call!r}:
    in_memory = MemoryEdge()
    parents = in_memory.client()
    parents.wait_ready(60)
    in_memory.delivered(60)
    if child := os.fork():
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    in_memory.set("ON", True)
# A process that runs in the background of a shell inherits that the signal is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
main = threading.main_thread().ident
sent = 0.0
def interrupt():
    global sent
    while sys._current_frames()[main].f_code.co_name != "blocked":
        pass
    sent = time.monotonic()
    os.kill(os.getpid(), signal.SIGINT)
def blocked():
    {call}
delays = []
while not delays or min(delays) >= 0.1:
    assert len(delays) < 20, delays
    interrupting = threading.Thread(target=interrupt)
    try:
        interrupting.start()
        blocked()
        sys.exit("returned")
    except KeyboardInterrupt:
        delays.append(time.monotonic() - sent)
    interrupting.join()
print("interrupted")
client.close(0)
stuck.close(0)
"""
    done = run(program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted\n", "")


def test_importing_the_package_loads_little() -> None:
    program = """
import sys
before = set(sys.modules)
import fh_client
print(*sorted(set(sys.modules) - before))
# A listener that is no coroutine function needs no event loop.
fh_client.Client.offline(bootstrap=[], on_readiness=id).close()
print("asyncio" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    loaded = set(done.stdout.split())
    assert "fh_client._native" in loaded and done.stdout.endswith("\nFalse\n"), done.stderr
    unwanted = {"asyncio", "ssl", "http", "urllib.request", "concurrent.futures", "numpy", "decimal", "json", "enum"}
    assert loaded & unwanted == set()


def test_tools_that_pack_programs_find_each_module_that_is_loaded(tmp_path: pathlib.Path) -> None:
    """The native module imports modules, too, and these tools read import statements only."""
    before = "import sys; before = set(sys.modules)\n"
    program = """
import fh_client
feature = {"id": "1", "key": "PRICE", "type": "NUMBER", "version": 1, "value": 7.5}
theme = {"id": "2", "key": "THEME", "type": "JSON", "version": 1, "value": "{}"}
with fh_client.Client.offline(bootstrap=[feature, theme], on_readiness=print) as client:
    client.aio
    client.decimal("PRICE")
    client.json("THEME")
    try:
        client.context(plan=object())
    except TypeError:
        pass
    client.flush()
"""
    script = tmp_path / "program.py"
    script.write_text(program)
    # Some names, such as `typing.io`, are no modules of a file.
    after = "print(*(name for name in set(sys.modules) - before if hasattr(sys.modules[name], '__spec__')), file=sys.stderr)\n"
    done = run(before + program + after)
    finder = ModuleFinder()
    finder.run_script(str(script))
    loaded = set(done.stderr.split())
    assert {"fh_client._aio", "fh_client._logs", "fh_client._worker", "decimal"} <= loaded <= set(finder.modules)
