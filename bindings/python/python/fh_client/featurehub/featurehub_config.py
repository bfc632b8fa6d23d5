"""The configuration, with which programs of `featurehub-sdk` begin."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from .client_context import ClientContext, ClientEvalFeatureContext, ServerEvalFeatureContext
from .edge_service import EdgeService
from .featurehub_repository import FeatureHubRepository
from .polling_edge_service import PollingEdgeService
from .streaming_edge_service import StreamingEdgeClient

if TYPE_CHECKING:
    from .. import Client

__all__ = ["FeatureHubConfig"]

_Provider = Callable[[FeatureHubRepository, list[str], str], EdgeService]


class FeatureHubConfig:
    """An Edge with its API keys. Features arrive by a stream, or by polls after ``use_polling_edge_service``."""

    def __init__(
        self,
        edge_url: str,
        api_keys: list[str],
        repository: FeatureHubRepository | None = None,
        edge_provider: _Provider | None = None,
    ) -> None:
        if not edge_url or not api_keys:
            raise TypeError("the URL of the Edge and an API key are needed")
        if len({"*" in key for key in api_keys}) > 1:
            raise TypeError("either all API keys are client-evaluated, or all are server-evaluated")
        self._url = edge_url if edge_url.endswith("/") else edge_url + "/"
        self._api_keys = list(api_keys)
        self._repository = repository or FeatureHubRepository()
        self._provider = edge_provider or _stream
        self._edge: EdgeService | None = None

    def client_evaluated(self) -> bool:
        """Return true if the rules are evaluated in this process."""
        return "*" in self._api_keys[0]

    def get_api_keys(self) -> list[str]:
        """Return the API keys."""
        return self._api_keys.copy()

    def get_host(self) -> str:
        """Return the URL of the Edge, which ends with a slash."""
        return self._url

    @property
    def client(self) -> Client | None:
        """The client of `fh_client`; `None` before the first request. It has everything that this module has no name for."""
        return self._repository.client

    def repository(self, repository: FeatureHubRepository | None = None) -> FeatureHubRepository:
        """Return the repository, after replacing it if one is given."""
        if repository is not None:
            self._repository = repository
        return self._repository

    async def init(self) -> FeatureHubConfig:
        """Start, and wait at most 10 seconds for the features. A refusal and a timeout are logged."""
        await self.get_or_create_edge_service().poll()
        return self

    def get_or_create_edge_service(self) -> EdgeService:
        """Return the source of the features."""
        if self._edge is None:
            self._edge = self._provider(self._repository, self._api_keys, self._url)
        return self._edge

    def edge_service_provider(self, edge_provider: _Provider | None = None) -> _Provider:
        """Return the function that makes the source, after replacing it if one is given. The former source is closed."""
        if edge_provider is not None:
            self._provider = edge_provider
            self.close()
        return self._provider

    def use_polling_edge_service(self, interval: int | None = None) -> None:
        """Poll from now on, every `interval` seconds, or as `FEATUREHUB_POLL_INTERVAL` says, or every 30 seconds."""
        seconds = int(os.environ.get("FEATUREHUB_POLL_INTERVAL", "30")) if interval is None else interval
        self.edge_service_provider(lambda repository, keys, url: PollingEdgeService(url, keys, repository, seconds))

    def new_context(self) -> ClientContext:
        """Return a context without attributes."""
        edge = self.get_or_create_edge_service()
        if self.client_evaluated():
            return ClientEvalFeatureContext(self._repository, edge)
        return ServerEvalFeatureContext(self._repository, edge)

    def close(self) -> None:
        """End the source of the features. The last values answer afterwards."""
        if self._edge is not None:
            self._edge.close()
            self._edge = None


def _stream(repository: FeatureHubRepository, api_keys: list[str], edge_url: str) -> EdgeService:
    return StreamingEdgeClient(edge_url, api_keys, repository)
