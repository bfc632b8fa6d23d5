"""FeatBit's protocol for tests: `fh-test-featbit` as a program, and flags as FeatBit makes them."""

from __future__ import annotations

import json
from typing import Any

from program_server import SOON, ProgramServer

__all__ = ["CHECKOUT", "FLAGS", "SOON", "FeatBitServer", "flag", "payload", "rule", "served"]


class FeatBitServer(ProgramServer):
    """A running `fh-test-featbit`."""

    def __init__(self) -> None:
        super().__init__("FH_TEST_FEATBIT")
        self.url: str = self.greeting["streamingUrl"]
        self.http_url: str = self.greeting["httpUrl"]
        self.secret: str = self.greeting["environment"]["serverSecret"]

    def put(self, *flags: dict[str, Any]) -> None:
        """Replace these flags, and push them to the clients."""
        for each in flags:
            self.tell("putFlag", record=each)

    def events(self) -> list[dict[str, Any]]:
        """Return the evaluations and metrics that were received."""
        record = self.tell("record")
        return [event for insight in record["insights"] for event in json.loads(insight["body"])]


def flag(key: str, kind: str, *values: str, **members: Any) -> dict[str, Any]:
    """Return a flag whose variations `v0`, `v1` and so on have these values. It serves the first one to all users; the last one while it is off."""
    return {
        "id": f"flag-{key}", "key": key, "name": key, "variationType": kind,
        "variations": [{"id": f"v{index}", "value": value} for index, value in enumerate(values)],
        "targetUsers": [], "rules": [], "isEnabled": True, "disabledVariationId": f"v{len(values) - 1}",
        "fallthrough": {"dispatchKey": None, "includedInExpt": True, "variations": [served("v0")]},
        "exptIncludeAllTargets": True, "tags": [], "isArchived": False, "updatedAt": "2020-01-01T00:00:00.000Z",
        **members,
    }  # fmt: skip


def served(variation: str) -> dict[str, Any]:
    """Return the share of a variation that all users get."""
    return {"id": variation, "rollout": [0, 1], "exptRollout": 1}


def rule(name: str, variation: str, property: str, op: str, value: str) -> dict[str, Any]:
    """Return a rule with one condition."""
    condition = {"id": f"{name}-1", "property": property, "op": op, "value": value}
    return {
        "id": name, "name": name, "dispatchKey": None, "includedInExpt": False,
        "conditions": [condition], "variations": [served(variation)],
    }  # fmt: skip


def payload(*flags: dict[str, Any]) -> dict[str, Any]:
    """Return the body of `latest-all` with these flags."""
    return {"messageType": "data-sync", "data": {"eventType": "full", "featureFlags": list(flags), "segments": []}}


CHECKOUT = flag("checkout", "string", "one page", "two pages", rules=[rule("pro", "v1", "plan", "Equal", "pro")])
#: A flag of each type, with each reason.
FLAGS = (
    CHECKOUT,
    flag("dark", "boolean", "false", "true", targetUsers=[{"keyIds": ["bob"], "variationId": "v1"}]),
    flag("limit", "number", "7.5", "1"),
    flag("theme", "json", '{"size": 1}', "{}"),
    flag("off", "string", "on", "off", isEnabled=False),
    flag("tags", "string", "others", "both", rules=[rule("tags", "v1", "tags", "Equal", '["a","b"]')]),
    flag("broken", "string", "a", "b", rules=[rule("broken", "v1", "plan", "MatchRegex", r"(back)\1")]),
)
