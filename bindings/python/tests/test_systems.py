"""Clients of FeatBit and FeatureSignals: the arguments, the contexts, the status and the texts. Their sessions are tested in Rust."""

from __future__ import annotations

import asyncio
import json
import pathlib
import queue
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Edge
from featbit_server import CHECKOUT, FeatBitServer, payload, rule
from featbit_server import FLAGS as FEATBIT
from featbit_server import flag as featbit_flag
from featuresignals_server import FLAGS as FEATURESIGNALS
from featuresignals_server import SOON, FeatureSignalsServer, ruleset, when
from featuresignals_server import flag as signals_flag
from wire import Program

import fh_client


@pytest.fixture(scope="module")
def featbit() -> Iterator[FeatBitServer]:
    with FeatBitServer() as server:
        server.put(*FEATBIT)
        yield server


@pytest.fixture(scope="module")
def featuresignals() -> Iterator[FeatureSignalsServer]:
    with FeatureSignalsServer() as server:
        server.put(*FEATURESIGNALS)
        yield server


@pytest.fixture
def client(featuresignals: FeatureSignalsServer) -> Iterator[fh_client.Client]:
    with fh_client.Client.featuresignals(**featuresignals.settings()) as client:
        client.wait_ready(SOON)
        yield client


def offline() -> fh_client.Client:
    return fh_client.Client.featbit("a-secret", event_url="http://flags.example", mode="offline", bootstrap=payload(*FEATBIT))


def local() -> fh_client.Client:
    return fh_client.Client.featuresignals(ruleset=ruleset(*FEATURESIGNALS))


@pytest.mark.parametrize(
    ("make", "key", "one", "two"), [(offline, "keyId", '["a"]', '["a","b"]'), (local, "key", "[a]", "[a b]")], ids=["featbit", "featuresignals"]
)
def test_contexts_have_the_key_and_the_single_values_of_the_system(
    make: Callable[[], fh_client.Client], key: str, one: str, two: str
) -> None:
    with make() as client:
        client.wait_ready(SOON)
        context = client.context({key: "eve", "tags": ["a", "b"]}, user_key="bob", plan=None, empty=[])
        assert context.attributes == {key: ("bob",), "tags": (two,), "empty": ("[]",)}
        assert context.string("tags") == "both" and str(context.decimal("limit")) == "7.5"
        changed = context.but(user_key="eve", tags=["a"])
        assert changed.attributes == {key: ("eve",), "tags": (one,), "empty": ("[]",)}
        # The attributes of a context make the same context, and lists of one stay lists.
        assert client.context({**changed.attributes, "team": ["a"]}).attributes == {**changed.attributes, "team": (one,)}
        with client.isolated(user_key="bob") as other:
            other.wait_ready(SOON)
            assert other.system == client.system and other.context({key: "bob"}).is_enabled("dark")
        with pytest.raises(TypeError, match=key):
            client.context(userkey="bob")


def test_a_server_evaluates_for_the_context_that_was_set_which_has_a_key(
    featuresignals: FeatureSignalsServer, client: fh_client.Client
) -> None:
    bob = client.set_context(user_key="bob", plan="pro")
    assert bob.attributes == {"key": ("bob",), "plan": ("pro",)} and client.is_server_evaluated
    assert bob.string("checkout") == client.string("checkout") == "two pages"
    assert client.context(key="eve").detail("dark").reason == "OTHER_CONTEXT"
    for call in (client.set_context, client.context_pool().get):
        with pytest.raises(ValueError, match="key"):
            call(key="")
    with pytest.raises(ValueError, match="key"):
        asyncio.run(client.aio.set_context(key=""))
    with pytest.raises(ValueError, match="context"):
        fh_client.Client.featuresignals(**featuresignals.settings(context={"key": ""}))
    assert bob.is_enabled("dark")
    with local() as other:
        other.wait_ready(SOON)
        # A server would refuse an empty key, and a ruleset evaluates it.
        assert other.context(key="").detail("dark").value is not None


def test_settings_reach_the_requests() -> None:
    with FeatureSignalsServer() as server:
        server.put(*FEATURESIGNALS)
        named = server.settings(flags=("dark", "checkout"), reasons=True, context={"key": "bob"}, headers={"x-team": "shop"})
        with fh_client.Client.featuresignals(**named) as client:
            client.wait_ready(SOON)
            assert sorted(client.keys()) == ["checkout", "dark"] and client.detail("dark").reason == "STRATEGY_MATCH"
        bulk = server.requests("/v1/evaluate/bulk")[0]
        assert json.loads(bulk["body"]) == {"flag_keys": ["checkout", "dark"], "context": {"key": "bob", "attributes": {}}}
        assert ["x-team", "shop"] in [[name.lower(), value] for name, value in bulk["headers"]]


def test_keys_and_urls_come_from_the_environment(
    edge: Edge, featbit: FeatBitServer, featuresignals: FeatureSignalsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FEATUREHUB_CLIENT_API_KEY", raising=False)
    variables = f"""FEATUREHUB_EDGE_URL={edge.url} FEATUREHUB_API_KEY={edge.key}
        FEATBIT_ENV_SECRET={featbit.secret} FEATBIT_STREAMING_URL={featbit.url} FEATURESIGNALS_API_KEY={featuresignals.key}
        FEATURESIGNALS_URL={featuresignals.url} FEATURESIGNALS_ENVIRONMENT={featuresignals.environment}"""
    for variable in variables.split():
        monkeypatch.setenv(*variable.split("=", 1))
    bob = {"key": "bob"}
    others = (fh_client.Client.featbit(start="lazy"), fh_client.Client.featuresignals(start="lazy", context=bob))
    for client in (fh_client.Client(), *others):
        with client:
            client.wait_ready(SOON)
            assert client.is_enabled("ON") if client.system == "featurehub" else client.context(user_key="bob").is_enabled("dark")


def test_the_status_names_the_system_and_the_offset_of_the_clock() -> None:
    with FeatBitServer() as server:
        server.put(CHECKOUT)
        server.tell("clock", offsetMs=600_000)
        notices: queue.SimpleQueue[fh_client.Notice] = queue.SimpleQueue()
        with fh_client.Client.featbit(server.secret, streaming_url=server.url, on_notice=notices.put) as client:
            client.wait_ready(SOON, through_refusals=True)
            status = client.status()
            assert (client.system, client.user_key_attribute, status.connection) == ("featbit", "keyId", "streaming")
            assert status.clock_offset is not None and 595 < status.clock_offset < 605
            assert status.to_dict()["cursor"] == status.cursor is not None
            assert notices.get(timeout=SOON).kind == "clock_off"


@pytest.mark.parametrize("system", ["featbit", "featuresignals"])
def test_a_refused_key_is_a_problem_and_no_text_shows_the_key(
    featbit: FeatBitServer, featuresignals: FeatureSignalsServer, system: str
) -> None:
    if system == "featbit":
        wrong = featbit.secret[:10] + "the-secret" + featbit.secret[20:]
        client = fh_client.Client.featbit(wrong, streaming_url=featbit.url)
    else:
        wrong = "fs_srv_the-secret"
        client = fh_client.Client.featuresignals(**featuresignals.settings(api_key=wrong))
    shown = repr(client)
    with client:
        with pytest.raises(fh_client.NotReady) as raised:
            client.wait_ready(SOON)
        status = client.status()
        assert (status.readiness, raised.value.problem) == ("FAILED", status.problem)
        assert status.message is not None and "Edge" not in status.message
        if system == "featuresignals":
            with pytest.raises(fh_client.EdgeProblem) as refused:
                client.set_context(key="hush")
            shown += str(refused.value)
        shown += f"{raised.value} {client.status()} {client.status()!r} {client!r} {client.status().to_dict()}"
    assert all(text not in shown for text in (wrong, "the-secret", "hush"))


NOWHERE = "http://127.0.0.1:9"
MAKE: dict[str, Callable[..., fh_client.Client]] = {
    "FeatBit": lambda **given: fh_client.Client.featbit(**{"secret": "hush", "event_url": NOWHERE, **given}),
    "FeatureSignals": lambda **given: fh_client.Client.featuresignals("hush", **{"url": NOWHERE, "environment": "p", **given}),
    "FeatureHub": lambda **given: fh_client.Client(NOWHERE, "environment/hush*", **given),
}


@pytest.mark.parametrize(
    ("system", "settings", "error", "message"),
    [
        ("FeatBit", {"streaming_url": "ftp://flags.example"}, ValueError, "streaming_url"),
        ("FeatBit", {"streaming_url": 5}, TypeError, "streaming_url: .*wss://flags.example"),
        ("FeatBit", {"url": "https://edge.example"}, ValueError, "url: a client of FeatBit has no such setting: write streaming_url"),
        ("FeatBit", {"mode": "once"}, ValueError, 'mode: .*: write "streaming", "polling" or "offline"'),
        ("FeatBit", {"streaming_ulr": "ws://flags.example"}, TypeError, "streaming_ulr: there is no such setting: write streaming_url"),
        ("FeatureSignals", {"environment": ""}, ValueError, "environment"),
        ("FeatureSignals", {"flags": "checkout"}, TypeError, "flags: "),
        ("FeatureSignals", {"mode": "once", "interval": 5}, ValueError, 'interval: .*: write mode="polling"'),
        ("FeatureHub", {"secret": "hush"}, ValueError, "secret: only a client of FeatBit .*: create the client with Client.featbit"),
        ("FeatureHub", {"system": "featbit"}, TypeError, "system: Python has no such setting, because .* `Client.featbit`"),
    ],
)
def test_wrong_settings_are_errors_that_name_them(system: str, settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as raised:
        MAKE[system](**settings)
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize("system", ["featbit", "featuresignals"])
def test_a_forked_process_has_a_session_of_its_own(system: str) -> None:
    with FeatBitServer() as featbit, FeatureSignalsServer() as featuresignals:
        given: dict[str, Any] = {"secret": featbit.secret, "streaming_url": featbit.url}
        if system == "featuresignals":
            given = featuresignals.settings(context={"key": "bob"})

        def put(colour: str) -> None:
            featbit.put(featbit_flag("COLOUR", "string", colour, "off"))
            featuresignals.put(signals_flag("COLOUR", "string", colour))

        put("red")
        text = f"""
client = fh_client.Client.{system}(**{given!r})
client.wait_ready(60)
user = client.context(user_key="bob")
say("parent", user.string("COLOUR"))
if os.fork() == 0:
    client.wait_ready(60)
    say("child", user.string("COLOUR"))
    sees(user, "blue")
    say("child blue", client.system)
    client.close()
    os._exit(0)
os.wait()
sees(user, "blue")
say("parent blue", client.system)
client.close()
"""
        with Program(text) as program:
            program.expect("parent red", "child red")
            if system == "featbit":
                featbit.tell("waitFor", openSockets=2, timeoutMs=SOON * 1000)
            put("blue")
            program.expect(f"child blue {system}", f"parent blue {system}")


@pytest.mark.parametrize("system", ["featbit", "featuresignals"])
def test_the_examples_of_the_page_run(
    featbit: FeatBitServer, featuresignals: FeatureSignalsServer, system: str, tmp_path: pathlib.Path
) -> None:
    page = (pathlib.Path(__file__).parents[3] / f"docs/guide/{system}.md").read_text()
    featbit.put(featbit_flag("new-checkout", "boolean", "false", "true", rules=[rule("pro", "v1", "plan", "Equal", "pro")]))
    featuresignals.put(signals_flag("new-checkout", "boolean", False, when(True, "plan", "pro")))
    (tmp_path / "data-sync.json").write_text(json.dumps(payload(CHECKOUT)))
    given = {"SERVER_SECRET": featbit.secret, "wss://flags.example": featbit.url}
    shown = ["two pages\nSTRATEGY_MATCH\nREADY, streaming", "two pages STRATEGY_MATCH pro\n"]
    if system == "featuresignals":
        given = {"API_KEY": featuresignals.key, "https://flags.example": featuresignals.url, "production": featuresignals.environment}
        shown = ["two pages\nSTRATEGY_MATCH\nREADY"]
    for example, expected in zip(re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE), shown, strict=True):
        for text, real in given.items():
            example = example.replace(text, real)
        ended = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, timeout=SOON, cwd=tmp_path)
        assert ended.returncode == 0 and ended.stdout.startswith(expected), ended


def test_reads_and_metrics_are_reported_unless_insights_are_off() -> None:
    with FeatBitServer() as server:
        server.put(*FEATBIT)
        with fh_client.Client.featbit(server.secret, streaming_url=server.url) as client:
            client.wait_ready(SOON)
            bob = client.context(user_key="bob")
            assert bob.is_enabled("dark")
            bob.track("checkout", 12.5)
            bob.track("visit")
            client.flush(SOON)
            events = server.events()
            assert [event["variations"][0]["featureFlagKey"] for event in events if "variations" in event] == ["dark"]
            metrics = [event["metrics"][0] for event in events if "metrics" in event]
            assert [(metric["eventName"], metric["numericValue"]) for metric in metrics] == [("checkout", 12.5), ("visit", 1.0)]
            assert client.status().insights == {"sent": 3, "dropped": 0, "refused": 0, "waiting": 0}
            for value, context in [(float("nan"), bob), (1e300, bob), (1.0, client.context())]:
                with pytest.raises(ValueError):
                    context.track("checkout", value)
    with offline() as silent:
        silent.context(user_key="bob").track("checkout")
        assert silent.status().insights is None
    with fh_client.Client.offline() as other, pytest.raises(ValueError, match="record"):
        other.context(userkey="bob").track("checkout")
