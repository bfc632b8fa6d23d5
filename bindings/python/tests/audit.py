"""The texts that the tests produce, in which no secret part of an API key and no secret attribute may stand."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

#: The secret parts of the API keys of `fh serve`, the keys of Edges in memory, and the word in the secret attributes, headers and passwords of
#: the tests.
SECRETS = ("tests*client", "testsserver", "client*evaluated", "memory/server-evaluated", "the-secret")


def shown(text: str) -> list[str]:
    """Return the secrets that stand in a text, as they are or as a URL has them."""
    return [secret for secret in SECRETS if secret in text or secret.replace("*", "%2A") in text]


def text_of(error: BaseException) -> str:
    """Return what a traceback says of an exception and of its causes. The lines of the tests' own sources are left out."""
    described = traceback.TracebackException.from_exception(error, limit=0)
    return "".join(described.format()) + repr(error) + repr(error.__dict__)


class Audit(logging.Handler):
    """A record of log events, of expected exceptions, and of what programs of the tests have written."""

    def __init__(self) -> None:
        super().__init__()
        #: The kinds of texts that were searched, with the number of texts.
        self.searched: dict[str, int] = {}
        self.found: list[str] = []

    def search(self, kind: str, text: str) -> None:
        self.searched[kind] = self.searched.get(kind, 0) + 1
        self.found += [f"{secret} stands in a text of the kind {kind}: {text}" for secret in shown(text)]

    def emit(self, record: logging.LogRecord) -> None:
        self.search("log", f"{record.getMessage()} {record.__dict__}")


@contextlib.contextmanager
def everything(audit: Audit) -> Iterator[None]:
    """Search all texts from now on."""
    logger = logging.getLogger("fh_client")
    communicate = subprocess.Popen.communicate
    exited = pytest.RaisesExc.__exit__

    def communicate_and_search(self: subprocess.Popen[Any], *arguments: Any, **named: Any) -> Any:
        written = communicate(self, *arguments, **named)
        for text in written:
            audit.search("program", text if isinstance(text, str) else str(text or b""))
        return written

    def exit_and_search(self: Any, kind: Any, error: BaseException | None, trace: Any) -> Any:
        if error is not None:
            audit.search("exception", text_of(error))
        return exited(self, kind, error, trace)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "communicate", communicate_and_search)
        patch.setattr(pytest.RaisesExc, "__exit__", exit_and_search)
        logger.addHandler(audit)
        yield
        logger.removeHandler(audit)
