"""The examples of shops, with an Edge."""

from __future__ import annotations

import pathlib
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from conftest import Edge
from features import SOON
from running import started

EXAMPLES = pathlib.Path(__file__).parents[1] / "examples"


@contextmanager
def shop(edge: Edge, folder: pathlib.Path, *command: str) -> Iterator[Callable[..., str]]:
    """Run an example as it stands, and give the function that requests a page with headers."""
    settings = {"FEATUREHUB_EDGE_URL": edge.url, "FEATUREHUB_CLIENT_API_KEY": edge.key, "PORT": "0"}
    with started([sys.executable, *command], folder, r"http://127\.0\.0\.1:[1-9]\d*", **settings) as found:
        url = found[0]

        def get(path: str, **headers: str) -> str:
            named = {f"x-{name}": value for name, value in headers.items()}
            with urllib.request.urlopen(urllib.request.Request(url + path, headers=named), timeout=SOON) as answer:
                return str(answer.read().decode())

        yield get
