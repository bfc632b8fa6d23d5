"""The Edge and the servers of the examples."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import subprocess
import threading
import urllib.request
from typing import Literal

from scripted import ScriptedEdge, feature, strategy
from wire import LIMIT, SOON

EXAMPLES = pathlib.Path(__file__).parents[1] / "examples"


def shop_edge() -> ScriptedEdge:
    return ScriptedEdge(
        feature("NEW_CHECKOUT", "BOOLEAN", False, strategy("mara", True, "userkey", "mara")),
        feature("GREETING", "STRING", "Hello", strategy("gold", "Welcome & hello", "plan", "gold")),
        feature("LIMIT", "NUMBER", 20),
    )


class Server:
    """A server of an example, which writes its address when it listens."""

    def __init__(self, edge: ScriptedEdge, folder: pathlib.Path, *command: str) -> None:
        environment = {**os.environ, "FEATUREHUB_EDGE_URL": edge.url, "FEATUREHUB_CLIENT_API_KEY": edge.key, "PORT": "0"}
        self._process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._limit = threading.Timer(LIMIT, self._process.kill)
        self._limit.start()
        assert self._process.stdout is not None
        said = []
        for line in self._process.stdout:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:[1-9]\d*", line):
                self.url = found[0]
                return
        raise AssertionError("".join(said))

    def get(self, path: str, **headers: str) -> str:
        named = {f"x-{name}": value for name, value in headers.items()}
        with urllib.request.urlopen(urllib.request.Request(self.url + path, headers=named), timeout=SOON) as answer:
            return str(answer.read().decode())

    def end(self) -> tuple[int, str]:
        """End the server as an operator does, and return its status and what it wrote."""
        self._process.send_signal(signal.SIGTERM)
        said, _ = self._process.communicate(timeout=SOON)
        return self._process.returncode, said

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> Literal[False]:
        self._limit.cancel()
        self._process.kill()
        self._process.communicate()
        return False
