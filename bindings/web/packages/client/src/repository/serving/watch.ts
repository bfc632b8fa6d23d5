/** The tasks that wait for the next update. */
export class WaitingTasks {
  /** Number of updates so far. */
  updates = 0;
  #resolves: (() => void)[] = [];

  /** Counts an update, and resumes the tasks that wait for an update. */
  updated(): void {
    this.updates++;
    const resolves = this.#resolves;
    this.#resolves = [];
    for (const resolve of resolves) resolve();
  }

  /** Waits for the next update. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#resolves.push(resolve));
  }
}

/**
 * A handle with which a task waits for updates of a repository. An update is a publication or revocation of features, a status, a
 * close, or a release of an update that is not served already. A publication counts even if its features are held back or look the
 * same to readers.
 *
 * The handle stores no changes: a task that is resumed reads the present state.
 */
export class RepositoryWatch {
  readonly #tasks: WaitingTasks;
  #seen: number;

  constructor(tasks: WaitingTasks) {
    this.#tasks = tasks;
    this.#seen = tasks.updates;
  }

  /**
   * Waits for the next update. Does not wait if an update came after the last call that ended, or after the creation of the handle
   * if there was none.
   */
  async changed(): Promise<void> {
    if (this.#tasks.updates === this.#seen) await this.#tasks.next();
    this.#seen = this.#tasks.updates;
  }
}
