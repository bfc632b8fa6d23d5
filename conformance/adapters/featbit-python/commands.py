"""The commands by which `fh-featbit-sdks` drives an SDK in Python: one per line of the standard input, each answered with one line of JSON."""

import json
import sys
import time
import traceback

PAUSE = 0.005
"""The time between two reads of a value that is awaited, in seconds."""


class Commands:
    """The commands of a client. A subclass has those that depend on the SDK, and the method `read`."""

    def execute(self, command: dict) -> dict:
        """Executes a command and returns its answer."""
        members = {name: value for name, value in command.items() if name != "do"}
        return getattr(self, f"do_{command['do']}")(**members) or {}

    def read(self, read: dict) -> object:
        """Returns the value of a flag for a user."""
        raise NotImplementedError

    def do_read(self, reads: list) -> dict:
        return {"values": [self.read(read) for read in reads]}

    def do_wait(self, read: dict, value: object, timeoutMs: int) -> dict:  # noqa: N803
        deadline = time.monotonic() + timeoutMs / 1000
        while self.read(read) != value:
            if time.monotonic() > deadline:
                return {"seen": False}
            time.sleep(PAUSE)
        return {"seen": True}

    def run(self) -> None:
        """Executes the commands of the standard input."""
        for line in sys.stdin:
            try:
                answer = {"ok": True, **self.execute(json.loads(line))}
            except Exception:  # The line of the answer must be printed in any case.
                answer = {"ok": False, "error": traceback.format_exc()}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
