"""Clients of FeatBit: the arguments, the contexts, the status and the texts. Their sessions are tested in Rust."""

from __future__ import annotations

import json
import pathlib
import queue
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from featbit_server import SOON, FeatBitServer, flag, payload, rule
from wire import Program

import fh_client

CHECKOUT = flag("checkout", "string", "one page", "two pages", rules=[rule("pro", "v1", "plan", "Equal", "pro")])
FLAGS = (
    CHECKOUT,
    flag("dark", "boolean", "false", "true", targetUsers=[{"keyIds": ["bob"], "variationId": "v1"}]),
    flag("limit", "number", "7.5", "1"),
    flag("theme", "json", '{"size": 1}', "{}"),
    flag("off", "string", "on", "off", isEnabled=False),
    flag("tags", "string", "others", "both", rules=[rule("tags", "v1", "tags", "Equal", '["a","b"]')]),
    flag("broken", "string", "a", "b", rules=[rule("broken", "v1", "plan", "MatchRegex", "(?=look-around)")]),
)


@pytest.fixture(scope="module")
def server() -> Iterator[FeatBitServer]:
    with FeatBitServer() as server:
        server.put(*FLAGS)
        yield server


@pytest.fixture
def client(server: FeatBitServer) -> Iterator[fh_client.Client]:
    with fh_client.Client.featbit(server.secret, streaming_url=server.url) as client:
        client.wait_ready(SOON)
        yield client


def offline(**settings: Any) -> fh_client.Client:
    return fh_client.Client.featbit("a-secret", event_url="http://flags.example", mode="offline", bootstrap=payload(*FLAGS), **settings)


def test_reads_have_the_values_and_the_reasons_of_flags(client: fh_client.Client) -> None:
    bob, eve = client.context(user_key="bob", plan="pro"), client.context(user_key="eve")
    assert (bob.string("checkout"), eve.string("checkout")) == ("two pages", "one page")
    assert bob.is_enabled("dark") and not eve.is_enabled("dark")
    assert bob.number("limit") == 7.5 and str(bob.decimal("limit")) == "7.5" and bob.json("theme") == {"size": 1}
    details = {key: bob.detail(key) for key in bob.keys()}
    reasons = {key: detail.reason for key, detail in details.items()}
    assert reasons == {
        "checkout": "STRATEGY_MATCH", "dark": "TARGET", "limit": "DEFAULT", "theme": "DEFAULT", "off": "OFF", "tags": "DEFAULT",
        "broken": "MALFORMED",
    }  # fmt: skip
    assert details["checkout"].strategy_id == "v1" and details["broken"].value is None
    assert client.detail("checkout").reason == "MALFORMED"


def test_contexts_have_the_names_and_the_single_values_of_featbit(client: fh_client.Client) -> None:
    context = client.context({"keyId": "eve", "tags": ["a", "b"]}, user_key="bob", plan=None, empty=[])
    assert context.attributes == {"keyId": ("bob",), "tags": ('["a","b"]',), "empty": ("[]",)}
    assert client.context(context.attributes).attributes == context.attributes
    assert context.string("tags") == "both"
    changed = context.but(user_key="eve", tags=["a"])
    assert changed.attributes == {"keyId": ("eve",), "tags": ('["a"]',), "empty": ("[]",)}
    assert client.context({"keyId": "bob"}).is_enabled("dark")
    with client.isolated(user_key="bob") as other:
        other.wait_ready(SOON)
        assert other.system == "featbit" and other.context(user_key="bob").is_enabled("dark")
    with pytest.raises(TypeError, match="keyId"):
        client.context(userkey="bob")


def test_a_changed_flag_reaches_a_listener(server: FeatBitServer, client: fh_client.Client) -> None:
    arrived: queue.SimpleQueue[fh_client.Change] = queue.SimpleQueue()
    before = client.status().cursor
    with client.context(user_key="eve").on_change("checkout", arrived.put):
        server.put({**CHECKOUT, "rules": [rule("all", "v1", "keyId", "NotEqual", "nobody")]})
        assert arrived.get(timeout=SOON).new == "two pages"
        server.put(CHECKOUT)
        assert arrived.get(timeout=SOON).new == "one page"
    after = client.status().cursor
    assert before is not None and after is not None and after > before


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
            assert status.to_dict()["cursor"] == status.cursor
            assert notices.get(timeout=SOON).kind == "clock_off"


def test_a_refused_secret_is_a_problem_with_a_text_about_the_server(server: FeatBitServer) -> None:
    wrong = server.secret[:10] + "the-secret" + server.secret[20:]
    with fh_client.Client.featbit(wrong, streaming_url=server.url) as client:
        with pytest.raises(fh_client.NotReady):
            client.wait_ready(SOON)
        status = client.status()
        assert (status.readiness, status.problem) == ("FAILED", "secret_refused")
        assert status.message is not None and "Edge" not in status.message
        assert "the-secret" not in repr(status) + str(status) + repr(client)


def test_a_client_polls_with_an_interval(server: FeatBitServer) -> None:
    settings: dict[str, Any] = {"polling_url": server.http_url, "mode": "polling", "interval": 0.05, "pace": 0}
    with fh_client.Client.featbit(server.secret, **settings) as client:
        client.wait_ready(SOON)
        assert client.context(user_key="bob").is_enabled("dark") and client.status().connection != "streaming"


def test_secret_and_urls_come_from_the_environment(server: FeatBitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEATBIT_ENV_SECRET", server.secret)
    monkeypatch.setenv("FEATBIT_STREAMING_URL", server.url)
    with fh_client.Client.featbit(start="lazy") as client:
        client.wait_ready(SOON)
        assert client.context(user_key="bob").is_enabled("dark")


def test_profiles_differ_in_missing_properties() -> None:
    lacking = flag("F", "string", "no", "yes", rules=[rule("lacking", "v1", "plan", "NotEqual", "pro")])
    for profile, value in (("server", "yes"), ("draft", "no")):
        settings: dict[str, Any] = {"profile": profile, "bootstrap": payload(lacking), "mode": "offline"}
        with fh_client.Client.featbit(**settings) as client:
            assert client.context(user_key="bob").string("F") == value


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"streaming_url": ""}, ValueError, "streaming_url"),
        ({"streaming_url": "ftp://flags.example"}, ValueError, "streaming_url"),
        ({"streaming_url": 5}, TypeError, "streaming_url: .*wss://flags.example"),
        ({"secret": "gehe\u00efm"}, ValueError, "secret"),
        ({"url": "https://edge.example"}, ValueError, "url: a client of FeatBit has no such setting: write streaming_url"),
        ({"api_keys": ["e/k"]}, ValueError, "api_keys: a client of FeatBit has no such setting: write secret"),
        ({"snapshot_file": "f"}, ValueError, "snapshot_file: .*: write bootstrap"),
        ({"context_placement": "query"}, ValueError, "context_placement: .*: leave it out"),
        ({"mode": "once"}, ValueError, 'mode: .*: write "streaming", "polling" or "offline"'),
        ({"profile": "edge"}, ValueError, 'profile: .*: write "server" or "draft"'),
        ({"streaming_ulr": "ws://flags.example"}, TypeError, "streaming_ulr: there is no such setting: write streaming_url"),
    ],
)
def test_wrong_settings_are_errors_that_name_them(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        fh_client.Client.featbit(**{"secret": "a-secret", "event_url": "http://127.0.0.1:9", **settings})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"secret": "the-secret"}, "secret: only a client of FeatBit has this setting: create the client with Client.featbit"),
        ({"profile": "server"}, 'profile: only a client of FeatBit has this value: write "client" or "edge"'),
        ({"system": "featbit"}, "system: Python has no such setting, because it is the constructor `Client.featbit`"),
    ],
)
def test_a_client_of_featurehub_has_no_settings_of_featbit(settings: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        fh_client.Client("http://127.0.0.1:9", "environment/key*", **settings)


def test_a_forked_process_has_a_socket_of_its_own(server: FeatBitServer) -> None:
    with FeatBitServer() as own:
        own.put(flag("COLOUR", "string", "red", "off"))
        text = f"""
client = fh_client.Client.featbit({own.secret!r}, streaming_url={own.url!r})
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
            own.tell("waitFor", openSockets=2, timeoutMs=SOON * 1000)
            own.put(flag("COLOUR", "string", "blue", "off"))
            program.expect("child blue featbit", "parent blue featbit")


def test_the_examples_of_the_page_run(server: FeatBitServer, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (pathlib.Path(__file__).parents[3] / "docs/featbit.md").read_text()
    examples = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert len(examples) == 2
    new = flag("new-checkout", "boolean", "false", "true", rules=[rule("pro", "v1", "plan", "Equal", "pro")])
    server.put(new)
    (tmp_path / "data-sync.json").write_text(json.dumps(payload(CHECKOUT)))
    monkeypatch.chdir(tmp_path)
    shown = []
    for example in examples:
        program = example.replace("SERVER_SECRET", server.secret).replace("wss://flags.example", server.url)
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=SOON)
        assert ended.returncode == 0, ended
        shown.append(ended.stdout)
    assert shown[0].startswith("two pages\nSTRATEGY_MATCH\nREADY, streaming")
    assert shown[1].startswith("two pages STRATEGY_MATCH pro\n")


def test_reads_and_metrics_are_reported_unless_insights_are_off() -> None:
    with FeatBitServer() as server:
        server.put(*FLAGS)
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
