"""A test server of another system, as a program that executes one command per line."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any, Literal

from typing_extensions import Self

SOON = 60


class ProgramServer:
    """A running program whose path is in an environment variable."""

    def __init__(self, variable: str) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([os.environ[variable]], stdin=pipe, stdout=pipe, text=True)
        self.greeting = self._answer()

    def __enter__(self) -> Self:
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

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
