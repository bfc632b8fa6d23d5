"""An Edge that a test scripts: it serves the features that the test sets, by streams and by polls, over sockets."""

from __future__ import annotations

import json
import queue
import select
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import unquote

ENVIRONMENT = "6c1b7b52-3f0f-4f0c-9d2c-0a5a6f3f1d10"
SOON = 60


def feature(key: str, kind: str, value: object, *strategies: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a feature in the form that an Edge sends."""
    return {
        "id": f"id-{key}",
        "key": key,
        "l": False,
        "version": 1,
        "type": kind,
        "value": value,
        "environmentId": ENVIRONMENT,
        "strategies": list(strategies),
        **members,
    }


def strategy(id: str, value: object, field: str, *values: object, kind: str = "STRING") -> dict[str, Any]:
    """Return a rule that matches if an attribute equals one of the values."""
    attribute = {"fieldName": field, "type": kind, "conditional": "EQUALS", "values": list(values)}
    return {"id": id, "value": value, "attributes": [attribute]}


class ScriptedEdge:
    """A server of features. ``send`` sends an event to all streams; ``status`` other than 200 refuses requests, and 0 ends connections."""

    key = f"{ENVIRONMENT}/scripted*key"
    server_key = f"{ENVIRONMENT}/scriptedkey"

    def __init__(self, *features: dict[str, Any]) -> None:
        self.features = {feature["key"]: feature for feature in features}
        self.status = 200
        #: The statuses of the next requests, one each, in place of ``status``.
        self.next_statuses: list[int] = []
        self.polls = 0
        #: The context of each request: the header `x-featurehub`, or an empty text.
        self.contexts: list[str] = []
        self._streams: list[queue.SimpleQueue[bytes | None]] = []
        self._changed = threading.Condition()
        edge = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None: ...

            def do_GET(self) -> None:
                edge._answer(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> ScriptedEdge:
        return self

    def __exit__(self, *_: object) -> Literal[False]:
        self._server.shutdown()
        self._server.server_close()
        self.end_streams()
        return False

    def put(self, *features: dict[str, Any]) -> None:
        """Serve features, and send them to all streams. Each has a version of its own."""
        for feature in features:
            known = self.features.get(feature["key"])
            version = known["version"] + 1 if known else 1
            self.features[feature["key"]] = {**feature, "version": version}
            self.send("feature", self.features[feature["key"]])

    def send(self, event: str, data: object) -> None:
        text = f"event: {event}\ndata: {json.dumps(data)}\n\n".encode()
        with self._changed:
            for stream in self._streams:
                stream.put(text)

    def end_streams(self) -> None:
        with self._changed:
            for stream in self._streams:
                stream.put(None)

    def wait_for_streams(self, count: int) -> None:
        """Wait until the Edge has this number of open streams."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._streams) == count, SOON), len(self._streams)

    def served(self, context: str) -> list[dict[str, Any]]:
        """Return the features that a request gets. ``context`` is that of a server-evaluated key."""
        return list(self.features.values())

    def environments(self, context: str) -> list[dict[str, Any]]:
        """Return the environments that a poll gets."""
        return [{"id": ENVIRONMENT, "features": self.served(context)}]

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        context = unquote(request.headers.get("x-featurehub", ""))
        with self._changed:
            self.contexts.append(context)
            is_stream = "text/event-stream" in request.headers.get("accept", "")
            self.polls += not is_stream
            status = self.next_statuses.pop(0) if self.next_statuses else self.status
        try:
            if status == 0:
                request.close_connection = True
            elif status != 200:
                request.send_response(status)
                request.send_header("content-length", "0")
                request.end_headers()
            elif is_stream:
                self._stream(request, context)
            else:
                body = json.dumps(self.environments(context)).encode()
                request.send_response(200)
                request.send_header("content-type", "application/json")
                request.send_header("content-length", str(len(body)))
                request.end_headers()
                request.wfile.write(body)
        except OSError:
            pass

    def _next(self, events: queue.SimpleQueue[bytes | None], request: BaseHTTPRequestHandler) -> bytes | None:
        while True:
            try:
                return events.get(timeout=0.05)
            except queue.Empty:
                # A client sends nothing on a stream, so what arrives is its end.
                if select.select([request.connection], [], [], 0)[0]:
                    return None

    def _stream(self, request: BaseHTTPRequestHandler, context: str) -> None:
        request.close_connection = True
        events: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        with self._changed:
            first = f"event: ack\ndata: {{}}\n\nevent: features\ndata: {json.dumps(self.served(context))}\n\n"
            events.put(first.encode())
            self._streams.append(events)
            self._changed.notify_all()
        try:
            request.send_response(200)
            request.send_header("content-type", "text/event-stream")
            request.end_headers()
            while (text := self._next(events, request)) is not None:
                request.wfile.write(text)
                request.wfile.flush()
        finally:
            with self._changed:
                self._streams.remove(events)
                self._changed.notify_all()
