"""A shop with FastAPI, in which each request reads the features of its user.

Run it beside an Edge, and ask for the page as two users:

    FEATUREHUB_EDGE_URL=https://edge.example FEATUREHUB_CLIENT_API_KEY='ENVIRONMENT/KEY*' python fastapi_shop.py
    curl -H 'x-user: mara' -H 'x-plan: gold' http://localhost:8000/
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI

import fh_client
from fh_client.asgi import FeaturesMiddleware, request_features

client = fh_client.Client(start="lazy")


@asynccontextmanager
async def life(_: FastAPI) -> AsyncIterator[None]:
    async with client:
        await client.ready(10)
        yield


def user(scope: MutableMapping[str, Any]) -> dict[str, str]:
    """Return the attributes of the user. A real shop asks its session."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return {"userkey": headers.get("x-user", "nobody"), "plan": headers.get("x-plan", "free")}


app = FastAPI(lifespan=life)
app.add_middleware(FeaturesMiddleware, client=client, context=user)
Features = Annotated[fh_client.Context, Depends(request_features)]


@app.get("/")
async def shop(features: Features) -> dict[str, object]:
    return {"checkout": features.is_enabled("NEW_CHECKOUT"), "greeting": features.string("GREETING", "Hello")}


@app.get("/limit")
def limit(features: Features) -> dict[str, object]:
    return {"limit": features.number("LIMIT", 10)}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "8000")))
