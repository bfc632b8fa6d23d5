"""The values of the provider with clients of FeatureSignals: one that evaluates a ruleset, and one whose server evaluates."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from featuresignals_server import FLAGS, SOON, FeatureSignalsServer, ruleset
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason
from openfeature_client import read

import fh_client
from fh_client.openfeature import FeatureHubProvider
from fh_client.testing import SERVER_KEY, MemoryEdge

BOB = EvaluationContext("bob", {"plan": "pro"})


@pytest.fixture(scope="module")
def server() -> Iterator[FeatureSignalsServer]:
    with FeatureSignalsServer() as server:
        server.put(*FLAGS)
        yield server


@pytest.mark.parametrize("is_local", [True, False], ids=["with a ruleset", "with a server"])
def test_reasons_variants_and_targeting_keys(server: FeatureSignalsServer, is_local: bool) -> None:
    settings = {"ruleset": ruleset(*FLAGS)} if is_local else server.settings()
    with fh_client.Client.featuresignals(**settings) as client:
        api.set_provider_and_wait(FeatureHubProvider(client, patience=SOON))
        flags = api.get_client()
        for key, kind, value, reason, variant in (
            ("checkout", "string", "two pages", Reason.TARGETING_MATCH, "default"),
            ("dark", "boolean", True, Reason.TARGETING_MATCH, "default"),
            ("all", "boolean", True, Reason.SPLIT, "default"),
            ("off", "string", "off", Reason.DISABLED, "default"),
            ("price", "integer", 9, Reason.SPLIT, "low"),
            ("price", "float", 9.0, Reason.SPLIT, "low"),
            ("theme", "object", {"size": 1}, Reason.DEFAULT, "default"),
            ("needs-off", "string", "alone", Reason.DISABLED, "default"),
        ):
            found = read(flags, kind, key, BOB)
            assert (found.value, found.reason, found.variant, found.error_code) == (value, reason, variant, None), key
        assert sorted(str(read(flags, "boolean", key, BOB).reason) for key in ("first", "second")) == sorted(
            [str(Reason.DEFAULT), str(Reason.DISABLED)]
        )
        assert read(flags, "string", "tags", EvaluationContext("eve", {"tags": ["a", "b"]})).value == "both"
        assert not read(flags, "boolean", "dark", EvaluationContext("bob", {"key": "eve"})).value
        api.shutdown()


def test_a_server_evaluates_each_context_in_a_pool(server: FeatureSignalsServer) -> None:
    with fh_client.Client.featuresignals(**server.settings()) as client:
        pool = client.context_pool(2, requests_per_second=1000)
        api.set_provider_and_wait(FeatureHubProvider(client, patience=SOON, pool=pool))
        flags = api.get_client()
        for name, is_bob in (("bob", True), ("eve", False), ("bob", True), ("mara", False)):
            assert read(flags, "boolean", "dark", EvaluationContext(name)).value is is_bob
        assert pool.live == 2
        assert not read(flags, "boolean", "dark").value
        client.set_context(key="bob")
        assert read(flags, "boolean", "dark").value
        assert read(flags, "boolean", "dark", EvaluationContext(attributes={"key": ""})).error_code == ErrorCode.INVALID_CONTEXT
        server.tell("arm", fault="unauthorized")
        try:
            found = read(flags, "boolean", "dark", EvaluationContext("zoe"))
            assert (found.value, found.error_code) == (False, ErrorCode.PROVIDER_NOT_READY)
            assert read(flags, "boolean", "dark").value
        finally:
            server.tell("clearFaults")
        api.shutdown()


def test_coroutines_wait_for_the_server_without_blocking_their_loop() -> None:
    async def run(client: fh_client.Client, server: FeatureSignalsServer) -> int:
        provider = FeatureHubProvider(client)
        evaluation = asyncio.ensure_future(provider.resolve_boolean_details_async("dark", False, EvaluationContext("bob")))
        turns = 0
        while not evaluation.done():
            await asyncio.sleep(0.01)
            turns += 1
            if turns == 5:
                server.tell("release")
        assert evaluation.result().value is True
        return turns

    with FeatureSignalsServer() as server:
        server.put(*FLAGS)
        with fh_client.Client.featuresignals(**server.settings(mode="once", interval=None)) as client:
            client.wait_ready(SOON)
            server.tell("arm", fault="hold", next=1)
            assert asyncio.run(run(client, server)) >= 5


def test_a_pool_serves_the_contexts_of_a_server_evaluated_key() -> None:
    edge = MemoryEdge()
    with edge.client(SERVER_KEY) as client:
        edge.set("TEXT", "hello")
        client.wait_ready(SOON)
        provider = FeatureHubProvider(client, pool=client.context_pool())
        assert provider.resolve_string_details("TEXT", "?", EvaluationContext("fred")).value == "hello"
        assert provider.resolve_string_details("TEXT", "?", EvaluationContext("mara")).value == "hello"
