"""The capabilities that featurehub-sdk 1.1.0 lacks, each with the reason, and its delays."""

_VALUES_ONLY = "the getters return values only"
_NO_LISTENERS = "the SDK has no listeners"

CANNOT = {
    "eval.strategy_id": _VALUES_ONLY,
    "eval.reason": _VALUES_ONLY,
    "eval.bucket": _VALUES_ONLY,
    "eval.trace": _VALUES_ONLY,
    "eval.defaults": "the getters take no default value",
    "eval.properties": "the SDK has no getter for the properties of a feature",
    "eval.native_context": "the values of attributes are texts",
    "eval.decimal": "payloads are parsed into floats",
    "eval.regex.linear": "the module re of Python backtracks",
    "clock.fixed": "the SDK reads the clock of the system",
    "poll.passive": "PollingEdgeService polls at its interval only",
    "http.gzip": "requests have Accept-Encoding: identity",
    "http.proxy": "the SDK creates its urllib3.PoolManager itself, without a proxy",
    "tls.custom_ca": "the SDK creates its urllib3.PoolManager itself, with the authorities of the system",
    "ready.wait": "init returns after the first poll or the start of the stream's thread, ready or not",
    "ready.listener": _NO_LISTENERS,
    "listen.feature": _NO_LISTENERS,
    "listen.context": _NO_LISTENERS,
    "listen.new_state": _NO_LISTENERS,
    "listen.raw": _NO_LISTENERS,
    "listen.remove": _NO_LISTENERS,
    "catch_release": "updates are applied at once",
    "interceptors.locked": "FeatureStateHolder does not call interceptors for a locked feature",
    "usage": "the SDK reports no usage",
    "usage.named": "the SDK reports no usage",
    "update": "the SDK sends no PUT",
    "store": "extract_feature_state returns the features, but the SDK does not write or read them",
    "keys.change": "FeatureHubConfig takes its API keys in its constructor",
    "suspend": "no call suspends a client; a program closes it and creates another one",
    "fork": "the threads that poll and stream do not exist in the child process, and the SDK does not start them again",
    "status": "the SDK keeps neither errors nor the age of its features",
}

# The polling interval of use_polling_edge_service. A stream reconnects at once, and there is no time limit of any kind.
DEFAULTS = {"poll_ms": 30_000, "retry_ms": 0, "retry_max_ms": 0}
