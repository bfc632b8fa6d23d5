"""The Edge in memory."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from features import strategy

import fh_client
from fh_client.testing import CLIENT_KEY, SERVER_KEY, MemoryEdge

def ready(edge: MemoryEdge, api_key: str = CLIENT_KEY, **settings: Any) -> fh_client.Client:
    client = edge.client(api_key, **settings)
    client.wait_ready(60)
    return client


def test_values_locks_strategies_and_members_are_served() -> None:
    edge = MemoryEdge()
    values: dict[str, Any] = {"ON": True, "COLOUR": "red", "PRICE": Decimal("7.5"), "UNSET": None, "THEME": {"size": [1, 2]}}
    for key, value in values.items():
        edge.set(key, value)
    edge.set_json("TEXT", "a text")
    edge.set_strategies("COLOUR", [strategy("gold", "gold", "plan", "gold")])
    edge.set_member("COLOUR", "fp", {"owner": "checkout"})
    edge.put({"id": "1", "key": "LIMIT", "type": "NUMBER", "version": 7, "value": 20})
    assert (edge.get("LIMIT") or {})["version"] == 7
    with ready(edge) as client, ready(edge, SERVER_KEY, context={"plan": "gold"}) as gold:
        assert client.values() == {**values, "THEME": '{"size":[1,2]}', "TEXT": '"a text"', "LIMIT": 20}
        kinds = {key: detail.kind for key, detail in client.details().items()}
        assert list(map(kinds.get, values)) == ["BOOLEAN", "STRING", "NUMBER", "STRING", "JSON"] and kinds["TEXT"] == "JSON"
        assert client.context(plan="gold").string("COLOUR") == gold.string("COLOUR") == "gold" and gold.is_server_evaluated
        assert client.detail("COLOUR").properties == {"owner": "checkout"} and edge.streams == 2
        edge.lock("COLOUR")
        edge.delivered(60)
        assert client.detail("COLOUR").is_locked and gold.detail("COLOUR").is_locked
        edge.unlock("COLOUR")
        edge.delivered(60)
        assert not client.detail("COLOUR").is_locked
        edge.delete("COLOUR")
        edge.delivered(60)
        assert not client.exists("COLOUR") and edge.get("COLOUR") is None


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
            edge.delivered()
            assert client.number("COUNT") == number
        asyncio.run(count(client))


Statuses = queue.SimpleQueue[fh_client.StatusChange]
#: The settings of a client that sends the next request at once.
AT_ONCE: dict[str, Any] = {"backoff": fh_client.Backoff(0.01, 0.05), "pace": 0.01, "return_within": (0.01, 0.02)}


@pytest.mark.parametrize(
    ("fault", "problem"),
    [("connect", "unreachable"), ("tls", "tls"), ("break", "unreachable"), ("silence", "timed_out"), (503, "server_error")],
)
def test_each_fault_is_the_problem_of_its_name(fault: Any, problem: str) -> None:
    edge = MemoryEdge()
    edge.set("ON", True)
    edge.fail_next(fault)
    # Only a silent Edge needs a short limit. On a busy machine, the next request may need more than a moment.
    limit = 2 if fault == "silence" else 60
    statuses: Statuses = queue.SimpleQueue()
    with edge.client(limits=fh_client.Limits(head=limit, poll=limit), on_status=statuses.put, **AT_ONCE) as client:
        while (seen := statuses.get(timeout=60)).problem is None:
            assert seen.readiness == "NOT_READY"
        assert seen.problem == problem
        # The next request does not fail.
        client.refresh()
        assert client.is_enabled("ON")


def test_faults_last_until_they_are_healed_and_send_their_headers() -> None:
    edge = MemoryEdge()
    edge.fail(503, headers={"retry-after": "3600"})
    statuses: Statuses = queue.SimpleQueue()
    with edge.client(on_status=statuses.put, **AT_ONCE) as client:
        while statuses.get(timeout=60).connection != "waiting":
            pass
        pause = client.status().next_attempt
        assert pause is not None and 3000 < pause <= 3600
        with pytest.raises(fh_client.EdgeProblem):
            client.refresh()
        edge.heal()
        assert client.refresh() == "READY"


@pytest.mark.parametrize(("end", "problem"), [("bye", None), ("break_streams", "unreachable")])
def test_streams_end_and_come_back(end: str, problem: str | None) -> None:
    edge = MemoryEdge()
    edge.set("ON", False)
    statuses: Statuses = queue.SimpleQueue()
    with ready(edge, on_status=statuses.put, **AT_ONCE) as client:
        while statuses.get(timeout=60).connection != "streaming":
            pass
        getattr(edge, end)()
        while (seen := statuses.get(timeout=60)).connection == "streaming":
            pass
        assert (seen.connection, seen.problem) == ("waiting", problem)
        while statuses.get(timeout=60).connection != "streaming":
            pass
        assert [request.kind for request in edge.requests] == ["stream"] * 2
        edge.send_event("config", '{"edge.stale": true}')
        edge.delivered(60)
        assert client.status().is_stale


def test_test_updates_reach_the_edge() -> None:
    edge = MemoryEdge()
    edge.set("LIMIT", 1)
    with ready(edge) as client:
        client.test_updates().set_and_wait("LIMIT", value=20, lock=True)
        assert client.number("LIMIT") == 20
        assert edge.requests[-1].kind == "update"
        assert "20" in edge.requests[-1].body
        with pytest.raises(fh_client.Refused) as locked:
            client.test_updates().set("LIMIT", value=21)
        with pytest.raises(fh_client.Refused) as missing:
            client.test_updates().set("NO_SUCH", value=21)
        edge.refuse_updates(403, "no")
        with pytest.raises(fh_client.Refused, match=": no$") as refused:
            client.test_updates().set("LIMIT", value=21)
        seen = [(error.value.reason, error.value.status) for error in (locked, missing, refused)]
        assert seen == [("locked", 412), ("no_such_feature", 404), ("not_permitted", 403)]


def test_no_key_is_shown() -> None:
    edge = MemoryEdge()
    with ready(edge) as client:
        assert repr(edge) == "<fh_client.testing.MemoryEdge, 1 streams>"
        request = edge.requests[0]
        assert repr(request) == "<fh_client.testing.SeenRequest stream>"
        assert request.header("X-SDK") == f"Python,{fh_client.__version__}"
        assert f"Python,{fh_client.__version__}" in [value for name, value in request.headers if name.lower() == "x-sdk"]
        assert CLIENT_KEY.split("/")[1] in request.target.replace("%2A", "*")
        assert "evaluated" not in repr(client)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        *((lambda edge, fault=fault: edge.fail(fault), ValueError) for fault in (99, 600, "slow")),
        (lambda edge: edge.fail(-1), OverflowError),
        *((lambda edge, fault=fault: edge.fail_next(fault), TypeError) for fault in (True, None, 1.5)),
        (lambda edge: edge.fail("connect", headers={}), TypeError),
        (lambda edge: edge.client(proxy="http://proxy.example"), TypeError),
        (lambda edge: edge.put(["a list"]), TypeError),
    ],
)
def test_wrong_arguments(call: Callable[[MemoryEdge], object], error: type[Exception]) -> None:
    with pytest.raises(error):
        call(MemoryEdge())
