"""The loop of an adapter: reads commands, calls the function of each operation, and writes answers and events. It needs no SDK and no
change. The protocol is docs/reference/adapter-protocol.md of the conformance suite."""

import json
import os
import queue
import sys
import threading
import traceback


class Unsupported(Exception):
    """The SDK cannot perform the operation. `hello` lists the capability under `cannot`."""


class Misuse(Exception):
    """The command names something that does not exist, such as an unknown client."""


# Only the loop writes to standard output. What an SDK or a C library prints goes to standard error.
_output = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
sys.stdout = sys.stderr
_lock = threading.Lock()
_EXIT_SECONDS = 1


def event(name, **members):
    """Sends an event. Any thread may call it."""
    _send({"event": name, **members})


def run(operations):
    """Performs the commands of standard input in the calling thread, until the input ends. `operations` maps each operation to a
    function that takes the command and returns the members of the answer."""
    lines = queue.SimpleQueue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    while (line := lines.get()) is not None:
        command = json.loads(line)
        _answer(command.get("id"), operations.get(command.get("op")), command)
    os._exit(0)  # Threads of the SDK must not keep the process alive.


def _read(lines):
    for line in sys.stdin.buffer:
        if line.strip():
            lines.put(line)
    lines.put(None)
    threading.Event().wait(_EXIT_SECONDS)
    os._exit(0)  # The SDK blocks the thread of the commands.


def _answer(number, function, command):
    try:
        if function is None:
            raise Misuse(f"there is no operation {command.get('op')!r}")
        answer = {"id": number, **(function(command) or {})}
    except Unsupported as refusal:
        answer = _error(number, "unsupported", refusal)
    except Misuse as misuse:
        answer = _error(number, "adapter", misuse)
    except BaseException as error:  # Whatever the SDK raises is an answer.
        traceback.print_exc()
        answer = _error(number, "sdk", f"{type(error).__name__}: {error}")
    try:
        _send(answer)
    except (TypeError, ValueError) as error:
        _send(_error(number, "adapter", f"the answer cannot be written as JSON: {error}"))


def _error(number, code, message):
    return {"id": number, "error": {"code": code, "message": str(message)}}


def _send(message):
    line = json.dumps(message, ensure_ascii=False, allow_nan=False) + "\n"
    with _lock:
        _output.write(line.encode("utf-8", "replace"))
        _output.flush()
