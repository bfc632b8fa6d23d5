"""Checks that FeatBit's published Python SDK works with the test server: `python check.py path/to/fh-test-featbit`.

It prints one line of JSON with the results, and fails if one of them is false.
"""

import json
import logging
import subprocess
import sys
import time
import traceback

from fbclient.client import FBClient
from fbclient.config import Config

USER = {"key": "alice", "name": "Alice"}
PATIENCE = 10.0


class Program:
    """The test server as a child process, driven by lines of JSON."""

    def __init__(self, path: str) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([path], stdin=pipe, stdout=pipe, text=True)
        self.greeting = json.loads(self._process.stdout.readline())

    def tell(self, command: str, /, **members: object) -> dict:
        """Executes a command."""
        self._process.stdin.write(json.dumps({"do": command, **members}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if not answer["ok"]:
            raise RuntimeError(f"{command}: {answer['error']}")
        return answer

    def stop(self) -> None:
        """Ends the server."""
        self._process.stdin.close()
        self._process.wait(PATIENCE)


def flag(key: str, value: bool) -> dict:
    """Returns a flag that serves one value to every user."""
    served = {"id": "on" if value else "off", "rollout": [0, 1], "exptRollout": 1}
    return {
        "id": f"flag-{key}",
        "key": key,
        "name": key,
        "variationType": "boolean",
        "variations": [{"id": "on", "value": "true"}, {"id": "off", "value": "false"}],
        "targetUsers": [],
        "rules": [],
        "isEnabled": True,
        "disabledVariationId": "off",
        "fallthrough": {"dispatchKey": None, "includedInExpt": True, "variations": [served]},
        "exptIncludeAllTargets": True,
        "tags": [],
        "isArchived": False,
    }


def becomes(client: FBClient, key: str, expected: object) -> bool:
    """Returns true once the flag has the value, or false if that takes too long. The listeners of this SDK run on its own threads."""
    deadline = time.monotonic() + PATIENCE
    while client.variation(key, USER, None) != expected:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def run(program: Program) -> dict:
    """Returns the results of all checks."""
    checks = {}
    program.tell("putFlag", record=flag("plain", True))
    urls = (program.greeting["httpUrl"], program.greeting["streamingUrl"])
    config = Config(program.greeting["environment"]["serverSecret"], *urls, events_flush_interval=0.2)
    client = FBClient(config, start_wait=PATIENCE)
    checks["initialized"] = client.initialize
    checks["evaluates"] = client.variation("plain", USER, False) is True
    program.tell("putFlag", record=flag("plain", False))
    checks["seesChange"] = becomes(client, "plain", False)
    program.tell("archiveFlag", name="plain")
    checks["seesArchiving"] = becomes(client, "plain", None)

    client.track_metric(USER, "checkout", 12.5)
    client.flush()
    program.tell("waitFor", insights=1)
    insights = program.tell("record")["insights"]
    checks["sendsEvents"] = all(insight["status"] == 200 for insight in insights)

    program.tell("dropSockets", reset=True)
    program.tell("waitFor", socketsOpened=2, openSockets=1)
    program.tell("putFlag", record=flag("later", True))
    checks["reconnects"] = becomes(client, "later", True)
    client.stop()
    program.tell("waitFor", openSockets=0)
    checks["closes"] = True
    return checks


def main() -> int:
    """Prints the results and returns the exit code."""
    # The SDK logs errors that it survives: it fails after it has stored an archived flag.
    logging.disable(logging.CRITICAL)
    program = Program(sys.argv[1])
    checks, error = {}, None
    try:
        checks = run(program)
    except Exception:  # The line of results must be printed in any case.
        error = traceback.format_exc()
    program.stop()
    is_ok = error is None and all(checks.values())
    print(json.dumps({"ok": is_ok, "sdk": "fb-python-sdk 1.2.1", "checks": checks, "error": error}))
    return 0 if is_ok else 1


if __name__ == "__main__":
    sys.exit(main())
