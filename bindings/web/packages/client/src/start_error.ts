import type { Attributes } from "./attributes.ts";
import type { BackoffOptions, ClientOptions, LimitOptions } from "./options.ts";
import {
  ApiKeys,
  type Backoff,
  type Config,
  contextHeader,
  defaultConfig,
  EdgeUrl,
  KEY_ERRORS,
  type Mode,
  type Request,
  URL_ERRORS,
} from "./session/lib.ts";
import { MAX_ATTRIBUTES } from "./repository/problem.ts";
import { whole } from "./session/delay.ts";
import { lowerCase } from "./text.ts";

/** The URL and the key of an offline client to which the program gave none. */
const [NOWHERE, NO_KEY] = ["http://offline.invalid", "offline/offline*"];

/** The settings that are one of several words. */
const CHOICES = [
  ["mode", ["streaming", "oneOff", "offline"]],
  ["contextPlacement", ["header", "query"]],
  ["whileSwitching", ["hideValues", "keepValues"]],
  ["profile", ["client", "edge"]],
] as const satisfies readonly (readonly [keyof ClientOptions, readonly string[]])[];

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
    const why = OURS.has(lower)
      ? "the client sets it itself: leave it out"
      : !/^[\w!#$%&'*+.^`|~-]+$/.test(name)
        ? "its name is invalid: write ASCII letters, digits and `-`"
        : !isHeaderValue(value)
          ? "its value contains a line end or another control character: remove it"
          : undefined;
    if (why !== undefined)
      throw new TypeError(`the header ${JSON.stringify(name)} cannot be sent, because ${why}`);
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
  const { identification, limits = {}, mode, returnWithin = [] } = options;
  const isOffline = mode === "offline";
  // Programs in JavaScript may pass other types.
  const edge = EdgeUrl.parse(isOffline && url === "" ? NOWHERE : textOf(url));
  if (typeof edge === "string") throw new TypeError(URL_ERRORS[edge]);
  const given = apiKey as typeof apiKey | null;
  const texts = typeof given === "object" && given ? Array.from(given, textOf) : [textOf(given)];
  const isKeyless = texts.every((text) => text === "");
  const keys = parseKeys(isOffline && isKeyless ? [NO_KEY] : texts, mustStream(options));
  const usual = defaultConfig(edge, keys);
  const [backoff, refused] = [
    parseBackoff("backoff", options.backoff, usual.backoff),
    parseBackoff("backoffWhenRefused", options.backoffWhenRefused, usual.refused),
  ];
  for (const [name, choices] of CHOICES) {
    const word = options[name];
    if (word !== undefined && !(choices as readonly string[]).includes(word))
      neverWorks(name, `it is none of the known words: write ${choices.join(", ")}`);
  }
  if (identification !== undefined && !isHeaderValue(identification))
    neverWorks("identification", "a header value must not contain line ends or other control characters: remove them");
  if (context && keys.kind === "server" && contextHeader(context) === undefined)
    throw new TypeError(
      `the context has ${context.size} attributes; an Edge evaluates at most ${MAX_ATTRIBUTES} attributes`,
    );
  const limit = (name: keyof LimitOptions, unit = 1000): number => {
    const found = millis(`limits.${name}`, limits[name], usual.limits[name], unit);
    if (found === 0) neverWorks(`limits.${name}`, "the limit is zero: write more than 0");
    return found;
  };
  return {
    ...usual,
    mode: modeOf(options) ?? usual.mode,
    contextPlacement: options.contextPlacement ?? "header",
    whileSwitching: options.whileSwitching === "keepValues" ? "keep_values" : "hide_values",
    identification,
    backoff,
    refused,
    healthyAfter: millis("healthyAfter", options.healthyAfter, usual.healthyAfter),
    returnWithin: [
      millis("returnWithin", returnWithin[0], usual.returnWithin[0]),
      millis("returnWithin", returnWithin[1], usual.returnWithin[1]),
    ],
    streamAgainAfter: millis("streamAgainAfter", options.streamAgainAfter, usual.streamAgainAfter),
    pace: millis("pace", options.pace, usual.pace),
    limits: {
      ...usual.limits,
      head: limit("head"),
      poll: limit("poll"),
      idle: limit("idle"),
      heldBack: limit("heldBack"),
      bytes: limit("bytes", 1),
    },
  };
}

/** @throws the error of a setting with which a client can never work */
function neverWorks(name: string, why: string): never {
  throw new TypeError(`the setting ${name} can never work: ${why}`);
}

/** Returns true if the program has selected streaming, so that it is not only the default. */
export function mustStream({ mode }: ClientOptions): boolean {
  return mode === "streaming";
}

/** Returns a duration of seconds in whole milliseconds, or the usual duration if none is given. */
function millis(name: string, seconds: number | undefined, usual: number, unit = 1000): number {
  if (seconds === undefined) return usual;
  if (!(seconds >= 0)) neverWorks(name, "it is not a number from 0: write a number, such as 1");
  return whole(seconds * unit);
}

/** Returns the text of a URL or a key; empty without one. */
function textOf(given: unknown): string {
  return String(given ?? "");
}

function modeOf({ mode, poll, passivePoll }: ClientOptions): Mode | undefined {
  if (mode !== undefined) return { kind: mode === "oneOff" ? "one_off" : mode };
  const seconds = poll ?? passivePoll;
  if (seconds === undefined) return undefined;
  const interval = millis(poll === undefined ? "passivePoll" : "poll", seconds, 0);
  if (interval === 0) return { kind: "one_off" };
  return { kind: poll === undefined ? "passive_polling" : "active_polling", interval };
}

function parseBackoff(name: string, { initial, cap, jitter }: BackoffOptions = {}, usual: Backoff): Backoff {
  const found = {
    initial: millis(`${name}.initial`, initial, usual.initial),
    cap: millis(`${name}.cap`, cap, usual.cap),
    jitter: jitter ?? usual.jitter,
  };
  if (found.cap < found.initial)
    neverWorks(`${name}.cap`, `it is shorter than ${name}.initial: write at least that delay`);
  if (!(found.jitter >= 0 && found.jitter <= 1))
    neverWorks(`${name}.jitter`, "it is not a number from 0 to 1: write, for example, 0.5");
  return found;
}

function isHeaderValue(value: string): boolean {
  // eslint-disable-next-line no-control-regex -- the characters that a header cannot contain
  return !/[\0-\x08\n-\x1f\x7f]/.test(value);
}
