import { type ChangeListener, EventListener, type Events, type RepositoryEvent } from "./listen.ts";

/** Maximum number of different notices about interceptors that listeners get, and that the log gets. */
const COMPLAINTS = 256;

/** An event in the queue, with its recipients. */
interface QueuedEvent {
  readonly number: number;
  /** The id of the only listener that gets the event; `undefined` for all that were registered when the event was queued. */
  readonly to: number | undefined;
  readonly event: RepositoryEvent;
}

/** The registered listeners, the queue of their events, and the change listeners that are due. */
export class EventQueue {
  readonly changeListeners = new Map<number, ChangeListener>();
  readonly eventListeners = new Map<number, EventListener>();
  readonly #capacity: number;
  /** The incidents of interceptors of which listeners were notified, and those that were logged. */
  readonly reported = new Set<string>();
  readonly logged = new Set<string>();
  #queued: QueuedEvent[] = [];
  /** The remaining calls for the last event that was taken from the queue. */
  #calls: [EventListener, RepositoryEvent][] = [];
  /** Change listeners whose feature must be compared again with the state that the listener saw last. */
  #due: ChangeListener[] = [];
  #nextNumber = 0;
  /** The kinds of dropped events of whose latest state listeners must still be notified. */
  #lost = new Set<keyof Events>();
  #isClosed = false;

  constructor(capacity: number) {
    this.#capacity = Math.max(capacity, 1);
  }

  /** Returns true if a listener for events of this kind is registered. */
  wants(kind: keyof Events): boolean {
    for (const listener of this.eventListeners.values()) if (listener.kind === kind) return true;
    return false;
  }

  /** Queues an event if a listener for its kind is registered. Returns the number of older events that were dropped. */
  push(event: RepositoryEvent): number {
    return this.wants(event.kind) ? this.#put(undefined, event) : 0;
  }

  #put(to: number | undefined, event: RepositoryEvent): number {
    if (this.#isClosed) return 0;
    let dropped = 0;
    for (; this.#queued.length >= this.#capacity; dropped++) {
      const { kind } = (this.#queued.shift() as QueuedEvent).event;
      if (kind !== "raw" && kind !== "notice") this.#lost.add(kind);
    }
    this.#queued.push({ number: this.#nextNumber++, to, event });
    return dropped;
  }

  /**
   * Registers a listener, and queues its first event if there is one. Returns the number of older events that were dropped. A closed
   * queue registers nothing.
   */
  listen(
    id: number,
    kind: keyof Events,
    call: (event: never) => unknown,
    first: RepositoryEvent | undefined,
  ): number {
    if (this.#isClosed) return 0;
    const dropped = first === undefined ? 0 : this.#put(id, first);
    this.eventListeners.set(id, new EventListener(kind, call, this.#nextNumber));
    return dropped;
  }

  /** Registers a change listener. A closed queue registers nothing. */
  addChangeListener(id: number, listener: ChangeListener): void {
    if (!this.#isClosed) this.changeListeners.set(id, listener);
  }

  /** Removes the listener with this id. */
  remove(id: number): void {
    for (const listeners of [this.changeListeners, this.eventListeners]) {
      const listener = listeners.get(id);
      if (listener) listener.isRemoved = true;
      listeners.delete(id);
    }
  }

  /** Returns the next call, in the order of events and of registration; `undefined` if none is left. */
  nextCall(): [EventListener, RepositoryEvent] | undefined {
    for (;;) {
      const call = this.#calls.shift();
      if (call) return call;
      const queued = this.#queued.shift();
      if (!queued) return undefined;
      for (const [id, listener] of this.eventListeners) {
        const isMeant = queued.to === undefined ? listener.since <= queued.number : queued.to === id;
        if (isMeant && listener.kind === queued.event.kind) this.#calls.push([listener, queued.event]);
      }
    }
  }

  /** Marks all change listeners as due, so that their values are compared again. */
  allDue(): void {
    for (const listener of this.changeListeners.values()) {
      if (!listener.isDue) this.#due.push(listener);
      listener.isDue = true;
    }
  }

  /** Returns the next change listener whose value must be compared again; `undefined` if no listener is due. */
  nextDue(): ChangeListener | undefined {
    const listener = this.#due.shift();
    if (listener) listener.isDue = false;
    return listener;
  }

  /** Returns the kinds of dropped events, and forgets them. */
  takeLost(): ReadonlySet<keyof Events> {
    const lost = this.#lost;
    this.#lost = new Set();
    return lost;
  }

  /** Closes the queue: removes the listeners and the queued events, and refuses new listeners. */
  close(): void {
    this.#isClosed = true;
    this.#queued = [];
    this.#calls = [];
    this.#due = [];
    this.eventListeners.clear();
    this.changeListeners.clear();
  }
}

/** Adds an incident. Returns false if the incident was added before, or if the set is full. */
export function isNew(incidents: Set<string>, incident: string): boolean {
  if (incidents.size >= COMPLAINTS || incidents.has(incident)) return false;
  incidents.add(incident);
  return true;
}
