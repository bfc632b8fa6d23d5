"""The middleware and the template tag for Django, and the example under servers of WSGI and ASGI."""

from __future__ import annotations

import asyncio
import json
import queue
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any, cast

import django
import pytest
from asgiref.sync import sync_to_async
from conftest import Edge
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIHandler
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.template import engines
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.urls import path
from features import feature, offline, strategy
from repetitions import repetitions
from shop import EXAMPLES, shop
from test_asgi import get

import fh_client
import fh_client.django
from fh_client.django import FeaturesMiddleware, features

IN_FLIGHT = 100
made: list[fh_client.Client] = []


def make_client() -> fh_client.Client:
    who = feature("WHO", "STRING", "nobody", *(strategy(name, name, "userkey", name) for name in ("mara", "fred")))
    rest = [feature("ON", "BOOLEAN", True), feature("TAG", "STRING", "<b>"), feature("THEME", "JSON", '{"size": 3}')]
    made.append(offline(who, *rest))
    return made[-1]


def user(request: HttpRequest) -> dict[str, str]:
    return {"userkey": request.headers["x-user"]} if "x-user" in request.headers else {}


async def user_later(request: HttpRequest) -> dict[str, str]:
    await asyncio.sleep(0)
    return user(request)


def fred(request: HttpRequest) -> fh_client.Context:
    return fh_client.django.client().context(userkey="fred")


def read() -> str | None:
    return features().string("WHO")


#: Lets coroutines go on when all requests are in flight.
meeting: asyncio.Barrier | None = None


async def in_coroutine(request: Any) -> HttpResponse:
    before = read()
    if meeting is not None:
        await meeting.wait()
    return JsonResponse([before, request.features.string("WHO"), read(), await sync_to_async(read)()], safe=False)


def in_function(request: Any) -> HttpResponse:
    return JsonResponse([request.features.string("WHO"), read()], safe=False)


ended: queue.SimpleQueue[str | None] = queue.SimpleQueue()


def in_body(request: Any) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        try:
            yield read() or ""
            yield read() or ""
        finally:
            ended.put(read())

    return StreamingHttpResponse(parts())


async def in_async_body(request: Any) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[str]:
        try:
            yield read() or ""
            await asyncio.sleep(0)
            yield read() or ""
        finally:
            ended.put(read())

    return StreamingHttpResponse(parts())


def in_file(request: Any) -> FileResponse:
    return FileResponse(open(__file__, "rb"))


urlpatterns = [path(view.__name__, view) for view in (in_coroutine, in_function, in_body, in_async_body)]

settings.configure(
    SECRET_KEY="tests",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["fh_client.django"],
    MIDDLEWARE=["fh_client.django.FeaturesMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    FH_CLIENT=f"{__name__}.make_client",
    FH_CONTEXT=f"{__name__}.user",
)
django.setup()


@pytest.fixture(scope="module", autouse=True)
def closed_client() -> Iterator[None]:
    yield
    # The function that makes the client is called once.
    assert len(made) <= 1
    for client in made:
        client.close()


def user_wrapped(request: HttpRequest) -> Coroutine[Any, Any, dict[str, str]]:
    return user_later(request)


@pytest.mark.parametrize("context", ["user", "user_later", "user_wrapped"])
def test_requests_have_the_context_of_their_user(context: str) -> None:
    async def main() -> None:
        for path in ("in_coroutine", "in_function"):
            answer = await AsyncClient().get(f"/{path}", headers={"x-user": "mara"})
            assert set(json.loads(answer.content)) == {"mara"}

    with override_settings(FH_CONTEXT=f"{__name__}.{context}"):
        for path in ("in_coroutine", "in_function"):
            assert set(Client().get(f"/{path}", headers={"x-user": "mara"}).json()) == {"mara"}
            assert set(Client().get(f"/{path}").json()) == {"nobody"}
        asyncio.run(main())
    with pytest.raises(LookupError, match="middleware"):
        features()


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
def test_bodies_that_are_sent_in_parts_have_the_context_of_their_user() -> None:
    headers = {"x-user": "mara"}

    async def main() -> None:
        for path in ("in_body", "in_async_body"):
            response = cast("Any", await AsyncClient().get(f"/{path}", headers=headers))
            assert [part async for part in response] == [b"mara"] * 2

    for path in ("in_body", "in_async_body"):
        assert list(cast("Any", Client().get(f"/{path}", headers=headers))) == [b"mara"] * 2
    asyncio.run(main())
    # The client of the request ends the connection after the first part.
    given_up = cast("Any", FeaturesMiddleware(in_body)(RequestFactory().get("/", headers=headers)))
    assert next(iter(given_up)) == b"mara"
    given_up.close()
    assert [ended.get(timeout=60) for _ in range(5)] == ["mara"] * 5


def test_a_file_stays_a_file_for_the_server() -> None:
    response = cast("Any", FeaturesMiddleware(in_file)(RequestFactory().get("/")))
    assert response.file_to_stream is not None
    response.close()


def test_the_function_may_return_a_context_and_may_be_absent() -> None:
    with override_settings(FH_CONTEXT=f"{__name__}.fred"):
        assert Client().get("/in_function").json() == ["fred", "fred"]
    with override_settings(FH_CONTEXT=None):
        assert Client().get("/in_function", headers={"x-user": "mara"}).json() == ["nobody", "nobody"]


@pytest.mark.parametrize("context", ["user", "user_later"])
def test_concurrent_requests_of_two_users_do_not_mix(context: str) -> None:
    async def main() -> None:
        global meeting
        handler = ASGIHandler()
        names = ["mara", "fred"] * (IN_FLIGHT // 2)
        for _ in range(repetitions(10_000) // IN_FLIGHT):
            meeting = asyncio.Barrier(IN_FLIGHT)
            answers = await asyncio.gather(*(get(handler, "/in_coroutine", name) for name in names))
            assert answers == [[name] * 4 for name in names]
        meeting = None

    with override_settings(FH_CONTEXT=f"{__name__}.{context}"):
        asyncio.run(main())


def rendered(text: str, request: HttpRequest | None = None) -> str:
    return str(engines["django"].from_string("{% load fh_client %}" + text).render({}, request))


def test_the_template_tag() -> None:
    request = RequestFactory().get("/", headers={"x-user": "mara"})

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(
            rendered('{% feature "WHO" %} {% feature "TAG" %} {% feature "NONE" %}|{% feature "NONE" 5 %}', request)
            + rendered('{% feature "ON" as on %}{% if on %} on{% endif %}')
            + rendered('{% feature "THEME" as theme %} {{ theme.size }}', request)
        )

    answer = FeaturesMiddleware(view)(request)
    assert isinstance(answer, HttpResponse)
    assert answer.content.decode() == "mara &lt;b&gt; |5 on 3"
    with pytest.raises(LookupError, match="middleware"):
        rendered('{% feature "ON" %}')


@pytest.mark.parametrize(
    "wrong", [{"FH_CLIENT": None}, {"FH_CLIENT": "json.loads.__doc__"}, {"FH_CLIENT": f"{__name__}.made"}, {"FH_CONTEXT": 5}]
)
def test_wrong_settings(wrong: dict[str, Any]) -> None:
    with override_settings(**wrong), pytest.raises((ImproperlyConfigured, ImportError)):
        FeaturesMiddleware(lambda request: HttpResponse())


def test_a_client_may_stand_in_the_settings() -> None:
    with fh_client.Client.offline() as client, override_settings(FH_CLIENT=client):
        assert fh_client.django.client() is client


@pytest.mark.parametrize(
    "server",
    [
        ["gunicorn", "--bind", "127.0.0.1:0", "shop.wsgi"],
        ["uvicorn", "--port", "0", "shop.asgi:application"],
    ],
)
def test_the_shop_runs_as_it_stands(edge: Edge, server: list[str]) -> None:
    with shop(edge, EXAMPLES / "django_shop", "-m", *server) as get:
        assert get("/", user="mara", plan="gold") == "<h1>Welcome &amp; hello</h1>\n<p>The new checkout</p>\n"
        assert get("/", user="fred") == "<h1>Hello</h1>\n<p>The checkout</p>\n"
        assert json.loads(get("/limit")) == {"limit": 20}
