"""A back-test: which of a million users get another value when a rollout goes from 10 to 30 percent.

Needs pyarrow. Run it as `python backtest.py`, or as `python backtest.py 10000` for fewer users.
"""

from __future__ import annotations

import sys
from typing import Any

import fh_client
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]


def features(percentage: int) -> list[dict[str, Any]]:
    """Return features with a rollout. A percentage of 1,000,000 is everyone."""
    strategies: list[dict[str, Any]] = [
        {"id": "staff", "value": True, "attributes": [
            {"fieldName": "plan", "type": "STRING", "conditional": "EQUALS", "values": ["staff"]}]},
        {"id": "rollout", "value": True, "percentage": percentage, "percentageAttributes": ["userkey"]},
    ]  # fmt: skip
    return [{"id": "1", "key": "NEW_CHECKOUT", "version": 1, "type": "BOOLEAN", "value": False, "strategies": strategies}]


def main() -> None:
    users = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    numbers = range(users)
    table = pa.table({
        "userkey": pa.array([f"user-{number}" for number in numbers]),
        "plan": pa.array(["staff" if number % 100 == 0 else "gold" for number in numbers]).dictionary_encode(),
    })
    before = fh_client.Ruleset.from_json(features(100_000)).evaluate_columns(table, strategies=True, threads=2)
    after = fh_client.Ruleset.from_json(features(300_000)).evaluate_columns(table, strategies=True, threads=2)
    for name, answers in (("before", before), ("after", after)):
        for (value, strategy), rows in sorted(answers.tally("NEW_CHECKOUT").items(), key=str):
            print(f"{name}: {rows} users get {value} by {strategy or 'the default value'}")
    old, new = pa.array(before["NEW_CHECKOUT"]), pa.array(after["NEW_CHECKOUT"])
    print(f"{count_only_in(new, old)} users gain the feature")
    print(f"{count_only_in(old, new)} users lose the feature")


def count_only_in(some: pa.Array, others: pa.Array) -> int:
    """Return the number of rows that are true in the first array only."""
    only = pc.call_function("and_not", [some, others])
    return int(pc.call_function("sum", [only]).as_py() or 0)


if __name__ == "__main__":
    main()
