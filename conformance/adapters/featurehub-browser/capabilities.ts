// The capabilities that featurehub-javascript-client-sdk 1.4.0 lacks in a browser, each with the reason.

const browser = /Chrome\/[\d.]+/.exec(navigator.userAgent)?.[0].replace("/", " ");

export const SDK = { name: "featurehub-browser", language: "JavaScript", runtime: browser ?? navigator.userAgent };

const VALUES_ONLY = "the getters return values only";
const ANALYTICS = "the SDK has analytics of version 1: logAnalyticsEvent gives collectors the features, without the context, and reads are not reported";
const EVENT_SOURCE = "the EventSource of browsers";
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
  "stream.status_visible": `${EVENT_SOURCE} hides the status of the response`,
  "stream.headers": `${EVENT_SOURCE} takes no headers; the SDK sends the context in the query`,
  "http.retry_after": "the SDK polls again after its interval",
  "http.proxy": "the user of the browser sets its proxy, a page cannot",
  "http.identify": "no header names the SDK",
  "http.redirects": "a browser follows redirects itself, and shows a page only the last answer",
  "http.connections": "a browser opens at most six connections to one Edge with HTTP/1.1, and keeps them open after the last request",
  "tls.custom_ca": "the user of the browser sets its authorities, a page cannot",
  "ready.wait": "no call waits until the repository is ready; there are listeners",
  "listen.raw": "the SDK has no listeners for updates as they were received",
  "interceptors.locked": "FeatureStateBaseHolder does not call interceptors for a locked feature",
  "usage": ANALYTICS,
  "usage.named": ANALYTICS,
  "store": "a page has no files; the SDK keeps features in localStorage, and each scenario has an origin of its own",
  "keys.change": KEYS,
  "suspend": SUSPEND,
  "fork": "a page has no processes",
  "status": "the SDK keeps neither errors nor the age of its features",
};

// The reconnection delay of Chromium. A poll that failed is repeated after the polling interval, which each program gives.
export const DEFAULTS = { retry_ms: 3000, retry_max_ms: 3000 };
