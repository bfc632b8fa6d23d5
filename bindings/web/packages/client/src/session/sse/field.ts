/**
 * The meaning of a line of an event stream, given by its field name. `ignored`: the line is a comment, or its name is not part of the
 * standard.
 */
export type Field = "data" | "event" | "id" | "retry" | "ignored";

/** Length in bytes of a byte order mark followed by the longest known name. */
const LONGEST = 8;
const BYTE_ORDER_MARK = "\xef\xbb\xbf";

/** The name at the start of a line, of which only a part may have arrived. */
export class FieldName {
  /** The bytes of the name, each as one character. A name that is too long has one byte more than {@link LONGEST}. */
  #bytes = "";

  push(bytes: Uint8Array): void {
    const free = LONGEST + 1 - this.#bytes.length;
    this.#bytes += String.fromCharCode(...bytes.subarray(0, free));
  }

  get isEmpty(): boolean {
    return this.#bytes === "";
  }

  /** Returns the field with this name, which must be complete. On the first line of a stream, a byte order mark may precede the name. */
  field(isFirstLine: boolean): Field {
    const hasMark = isFirstLine && this.#bytes.startsWith(BYTE_ORDER_MARK);
    const name = hasMark ? this.#bytes.slice(BYTE_ORDER_MARK.length) : this.#bytes;
    return name === "data" || name === "event" || name === "id" || name === "retry" ? name : "ignored";
  }
}
