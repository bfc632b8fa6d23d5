"""The runner's listeners and interceptors. Each call of a listener is an event of the protocol."""

import json
import threading
import time

import fh_client
import loop
from reads import value_of

RAW_KINDS = {"list": "features", "feature": "feature", "delete": "delete_feature"}


class Listeners:
    """Subscriptions by the runner's names."""

    def __init__(self):
        self._lock = threading.Lock()
        self._subscriptions = {}

    def add(self, name, subscribe):
        """Adds the subscription that a function returns. A subscription of the same name ends. The lock is held meanwhile, so that a
        listener that is called at once can remove itself."""
        with self._lock:
            former = self._subscriptions.get(name)
            self._subscriptions[name] = subscribe()
        if former is not None:
            former.cancel()

    def remove(self, name):
        with self._lock:
            removed = self._subscriptions.pop(name, None)
        if removed is not None:
            removed.cancel()


class Listener:
    """A listener of the runner: its name, and its actions in each call."""

    def __init__(self, client, name, then):
        self.client = client
        self.name = name
        self.then = then or []

    def call(self, **members):
        """Sends the event of a call, and performs the actions. Reads come first, because the event reports them."""
        t_ms = time.monotonic() * 1000
        reads = {action["feature"]: value_of(self.client, action) for action in self.then if action["do"] == "read"}
        loop.event("called", client=self.client.name, listener=self.name, t_ms=t_ms, reads=reads, **members)
        for action in self.then:
            self.perform(action)

    def perform(self, action):
        match action["do"]:
            case "throw":
                raise RuntimeError(f"the listener {self.name} throws")
            case "sleep":
                time.sleep(action["ms"] / 1000)
            case "listen":
                listen_to(self.client, action["listener"], action["feature"])
            case "unlisten":
                self.client.listeners.remove(action["listener"])
            case "close":
                self.client.sdk.close()
            case "evaluate":
                value_of(self.client, action, action.get("context"))


def listen_to(client, name, feature, context=None, then=None):
    """Adds a listener for changes of a feature."""
    listener = Listener(client, name, then)

    def changed(change):
        listener.call(
            feature=change.key,
            value=change.new,
            exists=change.exists,
            locked=change.is_locked,
            version=change.version,
        )

    source = client.sdk if context is None else client.sdk.context(context)
    client.listeners.add(name, lambda: source.on_change(feature, changed))


def subscribe(client, name, on, then):
    """Adds a listener for anything but changes of a feature."""
    listener, sdk = Listener(client, name, then), client.sdk

    def used(events):
        for event in events:
            listener.call(**usage(event))

    def observed():
        client.reports_usage = True
        return sdk.observe(used)

    register = {
        "readiness": lambda: sdk.on_readiness(lambda change: listener.call(readiness=change.readiness)),
        "new_state": lambda: sdk.on_new_state(lambda state: listener.call(held=state.is_held)),
        "raw": lambda: sdk.on_raw(lambda update: listener.call(**raw(update))),
        "usage": observed,
    }.get(on)
    if register is None:
        raise loop.Misuse(f"a listener cannot observe {on!r}")
    client.listeners.add(name, register)


def raw(update):
    features = {}
    collect_features(json.loads(update.json), features)
    return {"kind": RAW_KINDS[update.kind], "source": update.source, "features": features}


def collect_features(parsed, features):
    """Adds the keys and versions of all features of an update: a feature, a list of features, or a list of environments. A feature
    without version has version 0, because null would mean that the key is missing."""
    if isinstance(parsed, list):
        for element in parsed:
            collect_features(element, features)
    elif isinstance(parsed, dict):
        if isinstance(parsed.get("features"), list):
            collect_features(parsed["features"], features)
        elif isinstance(parsed.get("key"), str):
            features[parsed["key"]] = parsed.get("version", 0)


def usage(event):
    """Returns the members of a usage event."""
    attributes = event.attributes
    members = {
        "user_key": event.user_key,
        "attributes": None if attributes is None else {name: list(values) for name, values in attributes.items()},
    }
    if event.kind == "evaluated":
        feature = event.features[0]
        return {
            "kind": "feature",
            "feature": feature.key,
            "value": feature.text,
            "version": feature.version,
            "id": feature.id,
            "environment": feature.environment,
            "strategy_id": feature.strategy_id,
            **members,
        }
    texts = {feature.key: feature.text for feature in event.features if feature.text is not None}
    if event.kind == "collection":
        return {"kind": "collection", "features": texts, **members}
    return {"kind": event.name, "features": texts, "params": event.params, **members}


class Interceptor:
    """An interceptor of the runner."""

    def __init__(self, client, command):
        self.client = client
        self.command = command

    def __call__(self, read):
        if self.command.get("feature") not in (None, read.key):
            return fh_client.CONTINUE
        if self.command.get("throw"):
            raise RuntimeError(f"the interceptor {self.command['interceptor']} throws")
        value = self.command.get("value")
        return fh_client.CONTINUE if value is None else value

    def close(self):
        loop.event("closed", client=self.client, interceptor=self.command["interceptor"])
