"""The adapter of FeatBit's published Python SDK: it executes one command per line of its standard input, and answers each with one line
of JSON. It adds nothing to what the SDK does."""

import json
import logging
import sys
import time
import traceback

from fbclient.client import FBClient
from fbclient.config import Config

PAUSE = 0.005
"""The time between two reads of a value that is awaited, in seconds."""


class Warnings(logging.Handler):
    """The warnings and errors that the SDK has logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


class Adapter:
    """A client of the SDK, and the commands that drive it."""

    def __init__(self) -> None:
        self._client: FBClient | None = None
        self._warnings = Warnings()
        logging.getLogger().addHandler(self._warnings)

    def execute(self, command: dict) -> dict:
        """Executes a command and returns its answer."""
        members = {name: value for name, value in command.items() if name != "do"}
        return getattr(self, f"do_{command['do']}")(**members) or {}

    def do_start(self, secret: str, streamingUrl: str, httpUrl: str, waitMs: int) -> dict:  # noqa: N803
        self._client = FBClient(Config(secret, httpUrl, streamingUrl), start_wait=waitMs / 1000)
        return {"ready": self._client.initialize}

    def do_read(self, reads: list) -> dict:
        return {"values": [self._read_safely(read) for read in reads]}

    def do_wait(self, read: dict, value: object, timeoutMs: int) -> dict:  # noqa: N803
        deadline = time.monotonic() + timeoutMs / 1000
        while self._read(read) != value:
            if time.monotonic() > deadline:
                return {"seen": False}
            time.sleep(PAUSE)
        return {"seen": True}

    def do_track(self, user: dict, event: str, value: float) -> None:
        self._client.track_metric(user_of(user), event, value)

    def do_flush(self) -> None:
        self._client.flush()

    def do_notices(self) -> dict:
        texts, self._warnings.texts = self._warnings.texts, []
        return {"notices": texts}

    def do_close(self) -> None:
        if self._client is not None:
            self._client.stop()

    def _read_safely(self, read: dict) -> object:
        try:
            return self._read(read)
        except Exception as error:  # An error of the SDK is no value that a case expects.
            return {"throws": repr(error)}

    def _read(self, read: dict) -> object:
        # The SDK has one function for values, which converts them by the type of the flag.
        return self._client.variation(read["flag"], user_of(read["user"]), read["default"])


def user_of(user: dict) -> dict:
    """Returns the user of the SDK, which refuses users without a name."""
    properties = {item["name"]: item["value"] for item in user["customizedProperties"]}
    return {**properties, "key": user["keyId"], "name": user.get("name") or "placeholder"}


def main() -> None:
    """Executes the commands of the standard input."""
    adapter = Adapter()
    for line in sys.stdin:
        try:
            answer = {"ok": True, **adapter.execute(json.loads(line))}
        except Exception:  # The line of the answer must be printed in any case.
            answer = {"ok": False, "error": traceback.format_exc()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
