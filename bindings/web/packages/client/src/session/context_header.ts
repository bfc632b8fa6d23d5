import type { Attributes } from "../attributes.ts";
import { percentEncoded, utf8 } from "../text/text.ts";
import { MAX_ATTRIBUTES } from "../repository/problem.ts";
import { sha256 } from "../text/sha256.ts";

/**
 * Returns the `x-featurehub` header, which sends the context of a server-evaluated key to the Edge; the empty
 * text if the context has no attributes, because then no header is sent. Equal contexts have equal headers, whatever the order of their
 * attributes. Returns `undefined` if the context has more than {@link MAX_ATTRIBUTES}.
 */
export function contextHeader(attributes: Attributes): string | undefined {
  if (attributes.size > MAX_ATTRIBUTES) return undefined;
  // The texts are ASCII, so that the order of JavaScript is that of their bytes.
  return Array.from(
    attributes,
    ([name, values]) => `${percentEncoded(name)}=${percentEncoded(values.join(","))}`,
  )
    .sort()
    .join(",");
}

/**
 * Returns the digest by which caches distinguish contexts, given as their headers: the SHA-256 in lower-case hexadecimal, or `0` if the
 * context has no attributes.
 */
export function contextSha(header: string): string {
  return header === "" ? "0" : sha256(utf8(header));
}

/** Returns the names of the attributes of which a value contains a comma. An Edge splits such a value at its commas. */
export function valuesWithCommas(attributes: Attributes): string[] {
  return Array.from(attributes)
    .filter(([, values]) => values.some((value) => value.includes(",")))
    .map(([name]) => name);
}
