import { type ApiKeys, type Request, Secrets } from "../session/lib.ts";

/** Maximum number of earlier keys and headers that are remembered, as in Rust: a problem of one request is shown until another ends. */
const MOST_SENT = 8;

type Sent = readonly [keys: ApiKeys, headers: Request["headers"]];

/** The current API keys and headers, and those of the last requests, which must not appear in the texts of errors and notices. */
export class SentSecrets {
  #current: Sent;
  readonly #sent: Sent[] = [];
  #secrets: Secrets | undefined;

  constructor(keys: ApiKeys, headers: Request["headers"]) {
    this.#current = [keys, headers];
  }

  /** The current API keys. */
  get keys(): ApiKeys {
    return this.#current[0];
  }

  /** The program's own headers. */
  get headers(): Request["headers"] {
    return this.#current[1];
  }

  /** The secrets to remove from texts. */
  get now(): Secrets {
    return (this.#secrets ??= this.#collected());
  }

  /** Replaces the current keys. */
  setKeys(keys: ApiKeys): void {
    this.#current = [keys, this.headers];
    this.#secrets = undefined;
  }

  /** Replaces the current headers. */
  setHeaders(headers: Request["headers"]): void {
    this.#current = [this.keys, headers];
    this.#secrets = undefined;
  }

  /** Remembers the current keys and headers, because a request is sent with them. */
  remember(): void {
    if (this.#sent.at(-1) === this.#current) return;
    this.#sent.push(this.#current);
    if (this.#sent.length > MOST_SENT) this.#sent.shift();
    this.#secrets = undefined;
  }

  #collected(): Secrets {
    const all = [...this.#sent, this.#current];
    return new Secrets(
      all.flatMap(([keys]) => keys.list),
      all.flatMap(([, headers]) => headers.map(([, value]) => value)),
    );
  }
}
