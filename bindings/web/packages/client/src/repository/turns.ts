/** A guard that keeps a piece of work from running within itself. */
export class Turns {
  #requests = 0;

  /**
   * Runs `work`, and runs it again if another call requested work meanwhile. A call within the running work returns at once.
   * `work` must not throw.
   */
  take(work: () => void): void {
    if (this.#requests++ > 0) return;
    let seen: number;
    do {
      seen = this.#requests;
      work();
    } while (seen !== this.#requests);
    this.#requests = 0;
  }
}
