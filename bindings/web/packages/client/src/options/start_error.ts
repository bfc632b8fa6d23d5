import type { Attributes } from "../attributes.ts";
import type { BackoffOptions, ClientOptions } from "./options.ts";
import {
  ApiKeys,
  type Backoff,
  type Config,
  contextHeader,
  DEFAULT_INTERVAL,
  defaultConfig,
  EdgeUrl,
  KEY_ERRORS,
  type Mode,
  type Request,
  URL_ERRORS,
} from "../session/lib.ts";
import { MAX_ATTRIBUTES } from "../repository/problem.ts";
import { whole } from "../session/delay.ts";
import { lowerCase } from "../text/text.ts";

/** The URL and the key of an offline client to which the program gave none. */
const [NOWHERE, NO_KEY] = ["http://offline.invalid", "offline/offline*"];

/** The names of headers that the client or the platform sets. */
const OURS =
  /^(?:accept(?:-encoding)?|connection|content-(?:length|type)|host|if-none-match|transfer-encoding|x-(?:featurehub|sdk))$/i;

/** The words of the settings that have a choice. */
const CHOICES: Readonly<Record<string, string>> = {
  mode: "streaming, polling, passive, once, offline",
  contextPlacement: "header, query",
  whileSwitching: "hide, keep",
  overrides: "session",
  whenHidden: "continue, pause",
  profile: "client, edge",
};

/** Returns the API keys. @throws a TypeError without the keys if they are invalid, or if they cannot be streamed. */
export function parseKeys(texts: string | Iterable<string>, mustStream: boolean): ApiKeys {
  const keys = ApiKeys.parse(typeof texts === "string" ? [texts] : texts);
  if (typeof keys === "string") throw new TypeError(KEY_ERRORS[keys]);
  if (mustStream && keys.areSeveral) throw new TypeError("several API keys cannot be streamed: use polling");
  return keys;
}

/** Returns headers with names in lower case. @throws a TypeError if a header cannot be sent */
export function parseHeaders(given: Readonly<Record<string, string>>): Request["headers"] {
  return Object.entries(given).map(([name, value]) => {
    const isOurs = OURS.test(name);
    if (isOurs || !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !isHeaderValue(value)) {
      const why = isOurs ? "leave it to the client" : "remove invalid characters from its name or value";
      throw new TypeError(`the header ${JSON.stringify(name)} cannot be sent: ${why}`);
    }
    return [lowerCase(name), value];
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
  for (const [name, words] of Object.entries(CHOICES)) {
    const given = options[name as keyof ClientOptions];
    if (given && !words.split(", ").includes(given as string)) neverWorks(name, `write ${words}`);
  }
  const { identification, limits = {}, returnWithin = [] } = options;
  const isOffline = options.mode === "offline";
  const edge = EdgeUrl.parse(isOffline && url === "" ? NOWHERE : textOf(url));
  if (typeof edge === "string") throw new TypeError(URL_ERRORS[edge]);
  const texts = typeof apiKey === "object" ? [...apiKey] : [textOf(apiKey)];
  const isKeyless = texts.every((text) => text === "");
  const keys = parseKeys(isOffline && isKeyless ? [NO_KEY] : texts, mustStream(options));
  const usual = defaultConfig(edge, keys);
  const [backoff, refused] = [
    parseBackoff("backoff", options.backoff, usual.backoff),
    parseBackoff("backoffWhenRefused", options.backoffWhenRefused, usual.refused),
  ];
  if (identification !== undefined && !isHeaderValue(identification))
    neverWorks("identification", "remove control characters");
  if (context && keys.kind === "server" && contextHeader(context) === undefined)
    throw new TypeError(
      `the context has ${context.size} attributes; an Edge evaluates at most ${MAX_ATTRIBUTES} attributes`,
    );
  const [shortest, longest] = usual.returnWithin.map((each, at) =>
    millis("returnWithin", returnWithin[at], each),
  ) as [number, number];
  if (shortest > longest) neverWorks("returnWithin", "write the shorter delay first");
  return {
    ...usual,
    ...durations("", usual, options as Given),
    mode: modeOf(options, usual.mode),
    contextPlacement: options.contextPlacement ?? usual.contextPlacement,
    whileSwitching: options.whileSwitching ?? usual.whileSwitching,
    identification,
    backoff,
    refused,
    returnWithin: [shortest, longest],
    limits: durations("limits.", usual.limits, limits as Given, 1),
  };
}

type Given = Readonly<Record<string, number | undefined>>;

/**
 * Returns the settings of an object that are numbers, with the values that are given under their names. Each is a duration in seconds, except
 * the size of a response.
 */
function durations<T extends object>(prefix: string, usual: T, given: Given, least = 0): T {
  const numbers = Object.entries(usual).filter(([, each]) => typeof each === "number") as [string, number][];
  return Object.fromEntries(
    numbers.map(([name, each]) => [
      name,
      millis(prefix + name, given[name], each, name === "bytes" ? 1 : 1000, least),
    ]),
  ) as T;
}

/** @throws the error of a setting with which a client can never work */
function neverWorks(name: string, why: string): never {
  throw new TypeError(`the setting ${name} can never work: ${why}`);
}

/** Returns true if the program has selected streaming, so that it is not only the default. */
export function mustStream({ mode }: ClientOptions): boolean {
  return mode === "streaming";
}

/**
 * Returns a duration of seconds in whole milliseconds, or the usual duration if none is given.
 *
 * @throws the error of a setting that is no number, negative, or less than `least` milliseconds
 */
function millis(name: string, seconds: number | undefined, usual: number, unit = 1000, least = 0): number {
  if (seconds === undefined) return usual;
  const found = whole(seconds * unit);
  return typeof seconds === "number" && seconds >= 0 && found >= least
    ? found
    : neverWorks(name, "write a positive number");
}

/** Returns the text of a URL or a key. Programs in JavaScript may give another type, or none. */
function textOf(given: unknown): string {
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- the text of an object is no URL and no key
  return String(given ?? "");
}

/** Returns the mode of the options, or the usual mode if they have none. */
function modeOf({ mode, interval }: ClientOptions, usual: Mode): Mode {
  if (mode !== "polling" && mode !== "passive") {
    if (interval !== undefined) neverWorks("interval", 'write mode "polling" or "passive"');
    return mode ? { kind: mode } : usual;
  }
  const every = millis("interval", interval, DEFAULT_INTERVAL);
  return every ? { kind: mode, interval: every } : { kind: "once" };
}

function parseBackoff(name: string, given: BackoffOptions = {}, usual: Backoff): Backoff {
  const initial = millis(name, given.initial, usual.initial);
  const cap = millis(name, given.cap, usual.cap);
  const { jitter = usual.jitter } = given;
  if (cap < initial || !(jitter >= 0 && jitter <= 1))
    neverWorks(name, "write a cap of at least the initial delay, and a jitter from 0 to 1");
  return { initial, cap, jitter };
}

function isHeaderValue(value: string): boolean {
  // eslint-disable-next-line no-control-regex -- the characters that a header cannot contain
  return !/[\0-\x08\n-\x1f\x7f]/.test(value);
}
