"""The middleware for ASGI, with FastAPI, and its example under a server."""

from __future__ import annotations

import asyncio
import doctest
import json
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from typing import Annotated, Any

import pytest
from conftest import Edge
from fastapi import Depends, FastAPI, WebSocket
from fastapi.responses import StreamingResponse
from features import feature, offline, strategy
from repetitions import repetitions
from shop import EXAMPLES, shop

import fh_client
import fh_client.asgi
import fh_client.per_request
from fh_client.asgi import FeaturesMiddleware, features, request_features

Scope = MutableMapping[str, Any]
Features = Annotated[fh_client.Context, Depends(request_features)]


@pytest.fixture
def client() -> Iterator[fh_client.Client]:
    who = feature("WHO", "STRING", "nobody", *(strategy(name, name, "userkey", name) for name in ("mara", "fred")))
    with offline(who) as client:
        yield client


def user(scope: Scope) -> dict[str, str]:
    headers = dict(scope["headers"])
    return {"userkey": headers[b"x-user"].decode()} if b"x-user" in headers else {}


async def get(app: Any, path: str, name: str | None, query: bytes = b"") -> Any:
    """Send a request to an application, and return the JSON of its answer."""
    headers = [] if name is None else [(b"x-user", name.encode())]
    scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "query_string": query, "http_version": "1.1"}
    body = b""
    messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Scope:
        # The client stays connected until its answer is complete.
        return messages.pop() if messages else await asyncio.get_running_loop().create_future()

    async def send(message: Scope) -> None:
        nonlocal body
        assert message.get("status", 200) == 200, message
        body += message.get("body", b"")

    await app(scope, receive, send)
    return json.loads(body)


def application(client: fh_client.Client, context: Callable[[Scope], Any], in_flight: int) -> FastAPI:
    """Return an application whose coroutines answer when this number of requests is being served."""
    app = FastAPI()
    app.add_middleware(FeaturesMiddleware, client=client, context=context)
    meeting = asyncio.Barrier(in_flight)

    def read() -> str | None:
        return features().string("WHO")

    @app.get("/")
    async def who(given: Features) -> list[str | None]:
        before = read()
        await meeting.wait()
        in_task = await asyncio.create_task(asyncio.to_thread(read))
        return [before, given.string("WHO"), read(), in_task]

    @app.get("/thread")
    def in_thread(given: Features) -> list[str | None]:
        return [given.string("WHO"), read()]

    @app.get("/body")
    def in_body(is_async: bool) -> StreamingResponse:
        def parts() -> Iterator[str]:
            yield f'["{read()}", '
            yield f'"{read()}"]'

        async def async_parts() -> AsyncIterator[str]:
            for part in parts():
                yield part

        return StreamingResponse(async_parts() if is_async else parts())

    return app


async def user_later(scope: Scope) -> dict[str, str]:
    await asyncio.sleep(0)
    return user(scope)


@pytest.mark.parametrize("context", [user, user_later])
def test_concurrent_requests_of_two_users_do_not_mix(client: fh_client.Client, context: Callable[[Scope], Any]) -> None:
    async def main() -> None:
        count = repetitions(10_000)
        app = application(client, context, count)
        names = ["mara", "fred"] * (count // 2)
        answers = await asyncio.gather(*(get(app, "/", name) for name in names))
        assert answers == [[name] * 4 for name in names]
        with pytest.raises(LookupError, match="middleware"):
            features()

    asyncio.run(main())


def test_functions_in_threads_have_the_context(client: fh_client.Client) -> None:
    async def main() -> None:
        app = application(client, user, 1)
        names = ["mara", "fred"] * 20
        answers = await asyncio.gather(*(get(app, "/thread", name) for name in names))
        assert answers == [[name] * 2 for name in names]
        assert await get(app, "/thread", None) == ["nobody"] * 2
        for is_async in (b"0", b"1"):
            assert await get(app, "/body", "mara", b"is_async=" + is_async) == ["mara"] * 2

    asyncio.run(main())


def test_the_function_may_return_a_context_or_none(client: fh_client.Client) -> None:
    async def main() -> None:
        for context in (None, lambda scope: None):
            app = FeaturesMiddleware(application(client, user, 1), client, context)
            assert await get(app, "/thread", "mara") == ["mara"] * 2
        app = FeaturesMiddleware(echo, client, lambda scope: client.context(userkey="fred"))
        assert await get(app, "/", None) == "fred"

    async def echo(scope: Scope, receive: Any, send: Any) -> None:
        assert scope["features"] is features()
        await send({"type": "http.response.body", "body": json.dumps(features().string("WHO")).encode()})

    asyncio.run(main())


def test_websockets_have_the_context_and_lifespans_do_not(client: fh_client.Client) -> None:
    app = FastAPI()
    app.add_middleware(FeaturesMiddleware, client=client, context=user)
    seen = []

    @app.websocket("/")
    async def socket(websocket: WebSocket) -> None:
        seen.append(features().string("WHO"))
        await websocket.close()

    async def nothing(*_: object) -> Any:
        return {"type": "websocket.connect"}

    async def lifespan(scope: Scope, receive: Any, send: Any) -> None:
        with pytest.raises(LookupError):
            features()
        seen.append(scope["type"])

    async def main() -> None:
        headers = [(b"x-user", b"mara")]
        scope = {"type": "websocket", "path": "/", "headers": headers, "query_string": b"", "subprotocols": []}
        await app(scope, nothing, nothing)
        await FeaturesMiddleware(lifespan, client, user)({"type": "lifespan"}, nothing, nothing)

    asyncio.run(main())
    assert seen == ["mara", "lifespan"]


def test_the_examples_of_the_modules() -> None:
    assert doctest.testmod(fh_client.asgi) == (0, 8)
    assert doctest.testmod(fh_client.per_request) == (0, 6)


def test_the_shop_runs_as_it_stands(edge: Edge) -> None:
    with shop(edge, EXAMPLES, "fastapi_shop.py") as get:
        assert json.loads(get("/", user="mara", plan="gold")) == {"checkout": True, "greeting": "Welcome & hello"}
        assert json.loads(get("/", user="fred")) == {"checkout": False, "greeting": "Hello"}
        assert json.loads(get("/limit")) == {"limit": 20}
