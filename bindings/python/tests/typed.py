"""A program for type checkers alone: the types of reads with and without defaults, and calls that must be errors."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from typing_extensions import assert_type

import fh_client
from fh_client.testing import MemoryEdge


def types_of_reads(source: fh_client.Client | fh_client.Context | fh_client.Snapshot) -> None:
    assert_type(source.is_enabled("KEY"), bool)
    assert_type(source.boolean("KEY"), bool | None)
    assert_type(source.boolean("KEY", True), bool)
    assert_type(source.string("KEY"), str | None)
    assert_type(source.string("KEY", None), str | None)
    assert_type(source.string("KEY", "x"), str)
    assert_type(source.number("KEY"), int | float | None)
    assert_type(source.number("KEY", 1), int | float)
    assert_type(source.decimal("KEY", Decimal(1)), Decimal)
    assert_type(source.raw_json("KEY", "{}"), str)
    assert_type(source.json("KEY"), Any)
    assert_type(source.value("KEY"), bool | str | int | float | None)
    assert_type(source.values(), dict[str, bool | str | int | float | None])
    assert_type(source.detail("KEY", "STRING"), fh_client.Detail)


def types_of_handles(client: fh_client.Client) -> None:
    colour = client.feature("COLOUR")
    assert_type(colour.enabled, bool)
    assert_type(colour.string(), str | None)
    assert_type(colour.string("x"), str)
    assert_type(client.context(userkey="mara").but(plan=["gold"]), fh_client.Context)
    assert_type(client.status().next_attempt, float | None)
    assert_type(client.on_change("COLOUR", lambda change: print(change.old)), fh_client.Subscription)


async def types_of_coroutines(client: fh_client.Client) -> None:
    assert_type(await client.ready(timedelta(seconds=1)), None)
    async for change in client.context().changes("COLOUR"):
        assert_type(change, fh_client.Change)


def types_of_columns(ruleset: fh_client.Ruleset) -> None:
    answers = ruleset.evaluate_columns({"userkey": ["aroha"]}, strategies=True)
    assert_type(answers["COLOUR"], fh_client.Column)
    assert_type(answers.tally("COLOUR"), dict[tuple[bool | str | int | float | None, str | None], int])


def wrong_calls(client: fh_client.Client, edge: MemoryEdge) -> None:
    """Each line is an error for both checkers, which report an `ignore` that hides none."""
    client.string(1)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    client.detail("KEY", "TEXT")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.on_change("KEY")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    fh_client.Client("https://edge.example", mode="stream")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    edge.fail("later")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
