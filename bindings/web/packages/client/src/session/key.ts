import { sha256 } from "../text/sha256.ts";
import { byteLength, isUnprintable, trim, utf8 } from "../text/text.ts";

/**
 * The side that evaluates strategies, which the form of the API key determines. `client`: the key contains a `*`, and
 * the Edge sends strategies. `server`: the Edge evaluates the features for the context of each request.
 */
export type KeyKind = "client" | "server";

/** The reasons why a key, or a list of keys, is invalid, each with its sentence. The sentences never contain a key. */
export const KEY_ERRORS = {
  empty: "the API key is missing or empty: write ENVIRONMENT/KEY",
  shape: "an API key looks like ENVIRONMENT/KEY",
  character: "the API key contains white space, a control character or a quote: copy it again",
  dots: "a part of the API key is `.` or `..`: copy it again",
  too_long: "the API key is longer than 1024 bytes: copy it again",
  mixed: "API keys with and without a `*` cannot be mixed: write keys of one kind",
} as const;

/** The reason why a key, or a list of keys, is invalid. */
export type KeyError = keyof typeof KEY_ERRORS;

/** Maximum length of a key in bytes. FeatureHub's schema allows 400 characters for the secret part. */
const MAX_LENGTH = 1024;

/** An API key: `environment/key`, or the old form `cache/environment/key`. `toString` shows the environment, never the secret. */
export class ApiKey {
  readonly #text: string;
  /** The id of the key's environment. */
  readonly environment: string;

  private constructor(text: string, environment: string) {
    this.#text = text;
    this.environment = environment;
  }

  /** Parses a key. White space around the key is ignored. */
  static parse(given: string): ApiKey | KeyError {
    const text = trim(given);
    if (text === "") return "empty";
    if (byteLength(text) > MAX_LENGTH) return "too_long";
    if (isUnprintable(text) || /["']/.test(text)) return "character";
    const parts = text.split("/");
    if (parts.some(isDots)) return "dots";
    const environment = parts.at(-2);
    return !environment || parts.at(-1) === "" || parts.length > 3 ? "shape" : new ApiKey(text, environment);
  }

  /** The side that evaluates strategies with this key. */
  get kind(): KeyKind {
    return this.#text.includes("*") ? "client" : "server";
  }

  /** Returns the complete key with its secret, for requests. Do not print the result. */
  expose(): string {
    return this.#text;
  }

  /** Returns the key with `***` in place of its secret. */
  toString(): string {
    return `${this.environment}/***`;
  }
}

/** Returns true if the segment is `.` or `..`, which URL parsers treat as a step to another path. */
export function isDots(segment: string): boolean {
  return segment === "." || segment === "..";
}

/**
 * One or more keys of the same kind, without duplicates, in the order in which they were given. If several environments have a feature
 * with the same key, the feature of the earliest API key's environment is used.
 */
export class ApiKeys {
  /** The first key, which is the key that a stream uses. */
  readonly first: ApiKey;
  /** All keys, in the order in which they were given. */
  readonly list: readonly ApiKey[];

  private constructor(first: ApiKey, list: readonly ApiKey[]) {
    this.first = first;
    this.list = list;
  }

  /** Parses a list of keys. The order is kept, and duplicates are removed. */
  static parse(texts: Iterable<string>): ApiKeys | KeyError {
    const keys = new Map<string, ApiKey>();
    for (const text of texts) {
      const key = ApiKey.parse(text);
      if (typeof key === "string") return key;
      if (!keys.has(key.expose())) keys.set(key.expose(), key);
    }
    const list = [...keys.values()];
    const [first] = list;
    if (first === undefined) return "empty";
    return list.some((key) => key.kind !== first.kind) ? "mixed" : new ApiKeys(first, list);
  }

  /** The side that evaluates strategies with these keys. */
  get kind(): KeyKind {
    return this.first.kind;
  }

  /** True if there is more than one key. A client with several keys does not stream. */
  get areSeveral(): boolean {
    return this.list.length > 1;
  }

  /**
   * Returns a digest of the keys in their order, for stored states that must not hold keys: a SHA-256 in lower-case hexadecimal.
   */
  fingerprint(): string {
    return sha256(utf8(this.list.map((key) => key.expose()).join("\n")));
  }
}
