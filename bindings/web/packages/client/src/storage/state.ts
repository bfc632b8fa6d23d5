import type { Attributes } from "../attributes.ts";
import { type ClientParts, serveSaved } from "../driver/parts.ts";
import type { ClientOptions } from "../options/options.ts";
import { listen, onStatus } from "../repository/lib.ts";
import { SNAPSHOT, STREAMING } from "../repository/source.ts";
import { checkOptions } from "../options/check.ts";
import { contextHeader } from "../session/context_header.ts";
import type { ApiKeys } from "../session/lib.ts";
import { readSnapshot } from "./snapshot_form.ts";
import { ownerOf, type SnapshotOwner } from "./snapshot_owner.ts";
import { errorText, type SnapshotText, SnapshotWriter } from "./snapshot_writer.ts";
import { inTime, StateEntries } from "./entries.ts";
import { statusOf } from "../driver/status.ts";
import { entryName, MOST_STORED, type StateStorage } from "./stored_state.ts";

/** Keeps the last features of a client in a storage. Whatever is wrong with the storage or its entries is reported as a notice, once. */
export class StateKeeper {
  readonly #parts: ClientParts;
  readonly #context: Attributes | undefined;
  readonly #maxAge: number;
  #keys: ApiKeys;
  #storage: StateStorage | null | undefined;
  #writer: SnapshotWriter | undefined;
  readonly #reported = new Set<string>();

  constructor(parts: ClientParts, options: ClientOptions, context?: Attributes) {
    const { storageMaxAge = Infinity } = options;
    // The first part of a page has no room for these checks.
    checkOptions(options, (name, why) => {
      console.warn(`fh-client: the option ${name}: ${why}`);
    });
    const { repository, driver } = parts;
    this.#parts = parts;
    this.#context = context;
    this.#maxAge = storageMaxAge * 1000;
    this.#keys = driver.keys;
    listen(repository, "raw", (update) => {
      if (this.#keys !== driver.keys) {
        this.#keys = driver.keys;
        this.#writer?.setOwner(this.#owner);
      }
      this.#writer?.received(update);
    });
    const ended = new AbortController();
    onStatus(repository, ({ connection }) => {
      if (connection !== "closed") this.#writer?.schedule();
      else {
        this.#writer?.close();
        ended.abort();
      }
    });
    // A client that was closed while this code was loaded calls no listener, which would end the watch.
    if (!repository.isClosed && typeof addEventListener === "function")
      addEventListener("pagehide", () => this.#writer?.flush(), { signal: ended.signal });
  }

  /**
   * Serves the features of a storage unless the client has some, and keeps features there from now on. With null, features are kept no
   * longer, and all entries of the former storages are removed. The Edge has sent a list for the keys `listed`.
   */
  async use(
    storage: StateStorage | null,
    former: Iterable<StateStorage | null | undefined>,
    listed: ApiKeys | undefined,
  ): Promise<void> {
    this.#writer?.stop();
    this.#writer = undefined;
    this.#storage = storage;
    if (!storage) {
      for (const each of new Set(former)) if (each) await new StateEntries(each).clear().catch(this.#failed);
      return;
    }
    const entries = new StateEntries(storage);
    const { driver, repository } = this.#parts;
    const write = ({ text, context }: SnapshotText): Promise<void> =>
      entries.write(entryName({ ...this.#owner, context }), text);
    const writer = new SnapshotWriter(
      {
        write,
        writeNow: (snapshot) => void write(snapshot).catch(this.#failed),
        rules: () => driver.received ?? repository.live.rules,
        status: () => statusOf(this.#parts),
        clock: repository.clock,
        onFailure: this.#failed,
      },
      this.#owner,
    );
    this.#writer = writer;
    if (listed !== driver.keys) await this.#restore(storage);
    else writer.received({ kind: "list", source: STREAMING, environment: undefined, json: "" });
    // A client that was closed meanwhile writes once, and sets no timer.
    if (repository.isClosed) writer.close();
  }

  get #owner(): SnapshotOwner {
    return ownerOf(this.#keys, this.#context && contextHeader(this.#context));
  }

  async #restore(storage: StateStorage): Promise<void> {
    const { repository } = this.#parts;
    const hasFeatures = (): boolean => this.#storage !== storage || repository.status.updated !== undefined;
    if (hasFeatures()) return;
    try {
      const owner = this.#owner;
      const entry = await inTime(storage.getItem(entryName(owner)));
      if (typeof entry !== "string" || hasFeatures()) return;
      if (entry.length > MOST_STORED) throw new Error("the entry has more than a million characters");
      const saved = readSnapshot(entry, owner, "entry");
      if (typeof saved === "string") this.#report(saved);
      else if (repository.clock() - saved.savedAt > this.#maxAge)
        this.#report("the snapshot is older than the maximum age");
      else serveSaved(this.#parts, saved);
    } catch (error) {
      this.#failed(error);
    }
  }

  readonly #failed = (error: unknown): void => {
    this.#report(`the storage cannot be used: ${errorText(error)}`);
  };

  #report(why: string): void {
    if (this.#reported.has(why)) return;
    this.#reported.add(why);
    this.#parts.driver.notice({ kind: "store_ignored", source: SNAPSHOT, why });
  }
}
