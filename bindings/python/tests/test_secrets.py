"""Secrets of keys and contexts, which no text of the package shows."""

from __future__ import annotations

import asyncio
import logging
import pathlib
import queue
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import audit
import pytest
from conftest import Edge
from features import SOON, feature, memory, strategy

import fh_client
from fh_client import _native
from fh_client.testing import SERVER_KEY, MemoryEdge

SECRET = "mara-the-secret"
#: An API key of no account.
KEY = f"environment/{SECRET}*key"
SECRET_VALUES = {"userkey": SECRET, "plan": SECRET, "list": [SECRET, "gold"]}
#: The parts of the package that programs do not see.
PRIVATE = {"BindingFloor", "CallInProgress", "Calls", "LoopSignal", "Pending", "Slot"}


def collected() -> tuple[queue.SimpleQueue[Any], Callable[[Any], None]]:
    arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
    return arrived, arrived.put


def objects(edge: Edge) -> dict[str, object]:
    """Return an object of each class of the package, which has seen a secret."""
    shown: dict[str, object] = {}

    def show(*found: object) -> None:
        shown.update({type(one).__name__: one for one in found})

    reads: list[object] = []
    uses: list[fh_client.UsageEvent] = []

    def intercept(read: fh_client.InterceptedRead) -> fh_client.Continue:
        reads.append(read)
        return fh_client.CONTINUE

    with fh_client.Client(edge.url, edge.key, headers={"authorization": SECRET}) as client:
        client.wait_ready(SOON)
        subscription = client.intercept(intercept)
        client.observe(uses.extend)
        changes, put_change = collected()
        states, put_state = collected()
        raw, put_raw = collected()
        notices, put_notice = collected()
        readiness, put_readiness = collected()
        statuses, put_status = collected()
        client.on_readiness(put_readiness)
        client.on_status(put_status)
        client.on_new_state(put_state)
        client.on_raw(put_raw)
        client.on_notice(put_notice)
        context = client.context(SECRET_VALUES)
        context.on_change("COLOUR", put_change)
        updates = client.test_updates()
        updates.set_and_wait("COLOUR", value="blue")
        client.offer_features("store", "unknown", "nonsense")
        context.record("sold", {"card": SECRET})
        context.value("COLOUR")
        client.flush(SOON)
        show(client, context, subscription, updates, reads[-1], client.snapshot(), context.feature("COLOUR"))
        show(context.detail("COLOUR"), context.explain("COLOUR"), client.status(), *uses, *uses[-1].features)
        for arrived in (changes, states, raw, notices, readiness, statuses):
            show(arrived.get(timeout=SOON))
    with fh_client.Client(edge.url, edge.server_key, context=SECRET_VALUES, mode="once") as client:
        client.wait_ready(SOON)
        pool = client.context_pool()
        show(pool, pool.get(SECRET_VALUES), client)
    memory = MemoryEdge()
    memory.set("COLOUR", SECRET)
    with memory.client(context=None) as client:
        client.wait_ready(SOON)
        show(memory, memory.requests[0])
    ruleset = fh_client.Ruleset.from_json([feature("COLOUR", "STRING", "red", strategy("s", "gold", "plan", SECRET))])
    columns = ruleset.evaluate_columns({"plan": [SECRET, None]}, ["COLOUR"])
    show(ruleset, ruleset.evaluate(SECRET_VALUES, "COLOUR"), ruleset.explain(SECRET_VALUES, "COLOUR"))
    show(columns, columns["COLOUR"], fh_client.CONTINUE, fh_client.Clock(0), fh_client.Backoff(1, 2), fh_client.Limits())
    show(fh_client.EnvironmentOverrides())
    return shown


def test_no_object_shows_a_secret(edge: Edge, tmp_path: pathlib.Path) -> None:
    shown = objects(edge)
    file = tmp_path / "features.yaml"
    file.write_text(f"flagValues: {{COLOUR: {SECRET}}}")
    shown |= {"YamlOverrides": fh_client.YamlOverrides(file), "YamlStore": fh_client.YamlStore(file)}
    classes = {name for name, one in vars(_native).items() if isinstance(one, type)}
    assert classes - PRIVATE == set(shown)
    for name, one in shown.items():
        # `str()` of an explanation is for the people who may see the context.
        texts = [repr(one), f"{one!r:>10}"] + ([] if "Explanation" in name else [str(one)])
        assert [audit.shown(text) for text in texts] == [[]] * len(texts), texts


def test_the_audit_finds_what_is_shown(all_texts: audit.Audit) -> None:
    """The texts that the tests produce are searched, so a secret in one of them is found."""
    logging.getLogger("fh_client.test").warning("a log event with %s", SECRET)
    with pytest.raises(ValueError):
        raise ValueError(SECRET) from KeyError("a cause")
    import subprocess

    subprocess.run([sys.executable, "-c", f"import sys; print({SECRET!r}, file=sys.stderr)"], capture_output=True, text=True)
    subprocess.run([sys.executable, "-c", f"print('{Edge.key}')"], capture_output=True)
    kinds = [text.partition(":")[0] for text in all_texts.found]
    all_texts.found.clear()
    assert kinds == [
        "the-secret stands in a text of the kind log",
        "the-secret stands in a text of the kind exception",
        "the-secret stands in a text of the kind program",
        "tests*client stands in a text of the kind program",
    ]
    assert audit.shown("http://edge/features/environment/tests%2Aclient") == ["tests*client"]


class Odd:
    def __repr__(self) -> str:
        return SECRET


def of_arguments(client: fh_client.Client) -> list[Callable[[], object]]:
    """Calls with wrong arguments, each of which holds a secret."""
    new = fh_client.Client
    url = "http://edge"
    settings: list[dict[str, Any]] = [
        {"headers": {"authorization": f"{SECRET}\n"}},
        {"headers": {"a b": SECRET}},
        {"context": {"plan": Odd()}},
        {"context": {"plan": [SECRET, Odd()]}},
        {"bootstrap": SECRET},
        {"bootstrap": f'[{{"key": "{SECRET}"'},
        {"ca_certificate": SECRET},
        {"client_certificate": SECRET.encode()},
        {"proxy": f"ftp://user:{SECRET}@proxy"},
        {"proxy": f"http://user:{SECRET}@pro xy"},
        {"identification": f"{SECRET}\n"},
        {"mode": "polling", "interval": -1},
    ]
    calls: list[Callable[[], object]] = [lambda given=given: new(url, KEY, **given) for given in settings]  # type: ignore[misc]
    calls += [
        lambda: new(f"ftp://user:{SECRET}@edge", KEY),
        lambda: new(f"http://user:{SECRET}@ed ge", KEY),
        lambda: new(url, f"{SECRET}"),
        lambda: new(url, KEY, f"environment/{SECRET}"),
        lambda: new(url, KEY, f"other/{SECRET}*", mode="streaming"),
        lambda: new(url, KEY, f"{SECRET}\n/*"),
        lambda: client.set_api_keys(SECRET),
        lambda: client.set_headers({"host": SECRET}),
        lambda: client.test_updates(SECRET),
        lambda: client.context(plan=Odd()),
        lambda: client.context(plan=[[SECRET]]),
        lambda: client.context(user_key=SECRET),
        lambda: client.context(plan=(SECRET, float("nan"))),
        lambda: client.set_context({f"a{n}": SECRET for n in range(100)}),
        lambda: fh_client.Ruleset.from_json(SECRET),
        lambda: fh_client.Ruleset.from_json([]).evaluate_columns({"plan": [Odd(), SECRET]}),
        lambda: fh_client.Ruleset.from_json([]).evaluate_columns({"plan": [SECRET], "age": [1, 2]}),
    ]
    return calls


def test_no_error_of_an_argument_shows_a_secret(edge: Edge, all_texts: audit.Audit) -> None:
    with fh_client.Client(edge.url, edge.server_key) as client:
        client.wait_ready(SOON)
        for number, call in enumerate(of_arguments(client)):
            with pytest.raises((TypeError, ValueError)) as raised:
                call()
            assert audit.shown(audit.text_of(raised.value)) == [], number
    assert all_texts.searched["exception"] >= len(of_arguments(client))


async def in_coroutines(client: fh_client.Client) -> None:
    """The errors of the coroutines are those of the methods that block."""
    for call in (client.aio.refresh(), client.aio.set_context(plan=SECRET), client.ready(0.01)):
        with pytest.raises(fh_client.FhError):
            await call


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_no_error_of_an_edge_shows_a_secret(status: int, caplog: pytest.LogCaptureFixture) -> None:
    edge = memory(feature("COLOUR", "STRING", "red"))
    edge.fail(status)
    edge.refuse_updates(status)
    with caplog.at_level(logging.DEBUG, "fh_client"):
        headers = {"authorization": SECRET}
        with edge.client(SERVER_KEY, mode="once", headers=headers, context=SECRET_VALUES) as client:
            for call in (client.refresh, lambda: client.set_context(plan=SECRET), lambda: client.wait_ready(0.01)):
                with pytest.raises(fh_client.FhError) as raised:
                    call()
                told = raised.value.__dict__.get("status")
                assert audit.shown(f"{audit.text_of(raised.value)} {told} {told and getattr(told, 'to_dict', str)()}") == []
            asyncio.run(in_coroutines(client))
            status_of_client = client.status()
            assert audit.shown(f"{status_of_client} {status_of_client.to_dict()} {client.diagnostics()}") == []
            with pytest.raises(fh_client.Refused):
                client.test_updates().set("COLOUR", value=SECRET)
            client.flush(SOON)
    assert audit.shown(caplog.text) == []


def test_no_report_of_a_broken_function_shows_a_secret(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The exceptions of the program are its own. What the package adds to their reports shows no secret."""
    reports: list[SimpleNamespace] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: reports.append(SimpleNamespace(text=f"{report.object!r} {report.err_msg}")))

    def broken(event: object) -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.DEBUG, "fh_client"), fh_client.Client(edge.url, edge.key) as client:
        client.wait_ready(SOON)
        client.intercept(broken)
        client.observe(broken)
        context = client.context(SECRET_VALUES)
        context.string("LIMIT")
        client.on_readiness(broken)
        client.flush(SOON)
    assert len(reports) >= 3
    assert [audit.shown(report.text) for report in reports] == [[]] * len(reports)
    assert "failed" in caplog.text and audit.shown(caplog.text) == []


def test_a_client_logs_its_whole_life_without_secrets(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(5, "fh_client"):
        with fh_client.Client(edge.url, edge.server_key, context=SECRET_VALUES, headers={"authorization": SECRET}) as client:
            client.wait_ready(SOON)
            client.set_context(plan=SECRET)
            client.set_api_keys(edge.key)
            client.test_updates().set("OFF", value=False)
            client.flush(SOON)
    assert "ready" in caplog.text
    assert audit.shown(caplog.text + "".join(str(record.__dict__) for record in caplog.records)) == []
