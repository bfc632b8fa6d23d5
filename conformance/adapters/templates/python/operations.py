"""The operations of an adapter. Fill in the first five, then those of each capability that the SDK has. An operation takes the command
as a dict and returns the members of the answer. An exception of the SDK may pass: the loop answers with its message."""

import platform

import loop
from loop import Misuse, Unsupported

# The capabilities that the SDK lacks, each with the reason. It has all others: remove those, and write the reasons of the rest.
CANNOT = dict.fromkeys("""
    UNTRIED
""".split(), "not tried yet")
DEFAULTS = {}  # Delays of a client that sets none: poll_ms, retry_ms, retry_max_ms, idle_ms.
clients = {}


def hello(command):
    sdk = {"name": "my-sdk", "version": "0.0.0", "language": "Python", "runtime": "Python " + platform.python_version()}
    return {"protocol": 1, "sdk": sdk, "cannot": CANNOT, "defaults": DEFAULTS}


def create(command):
    # Answer within 1 s, whatever the Edge does: start the client in a thread if the SDK waits for the Edge.
    # client = Client(command["edge_url"], command["keys"], interval=command.get("poll_ms"))
    # clients[command["client"]] = client
    # return {"ignored": ["retry", "timeouts"]}  # settings that the SDK cannot set
    raise Unsupported("create is not written yet")


def state(command):
    # return {"readiness": "READY" if client_of(command).is_ready() else "NOT_READY"}  # or FAILED, CLOSED
    raise Unsupported("state is not written yet")


def read(command):
    # return {"answers": [{"value": ..., "text": ..., "exists": ...} for read in command["reads"]]}
    raise Unsupported("read is not written yet")


def close(command):
    # return {"took_ms": ...}
    raise Unsupported("close is not written yet")


def client_of(command):
    if command.get("client") not in clients:
        raise Misuse(f"there is no client {command.get('client')!r}")
    return clients[command["client"]]


def unsupported(command):
    raise Unsupported(f"{command['op']} is not written yet")


OPERATIONS = {"hello": hello, "create": create, "state": state, "read": read, "close": close}
OPTIONAL = "evaluate wait context keys listen unlisten refresh suspend resume catch release intercept record update fork"

if __name__ == "__main__":
    loop.run({**dict.fromkeys(OPTIONAL.split(), unsupported), **OPERATIONS})
