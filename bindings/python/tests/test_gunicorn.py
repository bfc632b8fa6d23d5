"""Workers of gunicorn that are forked from a process with a client."""

from __future__ import annotations

import os
import pathlib
import sys

import pytest
from conftest import Edge
from conftest import own_edge as edge
from running import see_changes, started
from wire import Wire

import fh_client

WSGI = """
import os, queue

def app(environ, start_response):
    wanted = environ["QUERY_STRING"]
    arrived = queue.SimpleQueue()
    with client.on_change("COLOUR", arrived.put):
        while client.string("COLOUR") != wanted:
            arrived.get(timeout=60)
    start_response("200 OK", [("content-type", "text/plain")])
    return [str(os.getpid()).encode()]
"""
#: The function of a listener runs on a thread of the operating system, and wakes the greenlet. A worker registers it at its first request, so
#: it must be called for each later colour.
GEVENT = """
import os
from gevent.event import Event

arrived, heard, subscriptions = Event(), ["red"], []

def hear(change):
    heard.append(change.new)
    arrived.set()

def app(environ, start_response):
    if not subscriptions:
        subscriptions.append(client.on_change("COLOUR", hear))
    while environ["QUERY_STRING"] not in heard:
        assert arrived.wait(60)
        arrived.clear()
    start_response("200 OK", [("content-type", "text/plain")])
    return [str(os.getpid()).encode()]
"""
UVICORN = """
import os

async def app(scope, receive, send):
    assert scope["type"] == "http", scope
    changes = client.changes("COLOUR")
    while client.string("COLOUR") != scope["query_string"].decode():
        await anext(changes)
    await changes.aclose()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
"""
PROGRAMS = {"sync": WSGI, "gthread --threads 2": WSGI, "gevent": GEVENT, "uvicorn_worker.UvicornWorker": UVICORN}
#: The other workers are those of packages.
PACKAGES = pytest.mark.skipif("FH_SERVERS" not in os.environ, reason="the part `servers that fork` of `cargo xtask python full` runs it")
WORKERS = [worker if WSGI == program else pytest.param(worker, marks=PACKAGES) for worker, program in PROGRAMS.items()]


@pytest.mark.parametrize("start", ["eager", "lazy"])
@pytest.mark.parametrize("worker", WORKERS)
def test_the_workers_of_a_preloaded_program_see_changes(edge: Edge, tmp_path: pathlib.Path, worker: str, start: str) -> None:
    with Wire(edge.url) as wire, fh_client.Client(edge.url, edge.key) as client:
        program = "from gevent import monkey\nmonkey.patch_all()\n" if worker == "gevent" else ""
        program += f"import fh_client\nclient = fh_client.Client({wire.url!r}, {edge.key!r}, start={start!r})\n"
        if start == "eager":
            program += "client.wait_ready(60)\n"
        (tmp_path / "shop.py").write_text(program + PROGRAMS[worker])
        command = [sys.executable, "-m", "gunicorn", "--preload", "--workers", "2", "--bind", "127.0.0.1:0"]
        command += ["--worker-class", *worker.split(), "shop:app"]
        with started(command, tmp_path, r"Listening at: (http://[\d.:]+)") as found:
            see_changes(found[1], 2, client)
            # The master of an eager client has the first stream, which still lives.
            assert len(wire.streams) == (3 if start == "eager" else 2) and wire.streams[0].is_open()
