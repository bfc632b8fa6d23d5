"""The sources of features that are clients of `fh_client`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Literal

from .. import Client, EdgeProblem, NotReady
from .edge_service import EdgeService
from .featurehub_repository import FeatureHubRepository

#: The seconds that the first request is waited for. Reads give `None` until the client has features.
PATIENCE = 10.0

log = logging.getLogger("fh_client")


class NativeEdge(EdgeService):
    """A source whose client is made at the first use, and given to the repository."""

    def __init__(self, edge_url: str, api_keys: list[str], repository: FeatureHubRepository) -> None:
        self._url = edge_url
        self._api_keys = list(api_keys)
        self._repository = repository
        self._client: Client | None = None
        self._has_waited = False
        #: The context that the Edge evaluated the features for last, in the form of the header `x-featurehub`.
        self.header: str | None = None

    def settings(self) -> tuple[Literal["streaming", "polling", "once"], float | None]:
        """Return the mode and the interval of the client."""
        raise NotImplementedError

    async def poll(self) -> None:
        """Start the client, and wait for the features at the first call."""
        if self._client is None:
            self._start(None)
        await self._wait()

    def client_evaluated(self) -> bool:
        """Return true if the rules are evaluated in this process."""
        return "*" in self._api_keys[0]

    def close(self) -> None:
        """End the client. Its last values answer afterwards."""
        if self._client is not None:
            self._client.close()
            self._client = None
            self._has_waited = False

    async def context_change(self, header: str) -> None:
        """Request the features for another context. Programs call `build` of a context."""
        pairs = (part.partition("=") for part in header.split("&") if part)
        from urllib.parse import unquote

        await self.take_context(header, {key: [unquote(value)] for key, _, value in pairs})

    async def take_context(self, header: str, attributes: Mapping[str, Any]) -> None:
        """Let the Edge evaluate the features for these attributes, and wait for them."""
        if self._client is None:
            self._start(attributes)
            await self._wait()
        else:
            try:
                await self._client.aio.set_context(attributes)
            except (EdgeProblem, NotReady) as error:
                log.warning("the Edge did not evaluate the features for another context: %s", error)
        self.header = header

    @property
    def stopped(self) -> bool:
        """True if the Edge wants no more requests."""
        return self._client is not None and self._client.status().is_stale

    def _start(self, context: Mapping[str, Any] | None) -> None:
        mode, interval = self.settings()
        # What the repository has answers until the client has features.
        known = self._repository.extract_feature_state() if self.client_evaluated() else []
        client = Client(
            self._url,
            *self._api_keys,
            mode=mode,
            interval=interval,
            context=context,
            bootstrap=known or None,
            on_raw=self._repository.keep,
        )
        self._client = self._repository.client = client

    async def _wait(self) -> None:
        if self._client is None or self._client.is_ready or self._has_waited:
            return
        try:
            await self._client.ready(PATIENCE)
        except NotReady as error:
            log.warning("no features yet: %s", error)
        self._has_waited = True
