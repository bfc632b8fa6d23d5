"""Features that are evaluated for the rows of tables."""

from __future__ import annotations

import _thread
import gc
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from features import feature, rule

import fh_client


def strategy(name: str, value: object, *rules: dict[str, Any], **members: int) -> dict[str, Any]:
    return {"id": name, "value": value, "attributes": list(rules), **members}


PAYLOAD: list[dict[str, Any]] = [
    feature(
        "CHECKOUT", "BOOLEAN", False,
        strategy("gold", True, rule("plan", "STRING", "EQUALS", "gold")), strategy("half", True, percentage=500_000),
    ),
    feature("GREETING", "STRING", "hello", strategy("kiwi", "kia ora", rule("country", "STRING", "EQUALS", "new_zealand"))),
    feature(
        "LIMIT", "NUMBER", 10,
        strategy("old", 7.5, rule("age", "NUMBER", "GREATER_EQUALS", 40)), strategy("none", None, rule("age", "NUMBER", "LESS", 20)),
    ),
    feature("LAYOUT", "JSON", '{"a": 1}', strategy("beta", '{"a": 2}', rule("beta", "BOOLEAN", "EQUALS", True))),
    feature("NOTHING", "STRING", None),
    feature(
        "SEEN", "STRING", "no",
        strategy("price", "price", rule("price", "STRING", "EQUALS", "7.50")),
        strategy("score", "score", rule("score", "NUMBER", "EQUALS", 0.5)),
        strategy("tags", "tags", rule("tags", "STRING", "EQUALS", "b")),
    ),
]  # fmt: skip
KEYS: list[str] = [feature["key"] for feature in PAYLOAD]
ROWS = 203


@pytest.fixture
def ruleset() -> fh_client.Ruleset:
    return fh_client.Ruleset.from_json(PAYLOAD)


def contexts() -> list[dict[str, Any]]:
    """Rows of attributes, in which each attribute is missing now and then."""
    rows = []
    for row in range(ROWS):
        rows.append({
            "userkey": f"user-{row}",
            "plan": [None, "gold", "silver", "größe"][row % 4],
            "country": ["new_zealand", "france", None][row % 3],
            "age": None if row % 7 == 0 else row % 80,
            "beta": [True, False, None][row % 3],
            "score": [0.5, 1.25, None][row % 3],
            "price": [Decimal("7.50"), Decimal("0.05"), None][row % 3],
            "tags": [["a", "b"], [], None, ["c"]][row % 4],
        })
    return rows


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.table({
        "userkey": pa.array([row["userkey"] for row in rows], pa.string()),
        "plan": pa.array([row["plan"] for row in rows], pa.large_string()),
        "country": pa.array([row["country"] for row in rows]).dictionary_encode(),
        "age": pa.array([row["age"] for row in rows], pa.int16()),
        "beta": pa.array([row["beta"] for row in rows], pa.bool_()),
        "score": pa.array([row["score"] for row in rows], pa.float32()),
        "price": pa.array([row["price"] for row in rows], pa.decimal128(10, 2)),
        "tags": pa.array([row["tags"] for row in rows], pa.list_(pa.string())),
    })


def expected(ruleset: fh_client.Ruleset, rows: list[dict[str, Any]], key: str) -> list[tuple[Any, str | None]]:
    """The values and strategies of single evaluations."""
    evaluations = [ruleset.evaluate(row, key, now=0) for row in rows]
    return [(evaluation.value, evaluation.strategy_id) for evaluation in evaluations]


def check(ruleset: fh_client.Ruleset, columns: Any, rows: list[dict[str, Any]], threads: int = 1) -> None:
    """Compare the answers for columns with those of single evaluations."""
    answers = ruleset.evaluate_columns(columns, now=0, strategies=True, threads=threads)
    assert (answers.rows, answers.keys()) == (len(rows), KEYS)
    for key in KEYS:
        wanted = expected(ruleset, rows, key)
        assert answers[key].to_pylist() == [value for value, _ in wanted], key
        assert answers.strategies(key).to_pylist() == [name for _, name in wanted], key
        counted: dict[tuple[object, str | None], int] = {}
        for pair in wanted:
            counted[pair] = counted.get(pair, 0) + 1
        assert answers.tally(key) == counted, key


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("chunk", [1, 13, 64, 5_000])
def test_a_table_gives_the_values_of_single_evaluations(ruleset: fh_client.Ruleset, threads: int, chunk: int) -> None:
    rows = contexts()
    batches = table(rows).to_batches(max_chunksize=chunk)
    check(ruleset, pa.Table.from_batches(batches), rows, threads)
    reader = pa.RecordBatchReader.from_batches(batches[0].schema, iter(batches))
    check(ruleset, reader, rows, threads)
    with pytest.raises(ValueError, match="table"):
        # A stream can be read once.
        ruleset.evaluate_columns(pa.chunked_array([[1]]))


@pytest.mark.parametrize("threads", [1, 3])
def test_slices_and_single_arrays_are_read_from_their_offsets(ruleset: fh_client.Ruleset, threads: int) -> None:
    rows = contexts()
    batch = table(rows).combine_chunks().to_batches()[0]
    check(ruleset, batch, rows, threads)
    check(ruleset, batch.slice(3, 150), rows[3:153], threads)
    check(ruleset, batch.slice(11).slice(2, 9), rows[13:22], threads)
    check(ruleset, batch.slice(5, 0), [], threads)
    struct = pa.StructArray.from_arrays([batch.slice(1)[name] for name in batch.schema.names], batch.schema.names)
    check(ruleset, struct.slice(7, 100), rows[8:108], threads)


TYPES: dict[str, list[Any]] = {
    "userkey": [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.large_string()), pa.dictionary(pa.uint64(), pa.string())],
    "plan": [pa.string_view(), pa.dictionary(pa.uint8(), pa.string()), pa.dictionary(pa.int32(), pa.string())],
    "age": [pa.int8(), pa.uint8(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64(), pa.float16(), pa.float64(), pa.decimal128(5, 0)],
    "score": [pa.float16(), pa.float64(), pa.decimal128(5, 2)],
    "price": [pa.decimal32(7, 2), pa.decimal64(9, 2), pa.decimal256(40, 2), pa.string()],
    "tags": [pa.large_list(pa.string()), pa.list_(pa.large_string()), pa.list_(pa.string_view()), pa.list_(pa.dictionary(pa.int8(), pa.string()))],
}  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, kinds in TYPES.items() for kind in kinds], ids=str)
def test_each_type_gives_the_same_attributes(ruleset: fh_client.Ruleset, name: str, kind: pa.DataType) -> None:
    # A dictionary with indices of 8 bits holds few texts.
    rows = contexts()[:100]
    values: Any = [row[name] for row in rows]
    if name == "price" and kind == pa.string():
        values = [None if value is None else str(value) for value in values]
    if name == "score" and pa.types.is_decimal(kind):
        values = [None if value is None else Decimal(str(value)) for value in values]
    if kind == pa.float16():
        values = [None if value is None else np.float16(value) for value in values]
    batch = table(rows)
    if isinstance(kind, pa.DictionaryType):
        values = pa.array(values, kind.value_type)
        column = values.dictionary_encode().cast(kind)
    else:
        column = pa.array(values, kind)
    batch = batch.set_column(batch.schema.names.index(name), name, column)
    read = [{key: batch[key][row].as_py() for key in batch.schema.names} for row in range(len(rows))]
    check(ruleset, batch, read)
    check(ruleset, batch.slice(9, 71), read[9:80])
    check(ruleset, {key: batch[key] for key in batch.schema.names}, read)


def test_a_list_of_fixed_size_is_a_list(ruleset: fh_client.Ruleset) -> None:
    tags = pa.array([["a", "b"], None, ["c", "d"], ["b", "a"]], pa.list_(pa.string(), 2))
    answers = ruleset.evaluate_columns({"tags": tags.slice(1)}, ["SEEN"])
    assert answers["SEEN"].to_pylist() == ["no", "no", "tags"]


def test_polars_and_pandas_frames_are_tables(ruleset: fh_client.Ruleset) -> None:
    rows = contexts()
    arrow = table(rows)
    check(ruleset, pl.from_arrow(arrow), rows)
    check(ruleset, arrow.drop_columns(["tags"]).to_pandas(types_mapper=pd.ArrowDtype), [
        {name: value for name, value in row.items() if name != "tags"} for row in rows
    ])
    frame = pl.DataFrame({"plan": ["gold", None], "age": [45, 3]})
    answers = ruleset.evaluate_columns({"plan": frame["plan"], "age": frame["age"]}, ["LIMIT"])
    assert answers["LIMIT"].to_pylist() == [7.5, None]


def test_lists_numpy_arrays_and_single_values_are_columns(ruleset: fh_client.Ruleset) -> None:
    rows = contexts()
    names = list(rows[0])
    check(ruleset, {name: [row[name] for row in rows] for name in names}, rows)
    check(ruleset, {name: tuple(row[name] for row in rows) for name in names}, rows)
    few = [{"userkey": f"u{row}", "age": row, "score": row / 4, "beta": row % 2 == 0, "country": "new_zealand", "tags": ["b", "x"]} for row in range(99)]
    columns = {
        "userkey": np.array([row["userkey"] for row in few]),
        "age": np.arange(99, dtype=np.int32)[::1],
        "score": np.arange(99, dtype=np.float64) / 4,
        "beta": np.arange(99) % 2 == 0,
        "country": "new_zealand",
        "tags": {"b", "x"},
        "plan": None,
    }
    check(ruleset, columns, few)
    check(ruleset, {**columns, "userkey": pa.array(columns["userkey"].tolist()).slice(0)}, few)
    # More values than are converted at once.
    many = ruleset.evaluate_columns({"age": np.full(20_001, 50, np.int8), "beta": False}, ["LIMIT"])
    assert many.tally("LIMIT") == {(7.5, "old"): 20_001}


def test_answers_are_arrow_arrays(ruleset: fh_client.Ruleset) -> None:
    rows = contexts()
    answers = ruleset.evaluate_columns(table(rows), now=0, strategies=True)
    types = {"CHECKOUT": pa.bool_(), "LIMIT": pa.float64()}
    for key in KEYS:
        array = pa.array(answers[key])
        array.validate(full=True)
        assert array.type == types.get(key, pa.dictionary(pa.int8(), pa.large_string()))
        assert array.to_pylist() == answers[key].to_pylist()
        assert pl.Series(answers[key]).to_list() == answers[key].to_pylist()
        strategies = pa.array(answers.strategies(key))
        strategies.validate(full=True)
        assert strategies.to_pylist() == answers.strategies(key).to_pylist()
    batch = pa.record_batch(answers)
    batch.validate(full=True)
    assert batch.schema.names == KEYS and batch.num_rows == ROWS
    kept = batch.column("GREETING")
    del answers, batch
    gc.collect()
    assert kept.to_pylist() == [ruleset.evaluate(row, "GREETING", now=0).value for row in rows]


def test_answers_are_numpy_arrays(ruleset: fh_client.Ruleset) -> None:
    answers = ruleset.evaluate_columns(table(contexts()), now=0)
    assert answers["CHECKOUT"].to_numpy().dtype == bool
    for key in KEYS:
        values = answers[key].to_numpy()
        assert len(values) == ROWS
        wanted = answers[key].to_pylist()
        if key == "LIMIT":
            assert values.dtype == np.float64
            assert [None if np.isnan(value) else value for value in values] == wanted
        else:
            assert values.tolist() == wanted
    assert answers["NOTHING"].null_count == ROWS
    empty = ruleset.evaluate_columns({"age": []})
    assert [len(empty[key].to_numpy()) for key in KEYS] == [0] * len(KEYS)


def test_booleans_with_nulls_are_objects(ruleset: fh_client.Ruleset) -> None:
    payload = [feature("B", "BOOLEAN", None, strategy("s", True, rule("age", "NUMBER", "EQUALS", 1)))]
    answers = fh_client.Ruleset.from_json(payload).evaluate_columns({"age": [1, 2, 1]}, strategies=True)
    assert answers["B"].to_pylist() == [True, None, True] == answers["B"].to_numpy().tolist()
    assert pa.array(answers["B"]).to_pylist() == [True, None, True]
    assert answers.tally("B") == {(True, "s"): 2, (None, None): 1}


def test_strategies_are_reported_on_request(ruleset: fh_client.Ruleset) -> None:
    answers = ruleset.evaluate_columns({"age": [50]}, ["LIMIT", "GREETING"])
    assert "LIMIT" in answers and "CHECKOUT" not in answers and list(answers) == ["LIMIT", "GREETING"] and len(answers) == 2
    with pytest.raises(ValueError, match="strategies=True"):
        answers.strategies("LIMIT")
    with pytest.raises(KeyError, match="there is no feature CHECKOUT: the features are LIMIT, GREETING"):
        answers["CHECKOUT"]
    assert repr(answers) == "<fh_client.Columns of 2 features and 1 rows>"
    assert repr(answers["LIMIT"]) == "<fh_client.Column \"LIMIT\" of 1 rows>"


BAD: list[tuple[Any, type[Exception], str]] = [
    ({"day": pa.array([1], pa.date32())}, ValueError, "column \"day\".*tdD"),
    (pa.table({"plan": ["x"], "day": pa.array([1], pa.timestamp("s"))}), ValueError, "column \"day\""),
    ({"x": pa.array([[["a"]]])}, ValueError, "column \"x\""),
    ({"x": pa.array([{"a": 1}])}, ValueError, "column \"x\".*\\+s"),
    ({"x": pa.array([b"a"])}, ValueError, "column \"x\""),
    ({"x": pa.array([["a", None]])}, ValueError, "column \"x\", row 0: .*null"),
    ({"x": pa.array([1.0, float("nan")])}, ValueError, "column \"x\", row 1: .*finite"),
    ({"x": [1.0, float("inf")]}, ValueError, "column \"x\": row 1: .*finite"),
    ({"x": [1, object()]}, ValueError, "column \"x\": row 1: .*object"),
    ({"x": object()}, ValueError, "column \"x\".*object"),
    ({"x": np.zeros((2, 2))}, ValueError, "column \"x\".*dimension"),
    ({"x": np.array([1], "timedelta64[ns]")}, ValueError, "column \"x\": row 0: .*timedelta64"),
    ({"x": np.array(["2020-01-01"], "datetime64[ns]").reshape(1, 1)}, ValueError, "column \"x\".*dimension"),
    ({"x": [1], "y": [1, 2]}, ValueError, "column \"x\": it has 1 rows, and column \"y\" has more"),
    ({"x": pa.array([1, 2, 3]), "y": np.arange(2)}, ValueError, "column \"y\": it has 2 rows"),
    ({"x": 1, "y": "z"}, ValueError, "number of rows"),
    ({}, ValueError, "number of rows"),
    (pa.RecordBatch.from_arrays([pa.array([1]), pa.array([2])], ["x", "x"]), ValueError, "column \"x\": the name occurs twice"),
    (pa.StructArray.from_arrays([pa.array([1, 2])], ["x"], mask=pa.array([False, True])), ValueError, "the table, row 1: the row is null"),
    (pa.array([1, 2]), ValueError, "the table: .*no table"),
    ({1: [1]}, TypeError, "str"),
    ([1, 2], TypeError, "__arrow_c_stream__"),
    (None, TypeError, "__arrow_c_stream__"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "error", "text"), BAD)
def test_errors_name_the_column(ruleset: fh_client.Ruleset, columns: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        ruleset.evaluate_columns(columns, ["CHECKOUT"])


def test_bad_arguments_are_refused(ruleset: fh_client.Ruleset) -> None:
    with pytest.raises(KeyError, match="there is no feature LIMITS: did you mean LIMIT"):
        ruleset.evaluate_columns({"age": [1]}, ["LIMITS"])
    with pytest.raises(TypeError, match="list of keys"):
        ruleset.evaluate_columns({"age": [1]}, "LIMIT")
    for threads in (0, 257):
        with pytest.raises(ValueError, match="threads"):
            ruleset.evaluate_columns({"age": [1]}, threads=threads)


def test_text_that_is_not_utf8_is_an_error_unless_its_row_is_null(ruleset: fh_client.Ruleset) -> None:
    def texts(validity: bytes | None) -> pa.Array:
        buffers = [None if validity is None else pa.py_buffer(validity), pa.py_buffer(np.array([0, 1, 2], np.int32)), pa.py_buffer(b"a\xff")]
        return pa.StringArray.from_buffers(2, buffers[1], buffers[2], buffers[0])

    with pytest.raises(ValueError, match='column "x", row 1: a text is not UTF-8'):
        ruleset.evaluate_columns({"x": texts(None)})
    assert ruleset.evaluate_columns({"x": texts(b"\x01")}).rows == 2


class Once:
    """A column whose capsules were consumed already."""

    def __init__(self) -> None:
        self.capsules: Any = pa.array(["a"]).__arrow_c_array__()

    def __arrow_c_array__(self, requested_schema: object | None = None, /) -> Any:
        return self.capsules


def test_consumed_and_foreign_capsules_are_errors(ruleset: fh_client.Ruleset) -> None:
    once = Once()
    assert ruleset.evaluate_columns({"plan": once}).rows == 1
    with pytest.raises(ValueError, match='column "plan": .*consumed'):
        ruleset.evaluate_columns({"plan": once})
    once.capsules = (1, 2)
    with pytest.raises(ValueError, match='column "plan": .*no Arrow capsule'):
        ruleset.evaluate_columns({"plan": once})


def test_a_stream_that_fails_is_an_error(ruleset: fh_client.Ruleset) -> None:
    schema = pa.schema([("age", pa.int64())])

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"age": pa.array([1])})
        raise OSError("the disk is gone")

    with pytest.raises(ValueError, match="the table: the Arrow stream failed: .*the disk is gone"):
        ruleset.evaluate_columns(pa.RecordBatchReader.from_batches(schema, batches()))


def test_arrays_are_released_once(ruleset: fh_client.Ruleset) -> None:
    rows = contexts()
    gc.collect()
    before = pa.total_allocated_bytes()
    for _ in range(3):
        columns = table(rows)
        answers = ruleset.evaluate_columns(columns, strategies=True, threads=2)
        kept = [pa.array(answers[key]) for key in KEYS]
        with pytest.raises(ValueError):
            ruleset.evaluate_columns({"plan": columns["plan"], "bad": pa.array([b""])})
        del columns, answers, kept
        gc.collect()
    assert pa.total_allocated_bytes() == before


def test_a_signal_ends_the_evaluation(ruleset: fh_client.Ruleset) -> None:
    # An evaluation of all rows would take minutes.
    column = pa.chunked_array([pa.array(["gold"] * 100_000)] * 10_000)
    started = threading.Event()

    def interrupt() -> None:
        started.wait()
        _thread.interrupt_main()

    thread = threading.Thread(target=interrupt)
    thread.start()
    # A program that was started in the background ignores the signal.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            started.set()
            ruleset.evaluate_columns({"plan": column}, threads=2)
    finally:
        signal.signal(signal.SIGINT, handler)
    thread.join()


def test_the_example_of_a_back_test_runs() -> None:
    example = Path(__file__).parent.parent / "examples" / "backtest.py"
    run = subprocess.run([sys.executable, str(example), "5000"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    parts = [line.partition(" users ") for line in run.stdout.splitlines()]
    lines = {text: number for number, _, text in parts}
    # More users get the feature, and a user who had it keeps it.
    assert lines["lose the feature"] == "0"
    gained = int(lines["gain the feature"])
    assert abs(gained - 0.99 * 0.2 * 5_000) < 100
