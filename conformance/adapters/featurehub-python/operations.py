"""The adapter of FeatureHub's published SDK for Python, featurehub-sdk. It adds nothing to what the SDK does: the calls are those of a
program that follows the SDK's README."""

import asyncio
import json
import logging
import math
import platform
import sys
import threading
import time
from importlib import metadata

import urllib3
from featurehub_sdk.client_context import ClientEvalFeatureContext
from featurehub_sdk.featurehub_config import FeatureHubConfig
from featurehub_sdk.featurehub_repository import FeatureHubRepository
from featurehub_sdk.interceptors import InterceptorValue, ValueInterceptor

import loop
from capabilities import CANNOT, DEFAULTS
from loop import Misuse, Unsupported

GETTERS = {"BOOLEAN": "get_boolean", "STRING": "get_string", "NUMBER": "get_number", "JSON": "get_raw_json"}
# The settings of `create` that the SDK cannot set.
IGNORED = (
    "retry refused healthy_after_ms timeouts max_bytes headers ca_pem proxy store context_in_query keep_values catch readers".split()
)
# Time after which a call that does not return is reported as an error of the SDK.
CALL_SECONDS = 5
clients = {}


class CountingPoolManager(urllib3.PoolManager):
    """The HTTP library of the SDK. It counts the requests that the SDK hands to it. Each edge service of the SDK creates one."""

    latest = None

    def __init__(self):
        super().__init__()
        self.sent = 0
        self.lock = threading.Lock()
        CountingPoolManager.latest = self

    def request(self, method, url, **options):
        with self.lock:
            self.sent += 1
        return super().request(method, url, **options)


urllib3.PoolManager = CountingPoolManager


class Client:
    def __init__(self, command):
        self.config = FeatureHubConfig(command["edge_url"], command["keys"])
        if command["mode"] in ("poll", "once"):
            interval = command.get("poll_ms", DEFAULTS["poll_ms"]) / 1000
            self.config.use_polling_edge_service(interval if command["mode"] == "poll" else 0)
        self.repository = self.config.repository()
        self.config.get_or_create_edge_service()
        self.pool = CountingPoolManager.latest
        # A client has one context for a server-evaluated key, because the context knows what it sent last.
        self.server_context = None

    def context(self, attributes):
        if self.config.client_evaluated():
            return with_attributes(self.config.new_context(), attributes)
        self.server_context = self.server_context or self.config.new_context()
        return with_attributes(self.server_context.clear(), attributes)

    async def start(self, attributes):
        if attributes is not None and not self.config.client_evaluated():
            await self.context(attributes).build()
        await self.config.init()

    def holder(self, read):
        if read.get("context") is None or not self.config.client_evaluated():
            return self.repository.feature(read["feature"])
        return self.context(read["context"]).feature(read["feature"])

    def readiness(self):
        return "READY" if self.repository.is_ready() else "NOT_READY"


def with_attributes(context, attributes):
    for name, values in attributes.items():
        context.attribute_values(name, values)
    return context


def client_of(command):
    if command.get("client") not in clients:
        raise Misuse(f"there is no client {command.get('client')!r}")
    return clients[command["client"]]


def within(seconds, function):
    """Calls a function in a thread of its own. Returns false if it has not returned after the time."""
    errors = []

    def call():
        try:
            function()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    return not thread.is_alive()


def hello(command):
    name, runtime = "featurehub-python", "Python " + platform.python_version()
    sdk = {"name": name, "version": metadata.version("featurehub-sdk"), "language": "Python", "runtime": runtime}
    return {"protocol": 1, "sdk": sdk, "cannot": CANNOT, "defaults": DEFAULTS}


def create(command):
    if command["mode"] == "passive":
        raise Unsupported(CANNOT["poll.passive"])
    if command.get("debug"):
        logging.basicConfig(stream=sys.stderr)
        logging.getLogger("featurehub_sdk").setLevel(logging.DEBUG)
    client = clients[command["client"]] = Client(command)
    # `init` polls, so it runs beside the commands.
    start = client.start(command.get("context"))
    threading.Thread(target=lambda: asyncio.run(start), daemon=True).start()
    return {"ignored": [setting for setting in IGNORED if command.get(setting) is not None]}


def state(command):
    client = client_of(command)
    return {"readiness": client.readiness(), "sent": client.pool.sent}


def read(command):
    client = client_of(command)
    return {"answers": [answer_of(client.holder(read), read) for read in command["reads"]]}


def evaluate(command):
    repository = FeatureHubRepository()
    repository.notify("features", json.loads(command["payload"]))

    def holder(read):
        if read.get("context") is None:
            return repository.feature(read["feature"])
        context = with_attributes(ClientEvalFeatureContext(repository, None), read["context"])
        return context.feature(read["feature"])

    return {"answers": [answer_of(holder(read), read) for read in command["reads"]]}


def answer_of(holder, read):
    getter = GETTERS.get(read["type"])
    if getter is None:
        raise Misuse(f"there is no type {read['type']!r}")
    try:
        value = getattr(holder, getter)
        answer = {
            "is_set": holder.is_set,
            "exists": holder.exists,
            "locked": holder.locked,
            "version": holder.get_version,
            "type": holder.feature_type,
        }
    except Exception as error:
        return {"value": None, "error": f"{type(error).__name__}: {error}"}
    if value is None:
        value = read.get("default")
    return {"value": json_value(value), "text": text_of(value), **answer}


def json_value(value):
    return None if isinstance(value, float) and not math.isfinite(value) else value


def text_of(value):
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def context(command):
    client = client_of(command)
    changed = client.context(command["attributes"])
    within(command.get("timeout_ms", CALL_SECONDS * 1000) / 1000, lambda: asyncio.run(changed.build()))
    return {"readiness": client.readiness()}


def refresh(command):
    client = client_of(command)
    edge = client.config.get_or_create_edge_service()
    within(command.get("timeout_ms", CALL_SECONDS * 1000) / 1000, lambda: asyncio.run(edge.poll()))
    return {"readiness": client.readiness()}


class Interceptor(ValueInterceptor):
    def __init__(self, command):
        self.command = command

    def intercepted_value(self, feature_key):
        if self.command.get("feature") not in (None, feature_key):
            return None
        if self.command.get("throw"):
            raise RuntimeError(f"the interceptor {self.command['interceptor']} throws")
        return InterceptorValue(self.command["value"])


def intercept(command):
    if command.get("even_locked"):
        raise Unsupported(CANNOT["interceptors.locked"])
    client_of(command).repository.register_interceptor(Interceptor(command))


def close(command):
    client = client_of(command)
    begin = time.monotonic()
    if not within(CALL_SECONDS, client.config.close):
        raise TimeoutError(f"close has not returned after {CALL_SECONDS} s")
    return {"took_ms": round((time.monotonic() - begin) * 1000)}


def unsupported(*capabilities):
    def refuse(command):
        raise Unsupported("; ".join(dict.fromkeys(CANNOT[capability] for capability in capabilities)))

    return refuse


OPERATIONS = {
    "hello": hello,
    "evaluate": evaluate,
    "create": create,
    "state": state,
    "wait": unsupported("ready.wait"),
    "read": read,
    "context": context,
    "keys": unsupported("keys.change"),
    "listen": unsupported("listen.feature", "usage"),
    "unlisten": unsupported("listen.remove"),
    "refresh": refresh,
    "suspend": unsupported("suspend"),
    "resume": unsupported("suspend"),
    "catch": unsupported("catch_release"),
    "release": unsupported("catch_release"),
    "intercept": intercept,
    "record": unsupported("usage.named"),
    "update": unsupported("update"),
    "close": close,
}

if __name__ == "__main__":
    loop.run(OPERATIONS)
