"""The time and the memory of imports, each in a process of its own."""

from __future__ import annotations

import random
import subprocess
import sys

IMPORTS = {
    "bare Python": "pass",
    "fh-client": "import fh_client",
    "eppo-server-sdk": "import eppo_client",
    "statsig-python-core": "import statsig_python_core",
    "featurehub-sdk": "import featurehub_sdk.featurehub_config",
    "growthbook": "import growthbook",
    "launchdarkly-server-sdk": "import ldclient",
    "UnleashClient": "import UnleashClient",
    "configcat-client": "import configcatclient",
}
#: Prints the milliseconds of the statement, and the resident memory after it in KiB.
PROGRAM = """
import time
start = time.process_time()
{}
spent = time.process_time() - start
resident = int(next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1])
print(spent * 1e3, resident)
"""


def measure(repetitions: int) -> dict[str, list[tuple[float, float]]]:
    """Return milliseconds and MiB of each import, interleaved. The import of `time` is no part of it."""
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in IMPORTS}
    order = random.Random(13)
    for repetition in range(repetitions + 1):
        for name in order.sample(list(IMPORTS), len(IMPORTS)):
            command = [sys.executable, "-I", "-c", PROGRAM.format(IMPORTS[name])]
            spent, resident = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            # The first round reads the files from the disk.
            if repetition:
                figures[name].append((float(spent), int(resident) / 1024))
    return figures
