"""An Edge in memory, for tests of programs that use features. Such tests need no sockets, no ports and no sleeping.

    edge = MemoryEdge()
    edge.set("POLITE", True)
    with edge.client() as client:
        client.wait_ready(10)
        assert client.is_enabled("POLITE")
        edge.set("POLITE", False)
        edge.delivered()
        assert not client.is_enabled("POLITE")
"""

from __future__ import annotations

from ._native import MemoryEdge, SeenRequest

__all__ = ["CLIENT_KEY", "SERVER_KEY", "MemoryEdge", "SeenRequest"]

#: A client-evaluated API key of an Edge in memory.
CLIENT_KEY = MemoryEdge.CLIENT_KEY
#: A server-evaluated API key of an Edge in memory.
SERVER_KEY = MemoryEdge.SERVER_KEY
