"""Workers of uWSGI, which forks in C and runs no hooks of Python."""

from __future__ import annotations

import pathlib
import sys

import pytest
from conftest import Edge
from running import COLOURS, answer, see_changes, started
from wire import Wire

import fh_client

LISTENING = """
import os, queue

def application(environ, start_response):
    arrived = queue.SimpleQueue()
    with client.on_change("COLOUR", arrived.put):
        while client.string("COLOUR") != environ["QUERY_STRING"]:
            arrived.get(timeout=60)
    start_response("200 OK", [("content-type", "text/plain")])
    return [str(os.getpid()).encode()]
"""
#: Without threads, no listener is called while a request waits. The request gives the value as it is.
READING = """
import os

def application(environ, start_response):
    start_response("200 OK", [("content-type", "text/plain")])
    return [f"{os.getpid()} {client.string('COLOUR')}".encode()]
"""
WORKERS = 4


@pytest.mark.parametrize("start", ["eager", "lazy"])
@pytest.mark.parametrize("threads", ["with threads", "without threads"])
def test_four_workers_see_changes(edge: Edge, tmp_path: pathlib.Path, threads: str, start: str) -> None:
    with Wire(edge.url) as wire, fh_client.Client(edge.url, edge.key) as client:
        program = f"import fh_client\nclient = fh_client.Client({wire.url!r}, {edge.key!r}, start={start!r})\n"
        if start == "eager":
            program += "client.wait_ready(60)\n"
        (tmp_path / "shop.py").write_text(program + (LISTENING if threads == "with threads" else READING))
        command = [str(pathlib.Path(sys.executable).with_name("uwsgi")), "--http-socket", "127.0.0.1:0", "--master"]
        command += ["--processes", str(WORKERS), "--die-on-term", "--need-app", "--virtualenv", sys.prefix]
        command += ["--module", "shop", "--pythonpath", str(tmp_path)]
        if threads == "with threads":
            command.append("--enable-threads")
        ready = r'uwsgi socket 0 bound to TCP address (127[\d.:]+)'
        with started(command, tmp_path, ready) as found:
            url = f"http://{found[1]}"
            if threads == "with threads":
                see_changes(url, WORKERS, client)
            else:
                read_changes(url, client)
            streams = WORKERS + (1 if start == "eager" else 0)
            assert len(wire.streams) == streams and wire.streams[0].is_open()


def read_changes(url: str, client: fh_client.Client) -> None:
    """Change the colour, and request it until each worker has read each colour."""
    seen: set[str] = set()
    for colour in COLOURS:
        client.test_updates().set("COLOUR", value=colour)
        answered: set[str] = set()
        while len(answered) < WORKERS:
            process, value = answer(url).split()
            if value == colour:
                answered.add(process)
        seen |= answered
    assert len(seen) == WORKERS
