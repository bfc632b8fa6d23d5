"""The adapter of this project's Python package as a client of FeatBit."""

import logging

from commands import Commands
from fh_client import Client, Context, EdgeProblem, NotReady, Notice


class Adapter(Commands):
    """A client, and the commands that drive it."""

    def __init__(self) -> None:
        self._client: Client | None = None
        self._notices: list[str] = []

    def do_start(self, secret: str, streamingUrl: str, httpUrl: str, waitMs: int) -> dict:  # noqa: N803
        urls = {"streaming_url": streamingUrl, "polling_url": httpUrl, "event_url": httpUrl}
        self._client = Client.featbit(secret, **urls, on_notice=self._note)
        try:
            self._client.wait_ready(waitMs / 1000)
        except (NotReady, EdgeProblem):
            return {"ready": False}
        return {"ready": True}

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

    def read(self, read: dict) -> object:
        context = self._context(read["user"])
        reader = getattr(context, read["type"])
        return reader(read["flag"], read["default"])


if __name__ == "__main__":
    # The tables show what the client reports, and not its log.
    logging.getLogger().addHandler(logging.NullHandler())
    Adapter().run()
