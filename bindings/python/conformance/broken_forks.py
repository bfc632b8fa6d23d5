"""The adapter with a bug in the child process of `fork`, which the scenario C-CLOSE-006 must find: `broken_forks.py BUG`.

`stands-still` leaves the child with the features of the fork, as a client does whose threads are not started again. `breaks-the-parent` ends the
connections that the child has inherited."""

import os
import socket
import sys

import adapter
import forked
import loop

BUG = sys.argv[1]


class Child(forked.Child):
    def __init__(self, perform):
        features = {name: client.sdk.snapshot() for name, client in adapter.clients.items()}
        super().__init__(lambda command: broken(command, perform, features))


def broken(command, perform, features):
    if BUG == "breaks-the-parent":
        end_connections()
    elif BUG == "stands-still" and command["op"] == "read":
        values = features[command["client"]]
        return {"answers": [{"value": values.value(read["feature"])} for read in command["reads"]]}
    return perform(command)


def end_connections():
    for number in os.listdir("/proc/self/fd"):
        try:
            with socket.socket(fileno=os.dup(int(number))) as inherited:
                if inherited.family in (socket.AF_INET, socket.AF_INET6):
                    inherited.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # The descriptor is no socket, or it is closed by now.


adapter.Child = Child
loop.run(adapter.COMMANDS)
