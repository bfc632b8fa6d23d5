import type { Attributes } from "../attributes.ts";
import { sha256 } from "../text/sha256.ts";
import { compareBytes, percentEncoded, utf8 } from "../text/text.ts";

/**
 * Returns the SHA-256 of a context, in lower-case hexadecimal. Equal contexts have equal hashes, whatever the order of their
 * attributes.
 *
 * The input is `name=value,value&name=value`, sorted by name. Names and values are percent-encoded with the escapes of the header
 * `x-featurehub`. Values are encoded before they are joined with commas, so that the value `a,b` and the two values `a` and `b`
 * differ. The hash is no secret: anyone who can guess a context can compute its hash.
 */
export function contextHash(attributes: Attributes): string {
  const pairs = [...attributes].sort(([left], [right]) => compareBytes(left, right));
  const encoded = (text: string) => percentEncoded(text);
  const texts = pairs.map(([name, values]) => `${percentEncoded(name)}=${values.map(encoded).join(",")}`);
  return sha256(utf8(texts.join("&")));
}
