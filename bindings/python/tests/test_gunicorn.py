"""Workers of gunicorn that are forked from a process with a running client."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import subprocess
import sys
import urllib.request

import pytest
from conftest import Edge
from wire import SOON, Wire

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
def test_the_workers_of_a_preloaded_program_see_changes(tmp_path: pathlib.Path, worker: list[str]) -> None:
    edge = Edge(tmp_path)
    with Wire(edge.url) as wire, fh_client.Client(edge.url, edge.key) as client:
        (tmp_path / "shop.py").write_text(PROGRAM.format(url=wire.url, key=edge.key))
        command = [sys.executable, "-m", "gunicorn", "--preload", "--workers", "2", "--bind", "127.0.0.1:0", *worker, "shop:app"]
        environment = {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1"}
        master = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            assert master.stderr is not None
            said = ""
            while not (found := re.search(r"Listening at: (http://[\d.:]+)", said)):
                line = master.stderr.readline()
                assert line, said
                said += line
            updates = client.test_updates()
            workers: set[str] = set()
            for colour in ("red", "blue", "green"):
                updates.set("COLOUR", value=colour)
                answered: set[str] = set()
                while len(answered) < 2:
                    with urllib.request.urlopen(f"{found[1]}/?{colour}", timeout=SOON) as answer:
                        answered.add(answer.read().decode())
                workers |= answered
            assert len(workers) == 2
            # One stream of the master, which is the first and still lives, and one of each worker.
            assert len(wire.streams) == 3 and wire.streams[0].is_open()
        finally:
            master.send_signal(signal.SIGTERM)
            _, rest = master.communicate(timeout=SOON)
            edge.stop()
        assert master.returncode == 0, rest
        assert "Traceback" not in said + rest
