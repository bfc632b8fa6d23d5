"""Reads of features: through a client, through a context, and of a payload alone."""

import json
import math

import fh_client

from loop import Misuse

GETTERS = {"BOOLEAN": "boolean", "STRING": "string", "NUMBER": "decimal", "JSON": "raw_json"}


def answer_of(client, read):
    """Performs one read, and returns all that the client tells."""
    key, kind, default = read["feature"], checked(read["type"]), read.get("default")
    try:
        return client_answer(client, key, kind, default, read.get("context"))
    except Exception as error:
        return {"value": default, "error": f"{type(error).__name__}: {error}"}


def client_answer(client, key, kind, default, context):
    source = client.sdk if context is None else client.sdk.context(context)
    feature = source.feature(key)
    before = client.sdk.snapshot().generation
    # Without a usage listener, the typed getter and the detail must agree.
    got = None if client.reports_usage else getattr(feature, GETTERS[kind])(default)
    detail = source.detail(key, kind)
    exact = detail.decimal if kind == "NUMBER" else detail.value
    expected = default if exact is None else exact
    answer = {
        "value": json_value(detail.value, default),
        "text": text_of(expected),
        "is_set": feature.is_set(),
        "exists": detail.exists,
        "locked": detail.is_locked,
        "type": detail.kind,
        "strategy_id": detail.strategy_id,
        "reason": detail.reason,
    }
    if detail.exists:
        answer.update(version=detail.version, properties=detail.properties)
    is_same = type(got) is type(expected) and got == expected
    if not client.reports_usage and not is_same and detail.generation == before:
        answer["error"] = f"the getter returned {got!r} and the detail {expected!r}"
    return answer


def value_of(client, read, context=None):
    """Returns the value of a typed getter, as a listener reads it."""
    source = client.sdk if context is None else client.sdk.context(context)
    getter = {**GETTERS, "NUMBER": "number"}.get(read["type"])
    return None if getter is None else json_value(getattr(source, getter)(read["feature"]), None)


def evaluated(command):
    """Evaluates reads of a payload. A read that the engine cannot perform has an error in place of a value."""
    if command["profile"] not in ("client", "edge"):
        raise Misuse(f"there is no profile {command['profile']!r}")
    for read in command["reads"]:
        checked(read["type"])
    try:
        ruleset = fh_client.Ruleset.from_json(command["payload"], profile=command["profile"])
    except ValueError as error:
        return [{"value": None, "error": str(error)} for _ in command["reads"]]
    return [evaluation_of(ruleset, read) for read in command["reads"]]


def evaluation_of(ruleset, read):
    try:
        return engine_answer(ruleset, read)
    except Exception as error:
        return {"value": read.get("default"), "error": f"{type(error).__name__}: {error}"}


def engine_answer(ruleset, read):
    key, kind, default = read["feature"], read["type"], read.get("default")
    if key not in ruleset:
        missing = {"is_set": False, "exists": False, "reason": "NOT_FOUND"}
        return {"value": default, "text": text_of(default), **missing}
    context = read.get("context") if read.get("native") is None else read["native"]
    now = None if read.get("now_ms") is None else read["now_ms"] / 1000
    evaluation = ruleset.evaluate(context, key, kind, now=now)
    report = ruleset.explain(context, key, now=now).to_dict()
    exact = evaluation.decimal if kind == "NUMBER" else evaluation.value
    answer = {
        "value": json_value(evaluation.value, default),
        "text": text_of(default if exact is None else exact),
        "is_set": evaluation.is_set,
        "exists": True,
        "locked": evaluation.is_locked,
        "version": evaluation.version,
        "strategy_id": evaluation.strategy_id,
        "reason": evaluation.reason,
        "properties": evaluation.properties,
    }
    # A getter of another type does not evaluate the feature.
    if evaluation.kind == kind:
        answer["trace"] = [step_of(strategy) for strategy in report["strategies"]]
        buckets = [strategy["bucket"] for strategy in report["strategies"] if "bucket" in strategy]
        answer["bucket"] = buckets[-1] if buckets else None
    return answer


def step_of(strategy):
    """Returns the step of a trace in the form of the vectors."""
    step = {"strategy": strategy["id"] or "", "outcome": strategy["outcome"]}
    failed = [position for position, rule in enumerate(strategy["rules"]) if rule["held"] is False]
    if failed:
        step["attribute"] = failed[0]
    step.update((name, strategy[name]) for name in ("bucket", "threshold") if name in strategy)
    return step


def checked(kind):
    if kind not in GETTERS:
        raise Misuse(f"{kind!r} is not the name of a getter")
    return kind


def json_value(value, default):
    """Returns a value for an answer. A number that no double can hold is null; its text tells it."""
    if value is None:
        return default
    return None if isinstance(value, float) and not math.isfinite(value) else value


def text_of(value):
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float, list, dict)):
        return json.dumps(value)
    return str(value)
