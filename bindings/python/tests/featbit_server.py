"""FeatBit's protocol for tests: `fh-test-featbit` as a program, and flags as FeatBit makes them."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any, Literal

SOON = 60


class FeatBitServer:
    """A running `fh-test-featbit`, which executes one command per line."""

    def __init__(self) -> None:
        program = os.environ["FH_TEST_FEATBIT"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([program], stdin=pipe, stdout=pipe, text=True)
        greeting = self._answer()
        self.url: str = greeting["streamingUrl"]
        self.http_url: str = greeting["httpUrl"]
        self.secret: str = greeting["environment"]["serverSecret"]

    def __enter__(self) -> FeatBitServer:
        return self

    def __exit__(self, *_: object) -> Literal[False]:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(SOON)
        self._process.stdout.close()
        return False

    def tell(self, command: str, /, **members: Any) -> dict[str, Any]:
        """Execute a command, and return its answer."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": command, **members}) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        assert answer["ok"], answer
        return answer

    def put(self, *flags: dict[str, Any]) -> None:
        """Replace these flags, and push them to the clients."""
        for each in flags:
            self.tell("putFlag", record=each)

    def events(self) -> list[dict[str, Any]]:
        """Return the evaluations and metrics that were received."""
        record = self.tell("record")
        return [event for insight in record["insights"] for event in json.loads(insight["body"])]

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


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
