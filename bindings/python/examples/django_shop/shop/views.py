"""The page of the shop, by a view and by a coroutine."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from fh_client.django import features

from .flags import client


def shop(request: HttpRequest) -> HttpResponse:
    client.wait_ready(10)
    return render(request, "shop.html")


async def limit(request: HttpRequest) -> JsonResponse:
    await client.ready(10)
    return JsonResponse({"limit": features().number("LIMIT", 10)})
