"""The client's log events in `logging`."""

from __future__ import annotations

import logging
import pathlib
import queue
import threading
from collections.abc import Iterator

import pytest
from conftest import Edge
from features import offline
from wire import run

import fh_client


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: queue.Queue[logging.LogRecord] = queue.Queue()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.put(record)


@pytest.fixture
def kept() -> Iterator[Kept]:
    logger, handler = logging.getLogger("fh_client"), Kept()
    level = logger.level
    # The records of earlier tests are delivered first. A client adopts the level of the logger when it is made.
    logger.setLevel(logging.CRITICAL)
    offline().close()
    logger.setLevel(level)
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_events_arrive_under_the_logger(edge: Edge, kept: Kept) -> None:
    logging.getLogger("fh_client").setLevel(logging.INFO)
    with fh_client.Client(edge.url, edge.key) as client:
        client.wait_ready(60)
        client.flush(60)
        record = kept.records.get(timeout=60)
        while not record.getMessage().startswith("the client is ready"):
            record = kept.records.get(timeout=60)
        assert (record.name, record.levelno) == ("fh_client", logging.INFO)
        fields = record.fields  # type: ignore[attr-defined]
        assert fields["edge"].startswith(edge.url) and fields["environment"] in record.getMessage()
        assert "tests*client" not in record.getMessage()


MANY = {"ON": 100, "OFF": 101, "COLOUR": 300, "EMPTY": 100, "LIMIT": 200, "PRICE": 99, "LARGE": 100}


@pytest.mark.parametrize(
    ("many", "text"),
    [
        (MANY, ", most for COLOUR (300), LIMIT (200), OFF (101), EMPTY (100), LARGE (100)"),
        ({"ON": 300, "LIMIT": 700}, ", most for LIMIT (700), ON (300)"),
        ({}, ""),
    ],
)
def test_many_listeners_are_one_warning(kept: Kept, client: fh_client.Client, many: dict[str, int], text: str) -> None:
    logging.getLogger("fh_client").setLevel(logging.WARNING)
    # Cancelled listeners do not count.
    for _ in range(1500):
        client.on_change("ON", print).cancel()
    for key, count in many.items():
        for _ in range(count):
            client.context(userkey="mara-the-secret").on_change(key, print)
    for _ in range(1000 - sum(many.values())):
        client.on_readiness(id)
    client.flush(60)
    assert kept.records.empty()
    client.on_new_state(id)
    client.flush(60)
    warning = kept.records.get(timeout=60)
    advice = "cancel those that are no longer needed"
    assert (warning.levelno, warning.getMessage()) == (logging.WARNING, f"a client has 1001 listeners{text}; {advice}")
    for _ in range(1500):
        client.on_change("THEME", print)
    client.flush(60)
    assert kept.records.empty()


def test_a_level_that_is_off_is_not_collected(edge: Edge, kept: Kept) -> None:
    logging.getLogger("fh_client").setLevel(logging.ERROR)
    with fh_client.Client(edge.url, edge.key) as client:
        client.wait_ready(60)
        client.flush(60)
        logging.getLogger("fh_client").setLevel(logging.DEBUG)
    assert kept.records.empty()
    with fh_client.Client(edge.url, edge.key) as client:
        client.wait_ready(60)
        client.flush(60)
        levels = {kept.records.get(timeout=60).levelno for _ in range(kept.records.qsize())}
    assert {logging.DEBUG, logging.INFO} <= levels


def test_records_that_find_the_queue_full_are_counted(kept: Kept, tmp_path: pathlib.Path) -> None:
    logger = logging.getLogger("fh_client")
    logger.setLevel(logging.WARNING)
    begun, go_on = threading.Event(), threading.Event()

    class Slow(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            begun.set()
            assert go_on.wait(60)

    broken = tmp_path / "features.yaml"
    broken.write_text("flagValues: 5")
    slow = Slow()
    logger.addHandler(slow)
    with fh_client.Client.offline(bootstrap=[]):
        fh_client.YamlStore(broken)
        assert begun.wait(60)
        for _ in range(1500):
            fh_client.YamlStore(broken)
        go_on.set()
        arrived = 1
        while (record := kept.records.get(timeout=60)).getMessage().find("were dropped") < 0:
            arrived += 1
        dropped = int(record.fields["dropped"])  # type: ignore[attr-defined]
    logger.removeHandler(slow)
    assert (arrived - 1 + dropped, dropped) == (1501, 1500 - 1024)


def test_a_program_without_logging_sees_warnings_and_ends(edge: Edge) -> None:
    program = f"""
import fh_client
with fh_client.Client({edge.url!r}, {edge.key!r}, mode="polling") as client:
    client.wait_ready(60)
    client.offer_features("store", client.environments[0], "nonsense")
    client.flush(60)
"""
    done = run(program)
    assert done.returncode == 0 and "store" in done.stderr, done.stderr
