// The capabilities that featurehub-javascript-node-sdk 1.4.0 lacks, each with the reason.

export const SDK = { name: "featurehub-node", language: "JavaScript", runtime: `Node ${process.versions.node}` };

const VALUES_ONLY = "the getters return values only";
const ANALYTICS = "the SDK has analytics of version 1: logAnalyticsEvent gives collectors the features, without the context, and reads are not reported";
const KEYS = "EdgeFeatureHubConfig adds API keys, and replaces none";
const SUSPEND = "no call suspends a client; a program closes it and starts it again";

export const CANNOT: Record<string, string> = {
  "eval.strategy_id": VALUES_ONLY,
  "eval.reason": VALUES_ONLY,
  "eval.bucket": VALUES_ONLY,
  "eval.trace": VALUES_ONLY,
  "eval.native_context": "the values of attributes are texts",
  "eval.decimal": "numbers are doubles",
  "eval.regex.linear": "String.match of JavaScript backtracks",
  "clock.fixed": "the SDK reads the clock of the system",
  "poll.passive": "FeatureHubPollingClient polls at its interval only",
  "http.retry_after": "the SDK polls again after its interval",
  "http.gzip": "requests have no Accept-Encoding",
  "http.identify": "no header names the SDK",
  "ready.wait": "no call waits until the repository is ready; there are listeners",
  "listen.raw": "the SDK has no listeners for updates as they were received",
  "interceptors.locked": "FeatureStateBaseHolder does not call interceptors for a locked feature",
  "usage": ANALYTICS,
  "usage.named": ANALYTICS,
  "store": "the SDK writes no file; only its browser client keeps features",
  "keys.change": KEYS,
  "suspend": SUSPEND,
  "fork": "Node has no fork() that keeps the state of the process",
  "status": "the SDK keeps neither errors nor the age of its features",
};

// The reconnection delay of the package eventsource. A poll that failed is repeated after the polling interval, which each program gives.
export const DEFAULTS = { retry_ms: 1000, retry_max_ms: 1000 };
