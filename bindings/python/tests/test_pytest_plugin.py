"""The pytest plugin, as a program's own tests use it."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

SUITE = '''
import asyncio
import socket

import pytest

pytestmark = pytest.mark.features(COLOUR="red", LIMIT=1)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("a socket connects")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "bind", refuse)


def test_marker_of_the_module(features):
    assert features.client.values() == {"COLOUR": "red", "LIMIT": 1}


@pytest.mark.features({"a-key": [1, 2]}, NEW_CHECKOUT=True, LIMIT=20)
def test_marker_of_a_test_adds_and_replaces(features):
    assert features.client.is_enabled("NEW_CHECKOUT")
    assert features.client.number("LIMIT") == 20
    assert features.client.json("a-key") == [1, 2]
    assert features.client.string("COLOUR") == "red"


@pytest.mark.features(LIMIT=2, NEW_CHECKOUT=True)
class TestOfAClass:
    def test_marker_of_the_class(self, features):
        assert features.client.number("LIMIT") == 2

    @pytest.mark.features(LIMIT=3)
    def test_marker_of_a_method_wins(self, features):
        assert features.client.number("LIMIT") == 3
        assert features.client.is_enabled("NEW_CHECKOUT")


@pytest.mark.parametrize("number", range(20))
def test_a_test_changes_its_own_features_only(features, number):
    assert features.client.number("LIMIT") == 1
    features.set(LIMIT=number + 100, NEW=True)
    assert features.client.number("LIMIT") == number + 100
    features.lock("NEW")
    assert features.client.detail("NEW").is_locked
    features.delete("NEW")
    assert not features.client.exists("NEW")


@pytest.mark.asyncio
async def test_coroutines(features):
    features.set(LIMIT=5)
    changes = features.client.changes("LIMIT")
    features.edge.set("LIMIT", 6)
    async for change in changes:
        assert change.new == 6
        break
    await changes.aclose()
    await features.edge.aio.delivered(60)
'''
COUNT = 25


def run(folder: pathlib.Path, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_program.py").write_text(SUITE)
    fixed = ["-q", "-W", "error", "-p", "no:cacheprovider", "--strict-markers", "-o", "asyncio_default_fixture_loop_scope=function"]
    command = [sys.executable, "-m", "pytest", *fixed, *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_tests_have_the_features_of_their_markers_also_in_workers(tmp_path: pathlib.Path, options: tuple[str, ...]) -> None:
    done = run(tmp_path, *options)
    assert f"{COUNT} passed" in done.stdout, done.stdout + done.stderr


def test_a_wrong_marker_is_an_error(tmp_path: pathlib.Path) -> None:
    (tmp_path / "test_wrong.py").write_text(
        "import pytest\n\n@pytest.mark.features('A', 'B')\ndef test_wrong(features):\n    pass\n"
    )
    done = run(tmp_path, "test_wrong.py")
    assert "takes one mapping" in done.stdout, done.stdout + done.stderr


def test_the_marker_is_listed(tmp_path: pathlib.Path) -> None:
    assert "@pytest.mark.features(values, **more)" in run(tmp_path, "--markers").stdout
