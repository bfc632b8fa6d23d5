"""The source of a repository's features."""

from __future__ import annotations

__all__ = ["EdgeService"]


class EdgeService:
    """A source of features. A program can write its own, which calls ``notify`` of the repository."""

    async def poll(self) -> None:
        """Start, or request the features once more."""

    def client_evaluated(self) -> bool | None:
        """Return true if the rules are evaluated in this process."""

    def close(self) -> None:
        """End the source."""

    async def context_change(self, header: str) -> None:
        """Request the features for another context, in the form of the header `x-featurehub`."""
