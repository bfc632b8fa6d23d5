"""The rows of reads: each workload by key and through handles, beside the published SDKs and the binding's floor."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import fh_client
from engines import Engine, FhClient
from fh_client._native import BindingFloor
from timing import Row, function, source

WORKLOADS = ("W1", "W2", "W3", "W4")
#: A document of 1 KB.
DOCUMENT = json.dumps({f"name-{number:02}": ["value", number, True, None, 1.5] for number in range(24)})


def of_peer(engine: Engine, described: dict[str, Any]) -> list[Row]:
    """Return the rows of an engine: the workloads, all flags in a loop, and a context that is built for one read."""
    user = described["users"][0]
    names = {"client": engine.client, "user": user, "ctx": engine.context(user), **engine.names()}
    rows = [
        source(f"{workload} {engine.name}", engine.read, **names, key=described["keys"][workload])
        for workload in WORKLOADS
    ]
    keys = list(described["answers"])
    rows.append(source(f"W5 {engine.name}", f"[{engine.read} for key in keys]", **names, keys=keys))
    rows.append(source(f"C1 {engine.name}", engine.built, **names, key=described["keys"]["W2"]))
    return rows


def of_ours(engine: FhClient, described: dict[str, Any]) -> list[Row]:
    """Return the rows that only the package has."""
    user, keys = described["users"][0], described["keys"]
    ctx = engine.context(user)
    rows = [source("floor", "floor.is_enabled(key)", floor=BindingFloor(), key=keys["W2"])]
    for workload in WORKLOADS:
        feature = ctx.feature(keys[workload])
        rows.append(source(f"{workload} handle", "feature.enabled", feature=feature))
    rows.append(source("W5 values()", "ctx.values()", ctx=ctx))
    rows.append(source("detail", "ctx.detail(key)", ctx=ctx, key=keys["W2"]))
    return rows + _watched(engine, user, keys["W2"]) + _threads(ctx, keys["W2"]) + _documents()


def _watched(engine: FhClient, user: dict[str, str], key: str) -> list[Row]:
    """Return rows of W2 with observers and with an interceptor, each with a client of its own."""
    rows = []
    for name in ("a queued observer", "an inline observer", "a Python interceptor"):
        client = fh_client.Client.offline(bootstrap=engine.payload)
        if name == "a queued observer":
            client.observe(lambda events: None, queue=1024)
        elif name == "an inline observer":
            client.observe(lambda event: None, inline=True)
        else:
            client.intercept(lambda ask: fh_client.CONTINUE)
        rows.append(source(f"W2 with {name}", "ctx.is_enabled(key)", ctx=client.context(user), key=key))
    return rows


def _threads(ctx: fh_client.Context, key: str) -> list[Row]:
    """Return a row of W2 on two threads. A call is one read of either thread."""

    def measure(calls: int) -> float:
        barrier = threading.Barrier(3)
        timer = source("", "ctx.is_enabled(key)", ctx=ctx, key=key)

        def run() -> None:
            barrier.wait()
            timer.measure(calls // 2 + 1)
            barrier.wait()

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        barrier.wait()
        start = time.perf_counter()
        barrier.wait()
        spent = time.perf_counter() - start
        for thread in threads:
            thread.join()
        return spent

    return [Row("W2 on two threads", measure)]


def _documents() -> list[Row]:
    state = [{"id": "theme", "key": "THEME", "type": "JSON", "version": 1, "value": DOCUMENT, "l": False}]
    client = fh_client.Client.offline(bootstrap=state)
    assert client.json("THEME") == json.loads(DOCUMENT)
    return [
        source(f"json of {len(DOCUMENT)} bytes", "client.json('THEME')", client=client),
        source(f"json.loads of {len(DOCUMENT)} bytes", "loads(text)", loads=json.loads, text=DOCUMENT),
    ]


def of_loads(engines: list[Engine]) -> list[Row]:
    """Return the rows of loading 1,000 features. The engines that compile rules when they load are compared."""
    rows = []
    for engine in engines:
        if isinstance(engine, FhClient):
            payload = engine.payload

            def whole_client(payload: str = payload) -> None:
                fh_client.Client.offline(bootstrap=payload).close()

            rows.append(function("load Ruleset.from_json", lambda: fh_client.Ruleset.from_json(payload)))
            rows.append(function("load fh-client", whole_client))
        elif engine.name == "eppo-server-sdk":
            import eppo_client

            flags = engine.payload.encode()
            rows.append(
                function("load eppo-server-sdk", lambda: eppo_client.Configuration(flags_configuration=flags))
            )
        elif engine.name == "UnleashClient":
            from yggdrasil_engine.engine import UnleashEngine

            state = engine.payload
            rows.append(function("load UnleashClient's engine", lambda: UnleashEngine().take_state(state)))
        elif engine.name == "statsig-python-core":

            def initialised(engine: Engine = engine) -> None:
                engine.load(engine.payload).shutdown().wait()

            rows.append(function("load statsig-python-core", initialised))
    return rows
