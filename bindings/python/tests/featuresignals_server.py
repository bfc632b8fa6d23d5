"""FeatureSignals' evaluation API for tests: `fh-test-featuresignals` as a program, and flags as FeatureSignals has them."""

from __future__ import annotations

from typing import Any

from program_server import SOON, ProgramServer

__all__ = ["FLAGS", "SOON", "FeatureSignalsServer", "flag", "ruleset", "state", "when"]

#: A flag with its state in an environment.
Flag = tuple[dict[str, Any], dict[str, Any]]


class FeatureSignalsServer(ProgramServer):
    """A running `fh-test-featuresignals`."""

    def __init__(self) -> None:
        super().__init__("FH_TEST_FEATURESIGNALS")
        self.url: str = self.greeting["url"]
        self.key: str = self.greeting["environment"]["serverKey"]
        self.environment: str = self.greeting["environment"]["slug"]

    def settings(self, **others: Any) -> dict[str, Any]:
        """Return the arguments of a client of this server, which polls often."""
        return {"api_key": self.key, "url": self.url, "environment": self.environment, "interval": 0.05, "pace": 0, **others}

    def put(self, *flags: Flag) -> None:
        """Replace these flags and their states."""
        for definition, own in flags:
            self.tell("putFlag", record=definition)
            self.tell("putState", name=definition["key"], record=own)

    def requests(self, target: str) -> list[dict[str, Any]]:
        """Return the requests to this target."""
        return [request for request in self.tell("record")["requests"] if request["target"].startswith(target)]


def flag(key: str, kind: str, default: object, /, *rules: dict[str, Any], **members: Any) -> Flag:
    """Return a flag that is on, with the rules of its state."""
    own = {name: members.pop(name) for name in ("enabled", "variants") if name in members}
    return {"key": key, "flag_type": kind, "default_value": default, **members}, state(*rules, **own)


def state(*rules: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return the state of a flag that is on."""
    return {"enabled": True, "rules": list(rules), **members}


def when(value: object, attribute: str, *values: str, percentage: int = 100) -> dict[str, Any]:
    """Return a rule that serves a value to a share of the contexts whose attribute has one of these values."""
    condition = {"attribute": attribute, "operator": "in", "values": list(values)}
    return {"id": f"{attribute}-{value}", "percentage": percentage * 100, "value": value, "conditions": [condition]}


def ruleset(*flags: Flag) -> dict[str, Any]:
    """Return the ruleset of an environment with these flags."""
    keys = [definition["key"] for definition, _ in flags]
    definitions, states = zip(*flags, strict=True)
    return {"flags": dict(zip(keys, definitions, strict=True)), "states": dict(zip(keys, states, strict=True)), "segments": {}}


#: A flag of each type, with each reason.
FLAGS = (
    flag("checkout", "string", "one page", when("two pages", "plan", "pro")),
    flag("dark", "boolean", False, when(True, "key", "bob")),
    flag("limit", "number", 7.5),
    flag("theme", "json", {"size": 1}),
    flag("off", "string", "off", enabled=False),
    flag("price", "ab", 1, variants=[{"key": "low", "value": 9, "weight": 10000}, {"key": "high", "value": 10, "weight": 0}]),
    flag("needs-off", "string", "alone", prerequisites=["off"]),
    flag("first", "boolean", False, mutual_exclusion_group="g"),
    flag("second", "boolean", False, mutual_exclusion_group="g"),
    flag("tags", "string", "others", when("both", "tags", "[a b]")),
    flag("all", "boolean", False, when(True, "key", "bob", percentage=99)),
)
