"""The adapter of FeatBit's published Python SDK. It adds nothing to what the SDK does."""

import logging

from commands import Commands
from fbclient.client import FBClient
from fbclient.config import Config


class Warnings(logging.Handler):
    """The warnings and errors that the SDK has logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


class Adapter(Commands):
    """A client of the SDK, and the commands that drive it."""

    def __init__(self) -> None:
        self._client: FBClient | None = None
        self._warnings = Warnings()
        logging.getLogger().addHandler(self._warnings)

    def do_start(self, secret: str, streamingUrl: str, httpUrl: str, waitMs: int) -> dict:  # noqa: N803
        self._client = FBClient(Config(secret, httpUrl, streamingUrl), start_wait=waitMs / 1000)
        return {"ready": self._client.initialize}

    def do_read(self, reads: list) -> dict:
        return {"values": [self._read_safely(read) for read in reads]}

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
            return self.read(read)
        except Exception as error:  # An error of the SDK is no value that a case expects.
            return {"throws": repr(error)}

    def read(self, read: dict) -> object:
        # The SDK has one function for values, which converts them by the type of the flag.
        return self._client.variation(read["flag"], user_of(read["user"]), read["default"])


def user_of(user: dict) -> dict:
    """Returns the user of the SDK, which refuses users without a name."""
    properties = {item["name"]: item["value"] for item in user["customizedProperties"]}
    return {**properties, "key": user["keyId"], "name": user.get("name") or "placeholder"}


if __name__ == "__main__":
    Adapter().run()
