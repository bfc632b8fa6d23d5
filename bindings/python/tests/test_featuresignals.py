"""Clients of FeatureSignals: the arguments, the contexts, the status and the texts. Their sessions are tested in Rust."""

from __future__ import annotations

import asyncio
import json
import pathlib
import queue
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from featuresignals_server import SOON, FeatureSignalsServer, flag, ruleset, when
from wire import Program

import fh_client

CHECKOUT = flag("checkout", "string", "one page", when("two pages", "plan", "pro"))
ARMS = [{"key": "low", "value": 9, "weight": 10000}, {"key": "high", "value": 10, "weight": 0}]
FLAGS = (
    CHECKOUT,
    flag("dark", "boolean", False, when(True, "key", "bob")),
    flag("limit", "number", 7.5),
    flag("theme", "json", {"size": 1}),
    flag("off", "string", "off", enabled=False),
    flag("price", "ab", 1, variants=ARMS),
    flag("needs-off", "string", "alone", prerequisites=["off"]),
    flag("first", "boolean", False, mutual_exclusion_group="g"),
    flag("second", "boolean", False, mutual_exclusion_group="g"),
    flag("tags", "string", "others", when("both", "tags", "[a b]")),
    flag("all", "boolean", False, when(True, "key", "bob", percentage=99)),
)
RULESET = ruleset(*FLAGS)


@pytest.fixture(scope="module")
def server() -> Iterator[FeatureSignalsServer]:
    with FeatureSignalsServer() as server:
        server.put(*FLAGS)
        yield server


@pytest.fixture
def client(server: FeatureSignalsServer) -> Iterator[fh_client.Client]:
    with fh_client.Client.featuresignals(**server.settings()) as client:
        client.wait_ready(SOON)
        yield client


def local(**settings: Any) -> fh_client.Client:
    return fh_client.Client.featuresignals(ruleset=RULESET, **settings)


def test_the_server_evaluates_for_the_context_that_was_set(client: fh_client.Client) -> None:
    assert client.system == client.status().system == "featuresignals" and client.is_server_evaluated
    assert client.string("checkout") == "one page" and client.detail("checkout").reason == "STATIC"
    bob = client.set_context(user_key="bob", plan="pro")
    assert bob.attributes == {"key": ("bob",), "plan": ("pro",)}
    assert bob.string("checkout") == client.string("checkout") == "two pages"
    assert bob.detail("checkout").reason == "STRATEGY_MATCH" and bob.is_enabled("dark")
    eve = client.context(key="eve", plan="pro")
    assert eve.string("checkout") is None and eve.detail("checkout").reason == "OTHER_CONTEXT"
    client.set_context(eve.attributes)
    assert not eve.is_enabled("dark") and bob.detail("dark").reason == "OTHER_CONTEXT"


def test_values_of_the_server_are_those_of_its_ruleset(client: fh_client.Client) -> None:
    with local() as own:
        own.wait_ready(SOON)
        for user in ({"key": "bob", "plan": "pro"}, {"key": "eve", "tags": ["a", "b"]}):
            given, expected = client.set_context(user), own.context(user)
            keys = [definition["key"] for definition, _ in FLAGS]
            details = {key: (given.detail(key), expected.detail(key)) for key in keys}
            for key, (ours, theirs) in details.items():
                assert (ours.value, ours.reason, ours.strategy_id) == (theirs.value, theirs.reason, theirs.strategy_id), key


def test_reasons_and_variants_of_a_ruleset() -> None:
    with local() as client:
        client.wait_ready(SOON)
        assert not client.is_server_evaluated
        bob = client.context(user_key="bob", plan="pro")
        assert {key: bob.detail(key).reason for key in bob.keys() if key not in ("first", "second")} == {
            "all": "SPLIT", "checkout": "STRATEGY_MATCH", "dark": "STRATEGY_MATCH", "limit": "DEFAULT", "needs-off": "PREREQUISITE_FAILED",
            "off": "OFF", "price": "VARIANT", "tags": "DEFAULT", "theme": "DEFAULT",
        }  # fmt: skip
        assert sorted(bob.detail(key).reason for key in ("first", "second")) == ["DEFAULT", "EXCLUDED"]
        assert bob.detail("price").strategy_id == "low" and bob.number("price") == 9
        assert bob.number("limit") == 7.5 and bob.json("theme") == {"size": 1}


def test_contexts_have_the_key_and_the_single_values_of_featuresignals() -> None:
    with local() as client:
        client.wait_ready(SOON)
        context = client.context({"key": "eve", "tags": ["a", "b"]}, user_key="bob", plan=None, empty=[])
        assert context.attributes == {"key": ("bob",), "tags": ("[a b]",), "empty": ("[]",)}
        assert context.string("tags") == "both"
        changed = context.but(user_key="eve", tags=("a",), visits=1_000_000)
        assert changed.attributes == {"key": ("eve",), "tags": ("[a]",), "empty": ("[]",), "visits": ("1000000",)}
        # The attributes of a context make the same context, and lists of one stay lists.
        again = {**changed.attributes, "team": ["x"]}
        assert client.context(again).attributes == {**changed.attributes, "team": ("[x]",)}
        with client.isolated(user_key="bob") as other:
            other.wait_ready(SOON)
            assert other.system == "featuresignals" and other.context(key="bob").is_enabled("dark")
        with pytest.raises(TypeError, match="'key'|\"key\""):
            client.context(userkey="bob")
        # A server would refuse an empty key, and a ruleset evaluates it.
        assert client.context(key="").detail("dark").value is not None


def test_an_empty_user_key_raises_before_a_request(server: FeatureSignalsServer, client: fh_client.Client) -> None:
    client.set_context(key="bob")
    with pytest.raises(ValueError, match="key"):
        client.set_context(key="")
    with pytest.raises(ValueError, match="key"):
        client.context_pool().get(key="")
    with pytest.raises(ValueError, match="key"):
        asyncio.run(client.aio.set_context(key=""))
    with pytest.raises(ValueError, match="context"):
        fh_client.Client.featuresignals(**server.settings(context={"key": ""}))
    assert client.context(key="bob").is_enabled("dark")


def test_a_pool_has_the_values_of_each_context(client: fh_client.Client) -> None:
    pool = client.context_pool(requests_per_second=1000)
    assert [pool.get(key=name).is_enabled("dark") for name in ("bob", "eve", "bob")] == [True, False, True]
    assert pool.live == 2


def test_a_changed_flag_reaches_a_listener(server: FeatureSignalsServer) -> None:
    for settings in ({}, {"stream": True, "interval": 30}):
        arrived: queue.SimpleQueue[fh_client.Change] = queue.SimpleQueue()
        with fh_client.Client.featuresignals(**server.settings(context={"key": "eve"}, **settings)) as client:
            client.wait_ready(SOON)
            with client.on_change("checkout", arrived.put):
                server.put(flag("checkout", "string", "three pages"))
                assert arrived.get(timeout=SOON).new == "three pages"
                server.put(CHECKOUT)
                assert arrived.get(timeout=SOON).new == "one page"


def test_settings_reach_the_requests() -> None:
    with FeatureSignalsServer() as server:
        server.put(*FLAGS)
        named = server.settings(flags=("dark", "checkout"), reasons=True, context={"key": "bob"}, headers={"x-team": "shop"})
        with fh_client.Client.featuresignals(**named) as client:
            client.wait_ready(SOON)
            assert sorted(client.keys()) == ["checkout", "dark"] and client.detail("dark").reason == "STRATEGY_MATCH"
        bulk = server.requests("/v1/evaluate/bulk")[0]
        assert json.loads(bulk["body"]) == {"flag_keys": ["checkout", "dark"], "context": {"key": "bob", "attributes": {}}}
        assert ["x-team", "shop"] in [[name.lower(), value] for name, value in bulk["headers"]]


def test_the_key_and_the_url_come_from_the_environment(server: FeatureSignalsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEATURESIGNALS_API_KEY", server.key)
    monkeypatch.setenv("FEATURESIGNALS_URL", server.url)
    monkeypatch.setenv("FEATURESIGNALS_ENVIRONMENT", server.environment)
    with fh_client.Client.featuresignals(start="lazy", context={"key": "bob"}) as client:
        client.wait_ready(SOON)
        assert client.context(key="bob").is_enabled("dark")


def test_a_file_is_followed(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "ruleset.json"
    notices: queue.SimpleQueue[fh_client.Notice] = queue.SimpleQueue()
    arrived: queue.SimpleQueue[fh_client.Change] = queue.SimpleQueue()
    with fh_client.Client.featuresignals(ruleset_file=path, on_notice=notices.put) as client:
        assert "ruleset.json" in str(notices.get(timeout=SOON)) and not client.is_ready
        path.write_text(json.dumps(RULESET))
        client.wait_ready(SOON)
        bob = client.context(key="bob")
        assert bob.string("checkout") == "one page"
        with bob.on_change("checkout", arrived.put):
            path.write_text("{")
            notices.get(timeout=SOON)
            path.write_text(json.dumps(ruleset(flag("checkout", "string", "three pages"))))
            assert arrived.get(timeout=SOON).new == "three pages"
        assert (client.status().connection, client.status().requests) == ("offline", 0)


def test_a_refused_key_is_a_problem_and_no_text_shows_the_key(server: FeatureSignalsServer) -> None:
    wrong = "fs_srv_the_secret"
    shown = repr(client := fh_client.Client.featuresignals(**server.settings(api_key=wrong)))
    with client:
        with pytest.raises(fh_client.NotReady) as raised:
            client.wait_ready(SOON)
        assert raised.value.problem == client.status().problem
        with pytest.raises(fh_client.EdgeProblem) as refused:
            client.set_context(key="hush")
        shown += f"{raised.value} {refused.value} {client.status()} {client.status()!r} {client!r} {client.status().to_dict()}"
        assert client.status().readiness == "FAILED" and "Edge" not in (client.status().message or "")
    for text in (wrong, "the_secret", "hush"):
        assert text not in shown


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"environment": "a/b"}, ValueError, "environment"),
        ({"environment": ""}, ValueError, "environment"),
        ({"url": "ftp://flags.example"}, ValueError, "the URL of the server begins with neither"),
        ({"url": 5}, TypeError, "url: "),
        ({"api_key": "fs hush"}, ValueError, "API key"),
        ({"api_keys": ["the-key"]}, ValueError, "api_keys: a client of FeatureSignals has no such setting: write api_key"),
        ({"secret": "the-key"}, ValueError, "secret: a client of FeatureSignals has no such setting: write api_key"),
        ({"streaming_url": "ws://x"}, ValueError, "streaming_url: a client of FeatureSignals has no such setting: write url"),
        ({"insights": False}, ValueError, "insights: a client of FeatureSignals has no such setting: leave it out"),
        ({"bootstrap": []}, ValueError, "bootstrap: .*: write ruleset"),
        ({"snapshot_file": "f"}, ValueError, "snapshot_file: .*: leave it out"),
        ({"profile": "edge"}, ValueError, "profile: .*: leave it out"),
        ({"healthy_after": 5}, ValueError, "healthy_after: .*: leave it out"),
        ({"mode": "passive"}, ValueError, 'mode: .*: write "streaming", "polling", "once" or "offline"'),
        ({"mode": "once", "interval": 5}, ValueError, 'interval: .*: write mode="polling"'),
        ({"mode": "polling", "stream": True}, ValueError, "stream: .*: leave one of the two out"),
        ({"interval": 0}, ValueError, "interval"),
        ({"flags": []}, ValueError, "flags"),
        ({"flags": "checkout"}, TypeError, "flags: "),
        ({"ruleset": []}, ValueError, "ruleset"),
        ({"ruleset": {}, "ruleset_file": "f"}, ValueError, "ruleset_file: .*: leave one of the two out"),
        ({"ruleset_file": "f", "stream": True}, ValueError, "stream"),
        ({"enviroment": "p"}, TypeError, "enviroment: there is no such setting: write environment"),
    ],
)
def test_wrong_settings_are_errors_that_name_them(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    given = {"api_key": "fs_srv_hush", "url": "http://127.0.0.1:9", "environment": "production", **settings}
    with pytest.raises(error, match=message) as raised:
        fh_client.Client.featuresignals(**given)
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"reasons": True}, "reasons: only a client of FeatureSignals has this setting: create the client with Client.featuresignals"),
        ({"api_key": "k"}, "api_key: a client of FeatureHub has no such setting: write api_keys"),
        ({"system": "featuresignals"}, "system: Python has no such setting, because it is the constructor .*`Client.featuresignals`"),
    ],
)
def test_a_client_of_featurehub_has_no_settings_of_featuresignals(settings: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        fh_client.Client("http://127.0.0.1:9", "environment/key*", **settings)


def test_a_forked_process_polls_for_itself() -> None:
    with FeatureSignalsServer() as own:
        own.put(flag("COLOUR", "string", "red"))
        text = f"""
client = fh_client.Client.featuresignals(**{own.settings(context={"key": "bob"})!r})
client.wait_ready(60)
user = client.context(key="bob")
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
            own.put(flag("COLOUR", "string", "blue"))
            program.expect("child blue featuresignals", "parent blue featuresignals")


def test_the_examples_of_the_page_run(server: FeatureSignalsServer) -> None:
    page = (pathlib.Path(__file__).parents[3] / "docs/featuresignals.md").read_text()
    [example] = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    server.put(flag("new-checkout", "boolean", False, when(True, "plan", "pro")))
    for text, real in (("API_KEY", server.key), ("https://flags.example", server.url), ("production", server.environment)):
        assert text in example
        example = example.replace(text, real)
    ended = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, timeout=SOON)
    assert ended.returncode == 0, ended
    assert ended.stdout.startswith("two pages\nSTRATEGY_MATCH\nREADY")
