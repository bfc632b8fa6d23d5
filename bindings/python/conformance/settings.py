"""The settings of the protocol as keyword arguments of a client."""

import logging
import os
import sys

import fh_client

from capabilities import DEFAULTS

MODES = {"stream": "streaming", "poll": "polling", "passive": "passive", "once": "once"}
# The share of a delay after a refusal that is random: the client's own default.
REFUSED_JITTER = 0.5


def settings_of(command):
    if command.get("debug"):
        log()
    settings = {
        "mode": MODES[command.get("mode", "stream")],
        "headers": command.get("headers"),
        "context": command.get("context"),
        "snapshot_file": snapshot_file(command.get("store")),
        "context_placement": "query" if command.get("context_in_query") else None,
        "while_switching": "keep" if command.get("keep_values") else None,
        "catch_updates": command.get("catch"),
        "ca_certificate": command.get("ca_pem"),
        # Proxies of the environment are not used, so that scenarios are the same on each machine.
        "proxy": command.get("proxy") or False,
        "healthy_after": seconds(command.get("healthy_after_ms")),
        "limits": limits(command.get("timeouts") or {}, command.get("max_bytes")),
    }
    if settings["mode"] in ("polling", "passive"):
        interval = command.get("poll_ms")
        settings["interval"] = (DEFAULTS["poll_ms"] if interval is None else interval) / 1000
    if retry := command.get("retry"):
        settings.update(retries(retry))
    if refused := command.get("refused"):
        delays = (refused["initial_ms"] / 1000, refused["max_ms"] / 1000)
        settings["backoff_when_refused"] = fh_client.Backoff(*delays, REFUSED_JITTER)
    return settings


def log():
    logging.basicConfig(stream=sys.stderr)
    logging.getLogger("fh_client").setLevel(1)


def snapshot_file(path):
    return os.path.join(path, "features.json") if path and os.path.isdir(path) else path


def seconds(milliseconds):
    return None if milliseconds is None else milliseconds / 1000


def retries(retry):
    """The delays before retries. The client's other delays between requests are scaled by the same factor (D-64)."""
    factor = retry["initial_ms"] / DEFAULTS["retry_ms"]
    backoff = fh_client.Backoff(retry["initial_ms"] / 1000, retry["max_ms"] / 1000, retry.get("jitter") or 0.0)
    scaled = {"pace": factor, "stream_again_after": 600 * factor, "return_within": (0.1 * factor, factor)}
    return {"backoff": backoff, **scaled}


def limits(timeouts, max_bytes):
    given = {name: seconds(timeouts.get(f"{name}_ms")) for name in ("connect", "head", "poll", "idle", "held_back")}
    return fh_client.Limits(**given, bytes=max_bytes)
