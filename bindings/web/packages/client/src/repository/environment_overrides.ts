import type { InterceptedRead, Interceptor, Override } from "./intercept/mod.ts";

/** The variable that enables all overrides. Its value must be exactly `true`. */
const SWITCH = "FEATUREHUB_OVERRIDE_FEATURES";
const PREFIX = "FEATUREHUB_";
/** The prefix that follows `FEATUREHUB_` in the long form of a variable's name. */
const LONG = "FEATURE_";

/**
 * The names, without `FEATUREHUB_`, of variables that configure SDKs and examples. These variables override no feature.
 */
const CONFIGURATION = [
  "ACCEPT_BAGGAGE",
  "API_KEY",
  "BACKOFF_RESET_THRESHOLD",
  "BACKOFF_RETRY_LIMIT",
  "CLIENT_API_KEY",
  "DELAY_RETRY_MS",
  "EDGE_URL",
  "LOCAL_YAML",
  "MEMCACHE_STORE",
  "OTEL_ALLOW_LOCKED_OVERRIDE",
  "OTEL_SPAN_AS_EVENTS",
  "OVERRIDE_FEATURES",
  "POLLING_INTERVAL",
  "POLLING_PASSIVE",
  "POLL_HTTP_TIMEOUT",
  "POLL_INTERVAL",
  "POLL_TIMEOUT",
  "REDIS_POLL_INTERVAL",
  "REDIS_STORE",
  "REDIS_URL",
  "SERVER_API_KEY",
  "USAGE_SEGMENT_WRITE_KEY",
];

/**
 * Overrides from environment variables, in the forms of the published SDKs.
 *
 * The overrides have an effect only if `FEATUREHUB_OVERRIDE_FEATURES` is `true`. The feature `KEY` is then overridden by the first
 * of these variables that is set: `FEATUREHUB_FEATURE_KEY`, the long form, which configures no SDK; `FEATUREHUB_KEY`, the short
 * form, unless the variable configures an SDK. A space in a feature's key becomes `_` in the variable's name. Upper and lower case
 * must be the same in the key and in the name.
 *
 * The variable's text is converted to the feature's type when the feature is read. A text that cannot be converted is ignored, and
 * the repository reports a notice, at most once for each feature.
 */
export class EnvironmentOverrides implements Interceptor {
  readonly name = "environment";
  /** The texts of variables in the long form, by the part of the name after `FEATUREHUB_FEATURE_`. */
  readonly #long = new Map<string, string>();
  /** The texts of the variables, including those in the long form, by the part of the name after `FEATUREHUB_`. */
  readonly #short = new Map<string, string>();

  private constructor() {
    // `fromVariables` fills the maps.
  }

  /**
   * Reads the overrides from the names and values of variables. Returns `undefined` unless `FEATUREHUB_OVERRIDE_FEATURES` is
   * `true`.
   */
  static fromVariables(variables: Iterable<readonly [string, string]>): EnvironmentOverrides | undefined {
    const overrides = new EnvironmentOverrides();
    let isOn = false;
    for (const [name, value] of variables) {
      isOn ||= name === SWITCH && value === "true";
      const short = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : "";
      if (short === "" || CONFIGURATION.includes(short)) continue;
      const long = short.startsWith(LONG) ? short.slice(LONG.length) : "";
      if (long !== "") overrides.#long.set(long, value);
      overrides.#short.set(short, value);
    }
    return isOn ? overrides : undefined;
  }

  /** Returns the text that overrides the feature with this key; `undefined` if no variable overrides it. */
  text(key: string): string | undefined {
    const name = key.replaceAll(" ", "_");
    return this.#long.get(name) ?? this.#short.get(name);
  }

  /** Returns the text of the variable that overrides the feature. */
  intercept({ key }: InterceptedRead): Override {
    return this.text(key);
  }
}
