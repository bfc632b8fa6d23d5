"""The adapter of the package fh-client for the conformance suite. It uses only the installed package, as any program does, and the loop
that `fh-conformance adapter new python` writes. The protocol is docs/reference/adapter-protocol.md."""

import asyncio
import platform
import sys
import time
from pathlib import Path

import fh_client

# The loop is the one of the suite's template.
sys.path.append(str(Path(__file__).resolve().parents[3] / "conformance/adapters/templates/python"))

import loop  # noqa: E402
from capabilities import CANNOT, DEFAULTS  # noqa: E402
from forked import Child  # noqa: E402
from listeners import Interceptor, Listeners, listen_to, subscribe  # noqa: E402
from loop import Misuse  # noqa: E402
from reads import answer_of, evaluated  # noqa: E402
from settings import settings_of  # noqa: E402
from state_readers import start_readers  # noqa: E402

# The time limit of a wait whose command gives none.
LIMIT_MS = 5000
# The time that `close` may wait for the end of the client.
CLOSE_SECONDS = 1
# The time for the Edge's answer to an update. The client's own limit is longer than the runner waits.
UPDATE_SECONDS = 8

clients = {}
# The child processes, by the names of their clients.
children = {}


class AdapterClient:
    """A client, and what the runner has added to it."""

    def __init__(self, name, sdk):
        self.name = name
        self.sdk = sdk
        self.listeners = Listeners()
        self.interceptors = Listeners()
        # True once a usage listener was added. Each read of the runner then must be one use of the feature.
        self.reports_usage = False


def client_of(command):
    if command.get("client") not in clients:
        raise Misuse(f"there is no client {command.get('client')!r}")
    return clients[command["client"]]


def limit_of(command):
    limit = command.get("timeout_ms")
    return (LIMIT_MS if limit is None else limit) / 1000


def at_most(seconds, awaitable):
    """Awaits something that the client offers to event loops. Returns None if it has not ended after the time."""

    async def outcome():
        try:
            return await asyncio.wait_for(awaitable, seconds)
        except asyncio.TimeoutError:
            return None

    return asyncio.run(outcome())


def hello(command):
    runtime = "Python " + platform.python_version()
    sdk = {"name": "fh-python", "version": fh_client.__version__, "language": "Python", "runtime": runtime}
    return {"protocol": 1, "sdk": sdk, "cannot": CANNOT, "defaults": DEFAULTS}


def evaluate(command):
    return {"answers": evaluated(command)}


def create(command):
    name = command["client"]
    if name in clients and clients[name].sdk.readiness != "CLOSED":
        raise Misuse(f"the client {name!r} exists and is not closed")
    sdk = fh_client.Client(command["edge_url"], *command["keys"], **settings_of(command))
    clients[name] = AdapterClient(name, sdk)
    start_readers(clients[name], command.get("readers") or 0)
    return {"ignored": []}


def readiness_of(client):
    return {"readiness": client.sdk.readiness}


def state(command):
    client = client_of(command)
    status = client.sdk.status()
    # Features from a snapshot file may be out of date until the Edge has confirmed or replaced them.
    stale = status.is_stale or status.source == "snapshot"
    age = None if status.data_age is None else int(status.data_age * 1000)
    told = {"readiness": status.readiness, "problem": status.message, "sent": status.requests}
    return {**told, "stale": stale, "age_ms": age}


def wait(command):
    client = client_of(command)
    try:
        client.sdk.wait_ready(limit_of(command))
    except fh_client.NotReady:
        pass  # The answer holds the readiness, which is the reason of the error.
    return readiness_of(client)


def read(command):
    client = client_of(command)
    return {"answers": [answer_of(client, read) for read in command["reads"]]}


def context(command):
    client = client_of(command)
    at_most(limit_of(command), client.sdk.aio.set_context(command.get("attributes") or {}))
    return readiness_of(client)


def keys(command):
    client = client_of(command)
    at_most(limit_of(command), client.sdk.aio.set_api_keys(*command["keys"]))
    return readiness_of(client)


def refresh(command):
    client = client_of(command)
    try:
        at_most(limit_of(command), client.sdk.aio.refresh())
    except fh_client.FhError:
        pass  # `state` tells the problem.
    return readiness_of(client)


def suspend(command):
    client_of(command).sdk.suspend()


def resume(command):
    client_of(command).sdk.resume()


def listen(command):
    client, name = client_of(command), command["listener"]
    if command.get("on", "feature") == "feature":
        if command.get("feature") is None:
            raise Misuse("the member `feature` is missing")
        listen_to(client, name, command["feature"], command.get("context"), command.get("then"))
    else:
        subscribe(client, name, command["on"], command.get("then"))


def unlisten(command):
    client_of(command).listeners.remove(command["listener"])


def catch(command):
    sdk = client_of(command).sdk
    if command.get("on", True):
        sdk.catch_updates()
    else:
        sdk.stop_catching()


def release(command):
    sdk, features = client_of(command).sdk, command.get("features")
    if features is None:
        sdk.release_all()
    else:
        sdk.release(*features)


def intercept(command):
    client = client_of(command)
    interceptor = Interceptor(client.name, command)
    locks = "override" if command.get("even_locked") else "respect"
    client.interceptors.add(command["interceptor"], lambda: client.sdk.intercept(interceptor, locks))


def record(command):
    sdk = client_of(command).sdk
    attributes = command.get("context")
    source = sdk if attributes is None else sdk.context(attributes)
    source.record(command["name"], command.get("params") or {})


def update(command):
    change = {name: command[name] for name in ("value", "lock") if command.get(name) is not None}
    if "value" in command:
        change["value"] = command["value"]
    if not change:
        raise Misuse("an update has a value, a lock, or both")
    updates = client_of(command).sdk.aio.test_updates()
    try:
        outcome = at_most(UPDATE_SECONDS, updates.set(command["feature"], **change))
    except fh_client.Refused as refused:
        if refused.status is None:
            raise
        return {"accepted": False, "status": refused.status}
    if outcome is None:
        raise TimeoutError("the update did not end within the time limit")
    # Statuses 200 and 201 are one outcome of the client.
    return {"accepted": True, "status": None if outcome == "accepted" else 202}


def fork(command):
    client, name = client_of(command), command["child"]
    if name in clients or name in children:
        raise Misuse(f"the name {name!r} belongs to a client")

    def perform(command):
        return OPERATIONS[command["op"]](command)

    # The child process knows its copy of the client by its own name.
    clients[name] = AdapterClient(name, client.sdk)
    try:
        children[name] = Child(perform)
    finally:
        del clients[name]


def close(command):
    client = client_of(command)
    begin = time.monotonic()
    client.sdk.close(CLOSE_SECONDS)
    return {"took_ms": round((time.monotonic() - begin) * 1000)}


OPERATIONS = {
    "hello": hello,
    "evaluate": evaluate,
    "create": create,
    "state": state,
    "wait": wait,
    "read": read,
    "context": context,
    "keys": keys,
    "listen": listen,
    "unlisten": unlisten,
    "refresh": refresh,
    "suspend": suspend,
    "resume": resume,
    "catch": catch,
    "release": release,
    "intercept": intercept,
    "record": record,
    "update": update,
    "fork": fork,
    "close": close,
}


def here_or_in_child(operation):
    """Returns the function of an operation that passes the commands for a child process on to it."""

    def perform(command):
        child = children.get(command.get("client"))
        return operation(command) if child is None else child.ask(command)

    return perform


COMMANDS = {name: here_or_in_child(operation) for name, operation in OPERATIONS.items()}

if __name__ == "__main__":
    loop.run(COMMANDS)
