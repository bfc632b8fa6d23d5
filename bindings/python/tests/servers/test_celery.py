"""Workers of Celery's pool prefork."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest
from conftest import Edge
from running import COLOURS, started
from wire import Wire

import fh_client

PROGRAM = """
import os, queue
import celery
import fh_client

client = fh_client.Client({url!r}, {key!r}, start={start!r})
if {start!r} == "eager":
    client.wait_ready(60)
folder = {folder!r}
app = celery.Celery("shop", broker="filesystem://", backend="file://" + folder + "/results")
app.conf.broker_transport_options = dict(
    data_folder_in=folder + "/queue", data_folder_out=folder + "/queue", control_folder=folder + "/control"
)
app.conf.worker_prefetch_multiplier = 1

@app.task
def sees(wanted):
    arrived = queue.SimpleQueue()
    with client.on_change("COLOUR", arrived.put):
        while client.string("COLOUR") != wanted:
            arrived.get(timeout=60)
    return os.getpid()
"""
SEND = """
import sys
import shop

# Tasks that wait at the same time are those of different processes.
sent = [shop.sees.delay(sys.argv[1]) for _ in range(8)]
print(*sorted({task.get(timeout=60) for task in sent}), flush=True)
shop.client.close()
"""


@pytest.mark.parametrize("start", ["eager", "lazy"])
def test_the_workers_of_a_pool_see_changes(edge: Edge, tmp_path: pathlib.Path, start: str) -> None:
    for name in ("queue", "control", "results"):
        (tmp_path / name).mkdir()
    with Wire(edge.url) as wire, fh_client.Client(edge.url, edge.key) as client:
        (tmp_path / "shop.py").write_text(PROGRAM.format(url=wire.url, key=edge.key, start=start, folder=str(tmp_path)))
        sender = tmp_path / "sender"
        sender.mkdir()
        # The program that sends tasks has a client that no task uses, and that must not count.
        (sender / "shop.py").write_text(PROGRAM.format(url=edge.url, key=edge.key, start="lazy", folder=str(tmp_path)))
        (sender / "send.py").write_text(SEND)
        command = [sys.executable, "-m", "celery", "--app", "shop", "worker", "--pool", "prefork", "--concurrency", "2"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]
        with started(command, tmp_path, r"celery@\S+ ready") as _:
            seen: set[str] = set()
            for colour in COLOURS:
                answered: set[str] = set()
                # The tasks wait until they see the change.
                sending = subprocess.Popen(
                    [sys.executable, "send.py", colour], cwd=sender, stdout=subprocess.PIPE, text=True
                )
                client.test_updates().set("COLOUR", value=colour)
                said, _ = sending.communicate(timeout=120)
                assert sending.returncode == 0
                answered |= set(said.split())
                assert len(answered) == 2, answered
                seen |= answered
            assert len(seen) == 2
            streams = 3 if start == "eager" else 2
            assert len(wire.streams) == streams and wire.streams[0].is_open()
