"""Servers for the tests: `fh serve`, as programs use it."""

from __future__ import annotations

import gc
import logging
import os
import pathlib
import re
import socket
import subprocess
from collections.abc import Iterator

import audit
import pytest

import fh_client

#: The tests of servers need uWSGI and Celery, which `cargo xtask python full` installs.
collect_ignore = [] if os.environ.get("FH_SERVERS") else ["servers"]

STATE = """
features:
  - { key: ON, type: BOOLEAN }
  - { key: OFF, type: BOOLEAN }
  - { key: COLOUR, type: STRING }
  - { key: EMPTY, type: STRING }
  - { key: UNSET, type: STRING }
  - { key: LIMIT, type: NUMBER }
  - { key: PRICE, type: NUMBER }
  - { key: LARGE, type: NUMBER }
  - { key: THEME, type: JSON }
  - { key: NEW_CHECKOUT, type: BOOLEAN }
  - { key: GREETING, type: STRING }
  - { key: OTHER, type: NUMBER }
environments:
  - { name: prod, id: 0c7a3a39-7a01-4c0a-8d7c-0c1f9e0f7f6e, values: { OTHER: 1 } }
  - name: dev
    id: 3f6c1a52-90d4-4a7b-8c3e-2b5d7e9f0a11
    values:
      ON: { value: true, locked: true }
      OFF: false
      COLOUR:
        value: red
        strategies:
          - { id: gold, value: gold, attributes: [
              { fieldName: plan, type: STRING, conditional: EQUALS, values: [gold] } ] }
      EMPTY: ""
      LIMIT: 20
      PRICE: 7.50
      LARGE: 9007199254740993
      THEME: { value: '{"size": [1, 2]}' }
      NEW_CHECKOUT:
        value: false
        strategies:
          - { id: mara, value: true, attributes: [
              { fieldName: userkey, type: STRING, conditional: EQUALS, values: [mara] } ] }
      GREETING:
        value: Hello
        strategies:
          - { id: gold, value: Welcome & hello, attributes: [
              { fieldName: plan, type: STRING, conditional: EQUALS, values: [gold] } ] }
accounts:
  - name: tests
    clientKey: tests*client
    serverKey: testsserver
    permissions: { dev: [READ, CHANGE_VALUE, LOCK, UNLOCK], prod: [READ] }
"""
ENVIRONMENT = "3f6c1a52-90d4-4a7b-8c3e-2b5d7e9f0a11"
OTHER_ENVIRONMENT = "0c7a3a39-7a01-4c0a-8d7c-0c1f9e0f7f6e"


class Edge:
    """A running `fh serve`."""

    key = f"{ENVIRONMENT}/tests*client"
    server_key = f"{ENVIRONMENT}/testsserver"

    def __init__(self, folder: pathlib.Path) -> None:
        state = folder / "state.yaml"
        state.write_text(STATE)
        program = os.environ["FH"]
        self.process = subprocess.Popen(
            [program, "serve", "--state", str(state), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if found := re.search(r"http://[\d.]+:\d+", line):
                self.url = found[0]
                return
        raise AssertionError("".join(said))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def pytest_collection_finish() -> None:
    """Exempt the objects of imported modules from garbage collection, so that the collections of tests take little time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    edge = Edge(tmp_path_factory.mktemp("edge"))
    yield edge
    edge.stop()


@pytest.fixture
def own_edge(tmp_path: pathlib.Path) -> Iterator[Edge]:
    """An Edge for one test. A module whose tests change its features imports this fixture by the name `edge`."""
    edge = Edge(tmp_path)
    yield edge
    edge.stop()


@pytest.fixture
def deaf() -> Iterator[str]:
    """The URL of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(scope="session")
def all_texts() -> Iterator[audit.Audit]:
    searching = audit.Audit()
    with audit.everything(searching):
        yield searching


@pytest.fixture(autouse=True)
def no_secret_is_shown(all_texts: audit.Audit, request: pytest.FixtureRequest) -> Iterator[None]:
    """A test fails if a secret stands in a log event, in an exception that it expects, or in the output of a program.

    All log events are collected, except in the tests of the log events, which set the level themselves.
    """
    logger = logging.getLogger("fh_client")
    level = logger.level
    if "kept" not in request.fixturenames:
        logger.setLevel(logging.DEBUG)
    yield
    logger.setLevel(level)
    found, all_texts.found = all_texts.found, []
    assert found == []


@pytest.fixture
def client(edge: Edge) -> Iterator[fh_client.Client]:
    with fh_client.Client(edge.url, edge.key) as client:
        client.wait_ready(60)
        yield client
