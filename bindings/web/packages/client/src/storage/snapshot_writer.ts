import type { RawUpdate, Rules } from "../repository/lib.ts";
import { isEdge } from "../repository/source.ts";
import { contextOf, writeSnapshot } from "./snapshot_form.ts";
import type { SnapshotOwner } from "./snapshot_owner.ts";
import type { Status } from "../driver/status.ts";

/** The shortest time in milliseconds between two writes of new features. */
const PAUSE = 5000;
/** The time in milliseconds after which the snapshot is written again without new features, if the Edge has confirmed the features. */
const CONFIRM = 600_000;

/** A snapshot as JSON, and the digest of the context of its features. */
export interface SnapshotText {
  readonly text: string;
  readonly context: string;
}

/** The parts of a client from which the snapshot is written, and the place to which it is written. */
export interface SnapshotSource {
  /** Replaces the snapshot as a whole. */
  readonly write: (snapshot: SnapshotText) => Promise<void>;
  /** Does the same before it returns, as far as the place allows, because the program may end. */
  readonly writeNow: (snapshot: SnapshotText) => void;
  /** Returns the features that were received last, also if they are held back. */
  readonly rules: () => Rules;
  readonly status: () => Status;
  /** Returns the milliseconds since 1970. */
  readonly clock: () => number;
  /** Called if a write failed. */
  readonly onFailure: (error: unknown) => void;
}

/** Writes the snapshot of one client. */
export class SnapshotWriter {
  readonly #source: SnapshotSource;
  #owner: SnapshotOwner;
  /** True once the Edge has sent a list for the present keys. Until then the features may be those of an earlier snapshot, or of other keys. */
  #hasList = false;
  #isNew = false;
  /** The time of the last write on the monotonic clock. */
  #written = -Infinity;
  /** The time at which the features of the last write were known to be current. */
  #savedAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isWriting = false;
  #isClosed = false;

  constructor(source: SnapshotSource, owner: SnapshotOwner) {
    this.#source = source;
    this.#owner = owner;
  }

  /** Notes that an update was received. */
  received({ kind, source }: RawUpdate): void {
    this.#hasList ||= kind === "list" && isEdge(source);
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
    // The last write comes when the client is closed, so that the timer need not keep a program in Node running.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  async #write(): Promise<void> {
    const snapshot = this.#begin();
    if (snapshot !== undefined) {
      this.#isWriting = true;
      await this.#source.write(snapshot).catch((error: unknown) => {
        this.#isNew = true;
        this.#source.onFailure(error);
      });
      this.#isWriting = false;
    }
    this.schedule();
  }

  /** Writes new features before it returns, because the client ends. */
  close(): void {
    this.flush();
    this.stop();
  }

  /** Writes new features before it returns, because the program may end. */
  flush(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const snapshot = this.#isNew || this.#isWriting ? this.#begin() : undefined;
    try {
      if (snapshot !== undefined) this.#source.writeNow(snapshot);
    } catch (error) {
      this.#source.onFailure(error);
    }
    this.schedule();
  }

  /** Ends without a write. */
  stop(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Returns the snapshot to write; `undefined` if it would stay the same, or may not be written yet. */
  #begin(): SnapshotText | undefined {
    const { rules, status, clock } = this.#source;
    const { connection, dataAge = 0 } = status();
    const savedAt = clock() - (connection === "streaming" ? 0 : Math.round(dataAge * 1000));
    const isSame = !this.#isNew && !this.#isWriting && savedAt <= this.#savedAt;
    this.#written = performance.now();
    if (!this.#hasList || isSame) return undefined;
    this.#isNew = false;
    this.#savedAt = savedAt;
    const current = rules();
    return { text: writeSnapshot(current, this.#owner, savedAt), context: contextOf(current) };
  }
}

/** Returns the message of an error, or the text of anything else that was thrown. The conversion to text may throw, too. */
export function errorText(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return "an object without a text";
  }
}
