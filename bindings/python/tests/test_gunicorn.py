"""Workers of gunicorn that are forked from a process with a running client."""

from __future__ import annotations

import pathlib
import sys

import pytest
from conftest import Edge
from conftest import own_edge as edge
from running import see_changes, started
from wire import Wire

import fh_client

PROGRAM = """
import os, queue
import fh_client

client = fh_client.Client({url!r}, {key!r})
client.wait_ready(60)

def app(environ, start_response):
    wanted = environ["QUERY_STRING"]
    arrived = queue.SimpleQueue()
    with client.on_change("COLOUR", arrived.put):
        while client.string("COLOUR") != wanted:
            arrived.get(timeout=60)
    start_response("200 OK", [("content-type", "text/plain")])
    return [str(os.getpid()).encode()]
"""


@pytest.mark.parametrize("worker", [["--worker-class", "sync"], ["--worker-class", "gthread", "--threads", "2"]])
def test_the_workers_of_a_preloaded_program_see_changes(edge: Edge, tmp_path: pathlib.Path, worker: list[str]) -> None:
    with Wire(edge.url) as wire, fh_client.Client(edge.url, edge.key) as client:
        (tmp_path / "shop.py").write_text(PROGRAM.format(url=wire.url, key=edge.key))
        command = [sys.executable, "-m", "gunicorn", "--preload", "--workers", "2", "--bind", "127.0.0.1:0", *worker, "shop:app"]
        with started(command, tmp_path, r"Listening at: (http://[\d.:]+)") as found:
            see_changes(found[1], 2, client)
            # One stream of the master, which is the first and still lives, and one of each worker.
            assert len(wire.streams) == 3 and wire.streams[0].is_open()
