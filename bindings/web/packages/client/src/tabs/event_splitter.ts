/** Cuts the bytes of a stream into the texts of its events, with LF as line ends. Lines of comments between events are texts of their own. */
export class EventSplitter {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #rest = "";
  /** The part of the rest in which no event ends. */
  #searched = 0;
  #endsWithCr = false;

  /** Returns the texts that end with these bytes. */
  push(bytes: Uint8Array): string[] {
    let text = (this.#endsWithCr ? "\r" : "") + this.#decoder.decode(bytes, { stream: true });
    // A line feed that belongs to this carriage return may follow.
    this.#endsWithCr = text.endsWith("\r");
    if (this.#endsWithCr) text = text.slice(0, -1);
    this.#rest += text.replace(/\r\n?/g, "\n");
    const found: string[] = [];
    let start = 0;
    for (;;) {
      const end = this.#rest.indexOf("\n\n", Math.max(this.#searched, start));
      if (end < 0) break;
      found.push(this.#rest.slice(start, end + 2));
      start = end + 2;
    }
    this.#rest = this.#rest.slice(start);
    this.#searched = Math.max(this.#rest.length - 1, 0);
    if (/^(?::.*\n)+$/.test(this.#rest)) {
      found.push(this.#rest);
      this.#rest = "";
      this.#searched = 0;
    }
    return found;
  }
}

/** Returns true if the text of an event is a list of features. */
export function isList(text: string): boolean {
  return /^event: ?features$/m.test(text);
}

/** Returns the event with a list of features. */
export function listEvent(features: Iterable<string>): string {
  const data = `[${[...features].join(",")}]`.replace(/\r\n?|\n/g, "\ndata: ");
  return `event: features\ndata: ${data}\n\n`;
}
