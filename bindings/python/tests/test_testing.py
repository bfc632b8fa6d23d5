"""The Edge in memory."""

from __future__ import annotations

import asyncio
import queue
from decimal import Decimal
from typing import Any

import pytest
from wire import Program

import fh_client
from fh_client.testing import CLIENT_KEY, SERVER_KEY, MemoryEdge

GOLD = [{"id": "gold", "value": "gold", "attributes": [
    {"fieldName": "plan", "type": "STRING", "conditional": "EQUALS", "values": ["gold"]}]}]


def ready(edge: MemoryEdge, api_key: str = CLIENT_KEY, **settings: Any) -> fh_client.Client:
    client = edge.client(api_key, **settings)
    client.wait_ready(60)
    return client


def test_values_of_each_type_are_served() -> None:
    edge = MemoryEdge()
    edge.set("ON", True)
    edge.set("COLOUR", "red")
    edge.set("PRICE", Decimal("7.5"))
    edge.set("UNSET", None)
    edge.set("THEME", {"size": [1, 2]})
    edge.set_json("TEXT", "a text")
    with ready(edge) as client:
        assert client.values() == {
            "ON": True, "COLOUR": "red", "PRICE": 7.5, "UNSET": None, "THEME": '{"size":[1,2]}', "TEXT": '"a text"',
        }
        assert client.json("THEME") == {"size": [1, 2]}
        kinds = [detail.kind for detail in client.details().values()]
        assert kinds == ["BOOLEAN", "STRING", "NUMBER", "STRING", "JSON", "JSON"]


def test_changes_arrive_and_are_waited_for() -> None:
    edge = MemoryEdge()
    edge.set("COLOUR", "red")
    with ready(edge) as client:
        changes: queue.SimpleQueue[fh_client.Change] = queue.SimpleQueue()
        client.on_change("COLOUR", changes.put)
        edge.set("COLOUR", "blue")
        edge.delivered()
        assert client.string("COLOUR") == "blue"
        assert changes.get(timeout=60).new == "blue"
        edge.lock("COLOUR")
        edge.delivered(60)
        assert client.detail("COLOUR").is_locked
        edge.unlock("COLOUR")
        edge.delivered(60)
        assert not client.detail("COLOUR").is_locked and client.string("COLOUR") == "blue"
        edge.delete("COLOUR")
        edge.delivered(60)
        assert not client.exists("COLOUR")
        assert edge.get("COLOUR") is None


def test_strategies_members_and_whole_features() -> None:
    edge = MemoryEdge()
    edge.set("COLOUR", "red")
    edge.set_strategies("COLOUR", GOLD)
    edge.set_member("COLOUR", "fp", {"owner": "checkout"})
    edge.put({"id": "1", "key": "LIMIT", "type": "NUMBER", "version": 7, "value": 20})
    assert (edge.get("LIMIT") or {})["version"] == 7
    with ready(edge) as client:
        assert client.string("COLOUR") == "red"
        assert client.context(plan="gold").string("COLOUR") == "gold"
        assert client.detail("COLOUR").properties == {"owner": "checkout"}
        assert client.detail("LIMIT").version == 7
    with ready(edge, SERVER_KEY, context={"plan": "gold"}) as client:
        assert client.is_server_evaluated
        assert client.string("COLOUR") == "gold"


def test_a_coroutine_waits_for_changes() -> None:
    edge = MemoryEdge()
    edge.set("ON", False)

    async def main() -> None:
        async with edge.client() as client:
            await client.ready(60)
            edge.set("ON", True)
            await edge.aio.delivered(60)
            assert client.is_enabled("ON")

    asyncio.run(main())


def test_a_polling_client_gets_changes_by_a_refresh() -> None:
    edge = MemoryEdge()
    edge.set("ON", False)
    with ready(edge, mode="polling", interval=3600) as client:
        edge.set("ON", True)
        assert not client.is_enabled("ON")
        client.refresh()
        assert client.is_enabled("ON")
        assert [request.kind for request in edge.requests] == ["poll", "poll"]
        assert edge.requests[1].header("If-None-Match")


def test_faults_and_their_end() -> None:
    edge = MemoryEdge()
    edge.set("ON", True)
    edge.fail(503, headers={"retry-after": "0"})
    backoff = fh_client.Backoff(0.01, 0.05)
    statuses: queue.SimpleQueue[fh_client.StatusChange] = queue.SimpleQueue()
    with edge.client(backoff=backoff, pace=0.01, on_status=statuses.put) as client:
        while (seen := statuses.get(timeout=60)).problem is None:
            pass
        assert seen.problem == "server_error"
        with pytest.raises(fh_client.TimedOut):
            client.wait_ready(0.01)
        edge.heal()
        client.wait_ready(60)
        edge.fail_next("connect")
        edge.fail_next("break")
        before = len(edge.requests)
        edge.break_streams()
        edge.set("ON", False)
        changed: queue.SimpleQueue[bool] = queue.SimpleQueue()
        client.on_change("ON", lambda change: changed.put(True))
        if client.is_enabled("ON"):
            changed.get(timeout=60)
        assert not client.is_enabled("ON")
        # Two streams failed, and the third one brought the change.
        assert len(edge.requests) >= before + 3


def test_each_wait_is_for_the_change_before_it() -> None:
    edge = MemoryEdge()
    edge.set("COUNT", -1)

    async def count(client: fh_client.Client) -> None:
        for number in range(100, 200):
            edge.set("COUNT", number)
            await edge.aio.delivered(60)
            assert client.number("COUNT") == number

    with ready(edge) as client:
        for number in range(100):
            edge.set("COUNT", number)
            edge.delivered(60)
            assert client.number("COUNT") == number
        asyncio.run(count(client))


def test_a_wait_for_changes_ends_after_the_timeout() -> None:
    """In a forked child, the thread that applies the changes of an inherited client does not exist."""
    program = """
import asyncio
from fh_client.testing import MemoryEdge
edge = MemoryEdge()
client = edge.client()
client.wait_ready(60)
edge.delivered(60)
if child := os.fork():
    say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    client.close()
    sys.exit()
edge.set("ON", True)
for wait in (lambda: edge.delivered(0.05), lambda: asyncio.run(edge.aio.delivered(0.05))):
    try:
        wait()
        os._exit(1)
    except TimeoutError:
        pass
os._exit(7)
"""
    with Program(program) as running:
        running.expect("7")
        running.end()


@pytest.mark.parametrize(
    ("fault", "problem", "message"),
    [
        ("connect", "unreachable", "refuses connections"),
        ("tls", "tls", "shows no certificate"),
        ("break", "unreachable", "broke"),
        ("silence", "timed_out", "in time"),
        (503, "server_error", "503"),
    ],
)
@pytest.mark.parametrize("mode", ["streaming", "once"])
def test_each_fault_is_the_problem_of_its_name(fault: Any, problem: str, message: str, mode: str) -> None:
    edge = MemoryEdge()
    edge.set("ON", True)
    edge.fail_next(fault)
    # Only a silent Edge needs a short limit. On a busy machine, the next request may need more than a moment.
    limit = 2 if fault == "silence" else 60
    limits = fh_client.Limits(head=limit, poll=limit)
    problems: queue.SimpleQueue[fh_client.StatusChange] = queue.SimpleQueue()
    with edge.client(mode=mode, limits=limits, backoff=fh_client.Backoff(0.01, 0.05), pace=0.01, on_status=problems.put) as client:
        while (seen := problems.get(timeout=60)).problem is None:
            assert seen.readiness == "NOT_READY"
        assert seen.problem == problem and message in (seen.message or "")
        # The next request does not fail.
        client.refresh()
        assert client.is_enabled("ON")


def test_the_headers_of_a_fault_are_sent() -> None:
    edge = MemoryEdge()
    edge.fail(503, headers={"retry-after": "3600"})
    statuses: queue.SimpleQueue[fh_client.StatusChange] = queue.SimpleQueue()
    with edge.client(backoff=fh_client.Backoff(0.01, 0.05), on_status=statuses.put) as client:
        while statuses.get(timeout=60).connection != "waiting":
            pass
        pause = client.status().next_attempt
        assert pause is not None and 3000 < pause <= 3600


@pytest.mark.parametrize(("end", "problem"), [("bye", None), ("break_streams", "unreachable")])
def test_an_orderly_end_of_a_stream_is_no_problem(end: str, problem: str | None) -> None:
    edge = MemoryEdge()
    statuses: queue.SimpleQueue[fh_client.StatusChange] = queue.SimpleQueue()
    with ready(edge, pace=0.01, return_within=(0.01, 0.02), backoff=fh_client.Backoff(0.01, 0.05), on_status=statuses.put):
        while statuses.get(timeout=60).connection != "streaming":
            pass
        getattr(edge, end)()
        while (seen := statuses.get(timeout=60)).connection == "streaming":
            pass
        assert (seen.connection, seen.problem) == ("waiting", problem)


def test_a_refused_client_fails() -> None:
    edge = MemoryEdge()
    edge.fail(403)
    with edge.client() as client, pytest.raises(fh_client.NotReady) as raised:
        client.wait_ready(60)
    assert raised.value.reason == "failed"


def test_streams_end_by_bye_and_come_back() -> None:
    edge = MemoryEdge()
    edge.set("ON", False)
    with ready(edge, return_within=(0.01, 0.02), pace=0.01) as client:
        edge.delivered(60)
        assert edge.streams == 1
        changed: queue.SimpleQueue[bool] = queue.SimpleQueue()
        client.on_change("ON", lambda change: changed.put(True))
        edge.bye()
        edge.set("ON", True)
        changed.get(timeout=60)
        assert [request.kind for request in edge.requests] == ["stream", "stream"]


def test_test_updates_reach_the_edge() -> None:
    edge = MemoryEdge()
    edge.set("LIMIT", 1)
    with ready(edge) as client:
        client.test_updates().set_and_wait("LIMIT", value=20, lock=True)
        assert client.number("LIMIT") == 20
        assert edge.requests[-1].kind == "update"
        assert "20" in edge.requests[-1].body
        edge.refuse_updates(403, "no")
        with pytest.raises(fh_client.Refused) as refused:
            client.test_updates().set("LIMIT", value=21)
        assert refused.value.status == 403 and str(refused.value).endswith(": no")


def test_an_event_of_the_edge_is_sent() -> None:
    edge = MemoryEdge()
    edge.set("ON", True)
    with ready(edge) as client:
        edge.send_event("config", '{"edge.stale": true}')
        edge.delivered(60)
        assert client.status().is_stale


def test_no_key_is_shown() -> None:
    edge = MemoryEdge()
    with ready(edge) as client:
        assert repr(edge) == "<fh_client.testing.MemoryEdge, 1 streams>"
        request = edge.requests[0]
        assert repr(request) == "<fh_client.testing.SeenRequest stream>"
        assert request.header("X-SDK") == f"Python,{fh_client.__version__}"
        assert CLIENT_KEY.split("/")[1] in request.target.replace("%2A", "*")
        assert "evaluated" not in repr(client)


@pytest.mark.parametrize("fault", [99, 600, "slow", -1])
def test_a_fault_that_does_not_exist_is_an_error(fault: Any) -> None:
    with pytest.raises((ValueError, OverflowError)):
        MemoryEdge().fail(fault)


@pytest.mark.parametrize("fault", [True, None, 1.5])
def test_a_fault_of_another_type_is_an_error(fault: Any) -> None:
    with pytest.raises(TypeError):
        MemoryEdge().fail_next(fault)


def test_settings_of_networks_are_errors() -> None:
    with pytest.raises(TypeError, match="proxy"):
        MemoryEdge().client(proxy="http://proxy.example")
    with pytest.raises(TypeError, match="headers"):
        MemoryEdge().fail("connect", headers={})
    with pytest.raises(TypeError):
        MemoryEdge().put(["a list"])  # type: ignore[arg-type]


def test_two_clients_share_an_edge() -> None:
    edge = MemoryEdge()
    edge.set("ON", False)
    with ready(edge) as one, ready(edge) as other:
        edge.set("ON", True)
        edge.delivered(60)
        assert one.is_enabled("ON") and other.is_enabled("ON")
        assert edge.streams == 2
