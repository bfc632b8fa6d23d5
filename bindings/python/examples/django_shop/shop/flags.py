"""The client of the shop, and the attributes of its users."""

from django.http import HttpRequest

import fh_client

# A lazy client starts in the processes that serve requests.
client = fh_client.Client(start="lazy")


def user(request: HttpRequest) -> dict[str, str]:
    """Return the attributes of the user. A real shop asks `request.user`."""
    return {"userkey": request.headers.get("x-user", "nobody"), "plan": request.headers.get("x-plan", "free")}
