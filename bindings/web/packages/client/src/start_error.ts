import type { Attributes } from "./attributes.ts";
import type { BackoffOptions, ClientOptions } from "./options.ts";
import { problemText } from "./repository/lib.ts";
import {
  ApiKeys,
  type Backoff,
  type Config,
  contextHeader,
  defaultConfig,
  EdgeUrl,
  KEY_ERRORS,
  type Limits,
  type Mode,
  type Request,
  URL_ERRORS,
} from "./session/lib.ts";
import { whole } from "./session/delay.ts";
import { lowerCase } from "./text.ts";

/** The URL and the key of an offline client to which the program gave none. */
const [NOWHERE, NO_KEY] = ["http://offline.invalid", "offline/offline*"];

/** The names of headers that the client or the platform sets. */
const OURS = new Set([
  ...["accept", "accept-encoding", "connection", "content-length", "content-type", "host", "if-none-match"],
  ...["transfer-encoding", "x-featurehub", "x-sdk"],
]);

/** Returns the API keys. @throws a TypeError without the keys if they are invalid, or if they cannot be streamed (D-77). */
export function parseKeys(texts: string | Iterable<string>, mustStream: boolean): ApiKeys {
  const keys = ApiKeys.parse(typeof texts === "string" ? [texts] : texts);
  if (typeof keys === "string") throw new TypeError(KEY_ERRORS[keys]);
  if (mustStream && keys.areSeveral) throw new TypeError("several API keys cannot be streamed: use polling");
  return keys;
}

/** Returns headers with names in lower case. @throws a TypeError if a header cannot be sent */
export function parseHeaders(given: Readonly<Record<string, string>>): Request["headers"] {
  return Object.entries(given).map(([name, value]) => {
    const lower = lowerCase(name);
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || OURS.has(lower) || !isHeaderValue(value)) {
      const why = "its name or value is invalid, or the client sets this header";
      throw new TypeError(`the header ${JSON.stringify(name)} cannot be sent: ${why}`);
    }
    return [lower, value];
  });
}

/**
 * Returns the session's settings.
 *
 * @throws a TypeError with the text of Rust's `StartError`, which contains no key
 */
export function parseSettings(
  url: string,
  apiKey: string | Iterable<string>,
  options: ClientOptions,
  context: Attributes | undefined,
): Config {
  const isOffline = options.mode === "offline";
  const edge = EdgeUrl.parse(isOffline && url === "" ? NOWHERE : url);
  if (typeof edge === "string") throw new TypeError(URL_ERRORS[edge]);
  const texts = typeof apiKey === "string" ? [apiKey] : [...apiKey];
  const isKeyless = texts.every((text) => text === "");
  const keys = parseKeys(isOffline && isKeyless ? [NO_KEY] : texts, mustStream(options));
  const defaults = defaultConfig(edge, keys);
  const backoff = parseBackoff(options.backoff, defaults.backoff);
  const refused = parseBackoff(options.backoffWhenRefused, defaults.refused);
  const { identification } = options;
  if (identification !== undefined && !isHeaderValue(identification)) {
    const why = "a header value must not contain line ends or other control characters";
    throw new TypeError(`the setting identification can never work: ${why}`);
  }
  if (context && keys.kind === "server" && contextHeader(context) === undefined)
    throw new TypeError(problemText({ code: "context", attributes: context.size }));
  return {
    ...defaults,
    mode: modeOf(options) ?? defaults.mode,
    contextPlacement: options.contextPlacement ?? "header",
    whileSwitching: options.whileSwitching === "keepValues" ? "keep_values" : "hide_values",
    identification,
    backoff,
    refused,
    ...parseDelays(options, defaults),
    limits: parseLimits(options, defaults.limits),
  };
}

/** Returns true if the program has selected streaming, so that it is not only the default. */
export function mustStream({ mode }: ClientOptions): boolean {
  return mode === "streaming";
}

function modeOf({ mode, poll, passivePoll }: ClientOptions): Mode | undefined {
  if (mode !== undefined) return { kind: mode === "oneOff" ? "one_off" : mode };
  const seconds = poll ?? passivePoll;
  if (seconds === undefined) return undefined;
  const interval = whole(seconds * 1000);
  if (interval === 0) return { kind: "one_off" };
  return { kind: poll === undefined ? "passive_polling" : "active_polling", interval };
}

function parseBackoff(given: BackoffOptions | undefined, defaults: Backoff): Backoff {
  const initial = given?.initial === undefined ? defaults.initial : whole(given.initial * 1000);
  const cap = given?.cap === undefined ? defaults.cap : whole(given.cap * 1000);
  const jitter = given?.jitter ?? defaults.jitter;
  if (cap < initial || !(jitter >= 0 && jitter <= 1))
    throw new TypeError(
      "invalid back-off: the cap must be at least the initial delay, and the jitter from 0 to 1",
    );
  return { initial, cap, jitter };
}

function parseDelays(
  options: ClientOptions,
  defaults: Config,
): Pick<Config, "healthyAfter" | "returnWithin" | "streamAgainAfter" | "pace"> {
  const of = (seconds: number | undefined, usual: number): number =>
    seconds === undefined ? usual : whole(seconds * 1000);
  const [shortest, longest] = defaults.returnWithin;
  return {
    healthyAfter: of(options.healthyAfter, defaults.healthyAfter),
    returnWithin: [of(options.returnWithin?.[0], shortest), of(options.returnWithin?.[1], longest)],
    streamAgainAfter: of(options.streamAgainAfter, defaults.streamAgainAfter),
    pace: of(options.pace, defaults.pace),
  };
}

function parseLimits({ limits = {} }: ClientOptions, defaults: Limits): Limits {
  const { head, poll, idle, bytes } = limits;
  const of = (name: string, seconds: number | undefined, usual: number): number => {
    const limit = seconds === undefined ? usual : whole(seconds * 1000);
    if (limit === 0) throw new TypeError(`the setting limits.${name} can never work: the limit is zero`);
    return limit;
  };
  return {
    connect: defaults.connect,
    head: of("head", head, defaults.head),
    poll: of("poll", poll, defaults.poll),
    idle: of("idle", idle, defaults.idle),
    bytes: of("bytes", bytes === undefined ? undefined : bytes / 1000, defaults.bytes),
  };
}

function isHeaderValue(value: string): boolean {
  // eslint-disable-next-line no-control-regex -- the characters that a header cannot contain
  return !/[\0-\x08\n-\x1f\x7f]/.test(value);
}
