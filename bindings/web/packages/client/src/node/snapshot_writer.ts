import type { RawUpdate, Rules } from "../repository/lib.ts";
import { type SnapshotOwner, writeSnapshot } from "../snapshot_form.ts";
import type { Status } from "../status.ts";
import { replace, replaceNow } from "./snapshot_file.ts";

/** The shortest time in milliseconds between two writes of new features. */
const PAUSE = 5000;
/** The time in milliseconds after which the file is written again without new features, if the Edge has confirmed the features. */
const CONFIRM = 600_000;

/** The parts of a client from which the file is written. */
export interface SnapshotSource {
  /** The path of the file. */
  readonly path: string;
  /** Returns the features that were received last, also if they are held back. */
  readonly rules: () => Rules;
  readonly status: () => Status;
  /** Returns the milliseconds since 1970. */
  readonly clock: () => number;
  /** Called if a write failed. */
  readonly onFailure: (error: unknown) => void;
}

/** Writes the snapshot file of one client. */
export class SnapshotWriter {
  readonly #source: SnapshotSource;
  #owner: SnapshotOwner;
  /** True once the Edge has sent a list for the present keys. Until then the features may be those of the file, or of other keys. */
  #hasList = false;
  #isNew = false;
  /** The time of the last write on the monotonic clock. */
  #written = -Infinity;
  /** The time at which the features of the last write were known to be current. */
  #savedAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #isWriting = false;
  #isClosed = false;

  constructor(source: SnapshotSource, owner: SnapshotOwner) {
    this.#source = source;
    this.#owner = owner;
  }

  /** Notes that an update was received. */
  received({ kind, source }: RawUpdate): void {
    this.#hasList ||= kind === "list" && (source.kind === "polling" || source.kind === "streaming");
    this.#isNew = true;
    this.schedule();
  }

  /** Writes for these keys from now on, once the Edge has sent a list for them. */
  setOwner(owner: SnapshotOwner): void {
    this.#owner = owner;
    this.#hasList = false;
    this.#isNew = true;
  }

  /** Sets the timer for the next write. */
  schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || this.#isWriting || !this.#hasList) return;
    const at = this.#written + (this.#isNew ? PAUSE : CONFIRM);
    this.#timer = setTimeout(() => void this.#write(), Math.max(at - performance.now(), 0));
    // The last write comes when the client is closed, so that the timer need not keep the program running.
    this.#timer.unref();
  }

  async #write(): Promise<void> {
    const text = this.#begin();
    if (text !== undefined) {
      this.#isWriting = true;
      await replace(this.#source.path, text).catch((error: unknown) => {
        this.#isNew = true;
        this.#source.onFailure(error);
      });
      this.#isWriting = false;
    }
    this.schedule();
  }

  /** Writes new features before it returns, because the client ends. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const text = this.#isNew || this.#isWriting ? this.#begin() : undefined;
    try {
      if (text !== undefined) replaceNow(this.#source.path, text);
    } catch (error) {
      this.#source.onFailure(error);
    }
  }

  /** Returns the text to write; `undefined` if the file would stay the same, or may not be written yet. */
  #begin(): string | undefined {
    const { rules, status, clock } = this.#source;
    const { connection, dataAge = 0 } = status();
    const savedAt = clock() - (connection === "streaming" ? 0 : Math.round(dataAge * 1000));
    const isSame = !this.#isNew && !this.#isWriting && savedAt <= this.#savedAt;
    this.#written = performance.now();
    if (!this.#hasList || isSame) return undefined;
    this.#isNew = false;
    this.#savedAt = savedAt;
    return writeSnapshot(rules(), this.#owner, savedAt);
  }
}
