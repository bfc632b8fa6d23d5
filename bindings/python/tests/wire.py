"""A wire between clients and an Edge, which records the streams; and programs that a test talks to."""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import urlsplit

SOON = 60
LIMIT = 600


class Stream:
    """A connection on which a client has requested a stream."""

    def __init__(self, client: socket.socket) -> None:
        self.client = client
        self.has_ended = False

    def is_open(self) -> bool:
        """True if no end of the connection has arrived from the client's side."""
        return not self.has_ended and not select.select([self.client], [], [], 0)[0]


class Wire:
    """A relay of bytes in front of an Edge. It counts its connections, and those on which streams were requested."""

    def __init__(self, url: str) -> None:
        self._edge = (urlsplit(url).hostname, urlsplit(url).port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self.streams: list[Stream] = []
        self.connections = 0
        self._changed = threading.Condition()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> Literal[False]:
        self._server.close()
        return False

    def wait_until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, SOON)

    def open_streams(self) -> int:
        return sum(not stream.has_ended for stream in self.streams)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            edge = socket.create_connection(self._edge)
            stream = Stream(client)
            threading.Thread(target=self._requests, args=(client, edge, stream), daemon=True).start()
            threading.Thread(target=self._copy, args=(edge, client), daemon=True).start()

    def _requests(self, client: socket.socket, edge: socket.socket, stream: Stream) -> None:
        self._copy(client, edge, stream)
        with self._changed:
            stream.has_ended = True
            self._changed.notify_all()
        edge.close()
        client.close()

    def _copy(self, source: socket.socket, target: socket.socket, stream: Stream | None = None) -> None:
        try:
            while data := source.recv(65536):
                if stream is not None and b"text/event-stream" in data:
                    with self._changed:
                        self.streams.append(stream)
                        self._changed.notify_all()
                target.sendall(data)
        except OSError:
            pass
        finally:
            try:
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass


HELPERS = """
import os, queue, sys, threading
import fh_client

def say(*words):
    # One write, because several processes say lines.
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

def hears(word):
    assert sys.stdin.readline().strip() == word

def sees(source, value, key="COLOUR"):
    arrived = queue.SimpleQueue()
    with source.on_change(key, arrived.put):
        while source.string(key) != value:
            arrived.get(timeout=60)

def threads():
    return len(os.listdir("/proc/self/task"))
"""


def run(program: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run a Python program to its end."""
    command = [sys.executable, "-W", "ignore", "-c", program]
    return subprocess.run(command, capture_output=True, text=True, timeout=SOON, **settings)


class Program:
    """A Python program that says lines, and that a test tells lines."""

    def __init__(self, text: str, *arguments: str, python: str = sys.executable, **settings: Any) -> None:
        command = [python, "-W", "ignore", "-c", HELPERS + text, *arguments]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **settings
        )
        # A program that hangs ends with an error in place of its next line.
        self._limit = threading.Timer(LIMIT, self._process.kill)
        self._limit.start()

    def __enter__(self) -> Program:
        return self

    @property
    def process(self) -> int:
        """The id of the process."""
        return self._process.pid

    def __exit__(self, *_: object) -> Literal[False]:
        self._limit.cancel()
        self._process.kill()
        self._process.communicate()
        return False

    def expect(self, *lines: str) -> None:
        for line in lines:
            self.expect_in_any_order(line)

    def expect_in_any_order(self, *lines: str) -> None:
        assert self._process.stdout is not None
        said = [self._process.stdout.readline().rstrip("\n") for _ in lines]
        if sorted(said) != sorted(lines):
            self._process.kill()
            raise AssertionError(f"{said!r} in place of {lines!r}: {self._process.communicate()}")

    def tell(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()

    def wait(self) -> None:
        """Wait until the process has ended, though a child of it may hold its streams open."""
        self._process.wait(SOON)

    def end(self, status: int = 0) -> None:
        out, err = self._process.communicate(timeout=SOON)
        ended = (self._process.returncode, out, err)
        assert ended == (status, "", ""), ended
