"""The adapter of this project's Python package as a client of FeatBit: it executes one command per line of its standard input, and answers
each with one line of JSON."""

import json
import logging
import sys
import time
import traceback

from fh_client import Client, Context, EdgeProblem, NotReady, Notice

PAUSE = 0.005
"""The time between two reads of a value that is awaited, in seconds."""


class Adapter:
    """A client, and the commands that drive it."""

    def __init__(self) -> None:
        self._client: Client | None = None
        self._notices: list[str] = []

    def execute(self, command: dict) -> dict:
        """Executes a command and returns its answer."""
        members = {name: value for name, value in command.items() if name != "do"}
        return getattr(self, f"do_{command['do']}")(**members) or {}

    def do_start(self, secret: str, streamingUrl: str, httpUrl: str, waitMs: int) -> dict:  # noqa: N803
        urls = {"streaming_url": streamingUrl, "polling_url": httpUrl, "event_url": httpUrl}
        self._client = Client.featbit(secret, **urls, on_notice=self._note)
        try:
            self._client.wait_ready(waitMs / 1000)
        except (NotReady, EdgeProblem):
            return {"ready": False}
        return {"ready": True}

    def do_read(self, reads: list) -> dict:
        return {"values": [self._read(read) for read in reads]}

    def do_wait(self, read: dict, value: object, timeoutMs: int) -> dict:  # noqa: N803
        deadline = time.monotonic() + timeoutMs / 1000
        while self._read(read) != value:
            if time.monotonic() > deadline:
                return {"seen": False}
            time.sleep(PAUSE)
        return {"seen": True}

    def do_track(self, user: dict, event: str, value: float) -> None:
        self._context(user).track(event, value)

    def do_flush(self) -> None:
        self._client.flush(10)

    def do_notices(self) -> dict:
        texts, self._notices = self._notices, []
        status = self._client.status()
        if not texts and status.problem is not None:
            texts.append(f"problem: {status.message}")
        return {"notices": texts}

    def do_close(self) -> None:
        if self._client is not None:
            self._client.close()

    def _note(self, notice: Notice) -> None:
        self._notices.append(str(notice))

    def _context(self, user: dict) -> Context:
        attributes = {item["name"]: item["value"] for item in user["customizedProperties"]}
        return self._client.context(attributes | {"keyId": user["keyId"], "name": user.get("name")})

    def _read(self, read: dict) -> object:
        context = self._context(read["user"])
        reader = getattr(context, read["type"])
        return reader(read["flag"], read["default"])


def main() -> None:
    """Executes the commands of the standard input."""
    # The tables show what the client reports, and not its log.
    logging.getLogger().addHandler(logging.NullHandler())
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
