import type { Notice } from "../repository/notice.ts";
import type { Problem } from "../repository/problem.ts";
import { characters, trim, widthAt } from "../text/text.ts";
import type { ApiKey } from "./key.ts";

/** Minimum length in characters of a secret's spelling that is removed. A shorter spelling could occur in other words by chance. */
const SHORTEST = 6;
/** Minimum length in characters of a secret's beginning that is removed. A shorter beginning reveals little of the key. */
const SHORTEST_BEGINNING = 8;

/**
 * The secret parts of API keys, and values of headers. They can be removed from texts of servers, proxies and transports, which often
 * repeat URLs.
 *
 * Secrets of keys are found in plain form, and with every `*` written as `%2A` or every `*` as `%2a`; values of headers only in plain
 * form. The first 8 or more characters of a secret are found as well, because a text may be cut off within a secret. Spellings with fewer
 * than 6 characters are not found. The environment id is not removed.
 */
export class Secrets {
  readonly #spellings: readonly string[];

  /**
   * Collects the secrets of these keys, and the values of headers that a program sends. Each value of a header is added as a whole, and
   * without its first word, which may be a scheme (`Bearer`, `Basic`).
   */
  constructor(keys: Iterable<ApiKey>, headerValues: Iterable<string> = []) {
    const spellings = new Set<string>();
    for (const key of keys) {
      const text = key.expose();
      const secret = text.slice(text.lastIndexOf("/") + 1);
      for (const star of ["*", "%2A", "%2a"]) spellings.add(secret.replaceAll("*", star));
    }
    for (const given of headerValues) {
      const value = trim(given);
      spellings.add(value).add(trim(value.slice(value.indexOf(" ") + 1)));
    }
    this.#spellings = [...spellings].filter((spelling) => characters(spelling) >= SHORTEST);
  }

  /** Returns the text with `***` in place of each secret, and of each beginning of a secret with at least 8 characters. */
  wiped(text: string): string {
    let wiped = "";
    for (let at = 0; at < text.length;) {
      const found = Math.max(0, ...this.#spellings.map((secret) => foundLength(text, at, secret)));
      const end = at + (found || widthAt(text, at));
      wiped += found > 0 ? "***" : text.slice(at, end);
      at = end;
    }
    return wiped;
  }

  /** Returns the problem with `***` in place of each secret in its text. */
  wipedFrom(problem: Problem): Problem {
    return "text" in problem ? { ...problem, text: this.wiped(problem.text) } : problem;
  }

  /** Returns the notice with `***` in place of each secret in its description of ignored parts or features. */
  wipedOff(notice: Notice): Notice {
    if (notice.kind === "ignored") return { ...notice, what: this.wiped(notice.what) };
    return notice.kind === "store_ignored" ? { ...notice, why: this.wiped(notice.why) } : notice;
  }
}

/**
 * Compares the text from `start` on with the secret. Returns the length of the match if the text continues with the whole secret, or with
 * the first {@link SHORTEST_BEGINNING} or more characters of the secret. Otherwise returns 0.
 */
function foundLength(text: string, start: number, secret: string): number {
  let length = 0;
  let count = 0;
  while (length < secret.length && secret.codePointAt(length) === text.codePointAt(start + length)) {
    length += widthAt(secret, length);
    count++;
  }
  return length === secret.length || count >= SHORTEST_BEGINNING ? length : 0;
}
