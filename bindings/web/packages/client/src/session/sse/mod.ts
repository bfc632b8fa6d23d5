import { type Field, FieldName } from "./field.ts";
import { type Milliseconds, Value, withDigits } from "./value.ts";

/** Maximum size in bytes of an event's name, and of an event's id. Real names and ids have some dozen bytes. */
const NAME_LIMIT = 64 * 1024;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A complete server-sent event. */
export interface Event {
  /** The name of the event; `message` if the event has no `event` line, or an empty `event` line. */
  readonly name: string;
  /** The values of the event's `data` lines, joined by line feeds. */
  readonly data: string;
  /** The last valid id in the stream, from this event or from an earlier line; `undefined` if the stream has sent no valid id. */
  readonly id: string | undefined;
}

/** The error for a line, an event, or an event's name or id that is larger than its limit. */
export type TooLarge = "too_large";

/** The unread bytes of a chunk, which begin at `at`. */
export interface Chunk {
  readonly bytes: Uint8Array;
  at: number;
}

/** The position of the next byte within its line: in the name of the field, behind the colon, or in the value. */
type Position = "name" | "after_colon" | "value" | "failed";

/**
 * A decoder for the body of one response in the WHATWG event-stream format, which processes bytes as they arrive. An
 * event that is unfinished when the body ends is dropped with the decoder. Invalid UTF-8 becomes U+FFFD.
 *
 * The bytes of a value go directly into the unfinished event, without a line buffer. The values of ignored parts are never stored. The
 * decoder limits the sizes of lines and events, which the format does not limit.
 */
export class Decoder {
  readonly #limit: number;
  #position: Position = "name";
  #fieldName = new FieldName();
  #field: Field = "ignored";
  /** True if the last byte was a carriage return. A following line feed then belongs to the same line end. */
  #isAfterCr = false;
  /** Number of bytes of the unfinished line. */
  #line = 0;
  /** Number of bytes of the complete lines that belong to the unfinished event. */
  #begun = 0;
  #name: Value;
  /** The joined values of the event's `data` lines; `undefined` until the event has one. An event without is not dispatched. */
  #data: Value | undefined;
  #nextId: Value;
  #id: string | undefined;
  #nextRetry: Milliseconds;
  #retry: number | undefined;
  #lines = 0;
  /** Number of complete parts so far: empty lines, which end events, comments, and lines of `retry` and of unknown fields. */
  parts = 0;

  /**
   * Creates a decoder for the start of a stream. The limit is the maximum size in bytes of one event and of one line. The size of an event
   * counts its `data` and `event` lines and the unfinished line, all without line ends.
   */
  constructor(limit: number) {
    this.#limit = limit;
    this.#name = new Value(Math.min(limit, NAME_LIMIT));
    this.#nextId = new Value(Math.min(limit, NAME_LIMIT));
  }

  /**
   * Consumes bytes of the chunk until an event is complete, and returns the event. Returns `undefined` once all bytes are consumed. Call
   * this method again until it returns `undefined`, because the rest of the chunk may hold more events. If the stream exceeds a limit, the
   * decoder drops its data, and this call and every later one return `too_large`.
   */
  decode(chunk: Chunk): Event | TooLarge | undefined {
    const found = this.#advance(chunk);
    if (found === "too_large") {
      this.#position = "failed";
      this.#isAfterCr = false;
      this.#line = this.#begun = 0;
      this.#data?.clear();
      this.#data = this.#id = undefined;
      this.#name.clear();
      this.#nextId.clear();
    }
    return found;
  }

  /** The last valid `retry` value of the stream in milliseconds; `undefined` if the stream has sent no such value. */
  get retry(): number | undefined {
    return this.#retry;
  }

  /** Number of complete lines so far, including comments and empty lines. Each line shows that the connection works. */
  get lines(): number {
    return this.#lines;
  }

  /**
   * Number of bytes of the unfinished line and the unfinished event, without line ends. Complete comments and complete lines of other fields
   * than `data` and `event` do not begin an event. 0 after an error.
   */
  get unfinished(): number {
    return this.#begun + this.#line;
  }

  /**
   * True if a complete line belongs to the unfinished event. If false, all {@link Decoder.unfinished} bytes came after the last complete
   * line.
   */
  get isWithinEvent(): boolean {
    return this.#begun > 0;
  }

  #advance(chunk: Chunk): Event | TooLarge | undefined {
    if (this.#position === "failed") return "too_large";
    const { bytes } = chunk;
    while (chunk.at < bytes.length) {
      const isSecondHalf = this.#isAfterCr && bytes[chunk.at] === LINE_FEED;
      this.#isAfterCr = false;
      if (isSecondHalf) {
        chunk.at++;
        continue;
      }
      let end = chunk.at;
      while (end < bytes.length && bytes[end] !== LINE_FEED && bytes[end] !== CARRIAGE_RETURN) end++;
      const run = bytes.subarray(chunk.at, end);
      chunk.at = end;
      if (!this.#withinLine(run)) return "too_large";
      if (end === bytes.length) break;
      chunk.at++;
      this.#isAfterCr = bytes[end] === CARRIAGE_RETURN;
      const found = this.#endLine();
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Handles bytes of one line, without the line end. Returns false if they exceed a limit. */
  #withinLine(run: Uint8Array): boolean {
    this.#line += run.length;
    if (this.#line > this.#limit - this.#begun) return false;
    if (this.#position === "name") {
      const colon = run.indexOf(0x3a);
      this.#fieldName.push(colon < 0 ? run : run.subarray(0, colon));
      if (colon < 0) return true;
      if (!this.#begin()) return false;
      this.#position = "after_colon";
      run = run.subarray(colon + 1);
    }
    if (run.length === 0) return true;
    if (this.#position === "after_colon") {
      this.#position = "value";
      if (run[0] === 0x20) run = run.subarray(1);
    }
    switch (this.#field) {
      case "data":
        return this.#data?.push(run) ?? true;
      case "event":
        return this.#name.push(run);
      case "id":
        return this.#nextId.push(run);
      case "retry":
        this.#nextRetry = withDigits(this.#nextRetry, run);
        return true;
      case "ignored":
        return true;
    }
  }

  /** Prepares for the value of a field, after the field's name was read. Returns false if the event exceeds a limit. */
  #begin(): boolean {
    this.#field = this.#fieldName.field(this.#lines === 0);
    switch (this.#field) {
      case "data":
        if (this.#data) return this.#data.push(Uint8Array.of(LINE_FEED));
        this.#data = new Value(this.#limit);
        break;
      case "event":
        this.#name.clear();
        break;
      case "id":
        this.#nextId.clear();
        break;
      case "retry":
        this.#nextRetry = undefined;
        break;
      case "ignored":
    }
    return true;
  }

  /** Completes a line. Returns the event that the line completes; `undefined` if the line completes no event. */
  #endLine(): Event | TooLarge | undefined {
    const isName = this.#position === "name";
    const isEmpty = isName && this.#fieldName.isEmpty;
    if (isName && !isEmpty && !this.#begin()) return "too_large";
    this.#position = "name";
    this.#fieldName = new FieldName();
    this.#lines++;
    if (isEmpty || this.#field === "ignored" || this.#field === "retry") this.parts++;
    if (isEmpty) return this.#dispatch();
    const line = this.#line;
    this.#line = 0;
    switch (this.#field) {
      case "data":
      case "event":
        this.#begun += line;
        break;
      case "id":
        // The standard ignores an id with a NUL character, because ids are sent in a header, which cannot hold it.
        if (!this.#nextId.includes(0)) {
          const id = this.#nextId.takeText();
          if (id === undefined) return "too_large";
          this.#id = id;
        }
        break;
      case "retry":
        if (this.#nextRetry !== undefined && !Number.isNaN(this.#nextRetry)) this.#retry = this.#nextRetry;
        break;
      case "ignored":
    }
    return undefined;
  }

  /** Completes the event at an empty line. Returns `undefined` if the event has no `data` line. */
  #dispatch(): Event | TooLarge | undefined {
    this.#begun = 0;
    const name = this.#name.takeText();
    if (name === undefined) return "too_large";
    const value = this.#data;
    this.#data = undefined;
    if (value === undefined) return undefined;
    const data = value.takeText();
    return data === undefined ? "too_large" : { name: name === "" ? "message" : name, data, id: this.#id };
  }
}
