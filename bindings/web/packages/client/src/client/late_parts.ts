import type { Attributes } from "../attributes.ts";
import { type ClientParts, serveSaved } from "../driver/parts.ts";
import type { ClientOptions } from "../options/options.ts";
import type { Overrides } from "../overrides/overrides.ts";
import { listen } from "../repository/lib.ts";
import { runs } from "../repository/panic_guard.ts";
import { isEdge, SNAPSHOT } from "../repository/source.ts";
import { contextHeader } from "../session/context_header.ts";
import type { Platform } from "../platform/platform.ts";
import type { ApiKeys } from "../session/lib.ts";
import { ownerOf } from "../storage/snapshot_owner.ts";
import type { StateKeeper } from "../storage/state.ts";
import { entryName, readEntry, type StateStorage } from "../storage/stored_state.ts";

/** What a client does after its first answer, with code that is loaded then. Only the last state is read at once. */
export class LateParts {
  readonly #parts: ClientParts;
  readonly #options: ClientOptions;
  readonly #context: Attributes | undefined;
  readonly #platform: Pick<Platform, "storage" | "hasTabs">;
  #storage: StateStorage | null | undefined;
  /** The keys for which the Edge has sent the last list. */
  #listed: ApiKeys | undefined;
  #keeper: StateKeeper | undefined;

  constructor(
    parts: ClientParts,
    options: ClientOptions,
    context: Attributes | undefined,
    platform: Pick<Platform, "storage" | "hasTabs">,
  ) {
    this.#parts = parts;
    this.#options = options;
    this.#context = context;
    this.#platform = platform;
    if (options.mode === "offline") return;
    this.#storage = options.storage === undefined ? platform.storage : options.storage;
    listen(parts.repository, "raw", ({ kind, source }) => {
      if (kind !== "list" || !isEdge(source)) return;
      if (!this.#listed) void this.#shareStreams();
      this.#listed = parts.driver.keys;
      if (this.#storage && !this.#keeper) void this.setStorage(this.#storage);
    });
  }

  /** Serves the last state. The keeper handles an entry that cannot be used at once, and reports why. */
  restore(): void {
    const { storageMaxAge = Infinity } = this.#options;
    const { driver, repository } = this.#parts;
    const storage = this.#storage;
    if (!storage) return;
    const owner = ownerOf(driver.keys, this.#context && contextHeader(this.#context));
    let entry: unknown;
    // The keeper meets a failure again.
    runs(() => (entry = storage.getItem(entryName(owner))));
    const saved = readEntry(entry, owner, repository.clock() - storageMaxAge * 1000);
    if (saved) serveSaved(this.#parts, saved);
    else if (entry !== null) void this.setStorage(storage);
  }

  /** Shares the stream with other tabs, if that is possible. A page without this code has a stream of its own. */
  async #shareStreams(): Promise<void> {
    const { fetch, shareAcrossTabs = fetch === undefined } = this.#options;
    if (!shareAcrossTabs || !this.#platform.hasTabs) return;
    const { driver, repository, secrets } = this.#parts;
    const loaded = await import("../tabs/tabs.ts").catch(() => undefined);
    await loaded?.shareStreams(driver, repository, secrets);
  }

  /** Loads the overrides of the tab. A failure is a notice. */
  async loadOverrides(overrides: Overrides): Promise<void> {
    try {
      const { keepOverrides } = await import("../overrides/tab.ts");
      keepOverrides(overrides, this.#options.overrideLink === true, (why) => {
        this.#ignored(why);
      });
    } catch {
      this.#ignored("the code for overrides cannot be loaded");
    }
  }

  /** Keeps features in another storage; with null, in none, and removes the entries of the former one. */
  async setStorage(storage: StateStorage | null): Promise<void> {
    const former = [this.#storage, this.#platform.storage];
    this.#storage = storage;
    try {
      const { StateKeeper } = await import("../storage/state.ts");
      this.#keeper ??= new StateKeeper(this.#parts, this.#options, this.#context);
      await this.#keeper.use(storage, former, this.#listed);
    } catch {
      this.#ignored("the code for storages cannot be loaded");
    }
  }

  #ignored(why: string): void {
    this.#parts.driver.notice({ kind: "store_ignored", source: SNAPSHOT, why });
  }
}
