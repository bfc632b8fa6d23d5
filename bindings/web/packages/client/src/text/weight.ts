/**
 * The memory that reading a message takes, estimated from the number of its parts before they are read, as in the crate `fh-eval`.
 *
 * @packageDocumentation
 */

import { endOfText } from "./json.ts";
import { byteLength } from "./text.ts";

/** The largest message whose parts cannot take too much memory, in bytes. */
const SMALL = 350_000;
/** Memory of a list or an object that is an element of a list, such as a rule, in bytes. */
const COMPOUND = 256;
/** Memory of another element of a list, such as a value of a rule, in bytes. */
const SCALAR = 86;
/** Memory of a member of an object, in bytes. */
const MEMBER = 64;
/** Number of members above which engines of JavaScript keep an object as a hash table. */
const MANY = 1_000;
/** Memory of a further member of such an object, in bytes. Rust needs no more than for another member. */
const FURTHER_MEMBER = 256;

/** The reason why a message is refused, after words such as `the document has`. */
export const TOO_DENSE =
  "so many small parts that reading it would take more than 8 times its size and 32 MB of memory: split it, or leave parts out";

/**
 * Returns true if a message has so many small parts that reading it might take more than 8 times its size and 32 MB. Then the message should
 * be refused before it is read. A text that is not JSON may be refused, too.
 */
export function isTooDense(json: string): boolean {
  const size = byteLength(json);
  if (size <= SMALL) return false;
  let left = size * 8 + 32e6;
  /** The number of members of each object around the present one; -1 for a list. */
  const around: number[] = [];
  let members = 0;
  let wasScalar = false;
  for (let at = 0; at < json.length && left >= 0; at++) {
    const unit = json.charCodeAt(at);
    let isScalar = false;
    switch (unit) {
      case 0x3a: // :
        left -= members++ < MANY ? MEMBER : FURTHER_MEMBER;
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (members < 0) left -= COMPOUND;
        around.push(members);
        members = unit === 0x5b ? -1 : 0;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        members = around.pop() ?? 0;
        break;
      case 0x22: // "
        if (members < 0) left -= SCALAR;
        at = endOfText(json, at) - 1;
        break;
      default:
        isScalar = unit > 0x20 && unit !== 0x2c;
        if (isScalar && !wasScalar && members < 0) left -= SCALAR;
    }
    wasScalar = isScalar;
  }
  return left < 0;
}
