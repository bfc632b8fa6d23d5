"""Threads that read the feature `STATE` all the time, and report each value that cannot be."""

import itertools
import threading
import time

import loop

FEATURE = "STATE"
# Number of reads between two rests. Without rests, several readers would take all time from the client that they watch.
READS = 100
REST_SECONDS = 0.003
# Maximum number of events `wrong` of one client.
MOST_EVENTS = 10
# The numbers of 64 bits.
WORD = (1 << 64) - 1


def start_readers(client, count):
    """Starts so many readers of a client. They end when the client is closed."""
    numbers = itertools.count()
    for _ in range(count):
        threading.Thread(target=Reader(client, numbers).run, name="reader", daemon=True).start()


class Reader:
    """One reader: the client, and the values that it has seen."""

    def __init__(self, client, numbers):
        self.client = client
        self.numbers = numbers
        self.last = None
        self.was_ready = False

    def run(self):
        sdk = self.client.sdk
        while True:
            for _ in range(READS):
                self.read(sdk)
            readiness = sdk.readiness
            if readiness == "CLOSED":
                return
            if self.was_ready and readiness != "READY":
                self.wrong(f"the readiness is {readiness} after READY")
            self.was_ready = self.was_ready or readiness == "READY"
            time.sleep(REST_SECONDS)

    def read(self, sdk):
        value = sdk.string(FEATURE)
        if value is None:
            if self.last is not None:
                self.wrong(f"there is no value after value {self.last}")
            elif self.was_ready:
                self.wrong("the client is ready and has no value")
            return
        number = number_of(value)
        if number is None:
            self.wrong(f"{value!r} was never served")
        elif self.last is not None and number < self.last:
            self.wrong(f"value {number} came after value {self.last}")
        else:
            self.last = number

    def wrong(self, message):
        if next(self.numbers) < MOST_EVENTS:
            loop.event("wrong", client=self.client.name, message=message)


def number_of(value):
    """Returns the number of a value that the runner serves; None for any other value."""
    number, _, _ = value.partition(":")
    if not number.isdecimal():
        return None
    return int(number) if value == f"{int(number)}:{mixed(int(number)):016x}" else None


def mixed(number):
    """The hash of a number, as the runner computes it."""
    mixed = (number + 0x9E37_79B9_7F4A_7C15) & WORD
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9) & WORD
    return mixed ^ (mixed >> 27)
