"""A server with several forked workers, which answers with their process ids once they have seen a value."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from wire import SOON

import fh_client

COLOURS = ("red", "blue", "green")


@contextmanager
def started(command: list[str], folder: pathlib.Path, ready: str, **settings: str) -> Iterator[re.Match[str]]:
    """Start a server with settings in its environment, and give the text that says that it is ready. It must end without an error."""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1", **settings}
    said: list[str] = []
    server = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    limit = threading.Timer(2 * SOON, server.kill)
    limit.start()
    try:
        assert server.stdout is not None
        for line in server.stdout:
            said.append(line)
            if found := re.search(ready, line):
                break
        else:
            raise AssertionError("".join(said))
        # The output is read while the server runs, so that it never waits for the pipe.
        rest = threading.Thread(target=said.extend, args=(server.stdout,))
        rest.start()
        yield found
    finally:
        server.send_signal(signal.SIGTERM)
        status = server.wait(SOON)
        limit.cancel()
    rest.join(SOON)
    server.stdout.close()
    # Some servers end by the signal itself, once they have shut down.
    assert status in (0, -signal.SIGTERM), (status, "".join(said))
    assert "Traceback" not in "".join(said), "".join(said)


def answer(url: str) -> str:
    with urllib.request.urlopen(url, timeout=SOON) as response:
        return str(response.read().decode())


def see_changes(url: str, workers: int, client: fh_client.Client) -> None:
    """Change the colour, and request it until each worker has answered that it has seen each colour."""
    updates = client.test_updates()
    seen: set[str] = set()
    for colour in COLOURS:
        updates.set("COLOUR", value=colour)
        answered: set[str] = set()
        while len(answered) < workers:
            answered.add(answer(f"{url}/?{colour}"))
        seen |= answered
    assert len(seen) == workers
