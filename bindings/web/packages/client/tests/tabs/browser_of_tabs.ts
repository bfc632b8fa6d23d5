import { EventSplitter, listEvent } from "../../src/tabs/event_splitter.ts";
import { type GroupEvents, type Membership, type Send, SharedStream } from "../../src/tabs/shared_stream.ts";
import { type Input, SecretUrl } from "../../src/session/lib.ts";

interface Task {
  readonly at: number;
  readonly call: () => void;
}

/** A browser with tabs, locks and channels, and an Edge, in which time passes only when a test says so. */
export class TabBrowser {
  now = 1_000_000;
  #tasks: Task[] = [];
  /** The tabs that hold a lock or wait for it, the holder first. */
  readonly locks: { tab: Tab; events: GroupEvents }[] = [];
  readonly members = new Map<Tab, GroupEvents>();
  readonly tabs: Tab[] = [];
  /** The features of the Edge. */
  readonly features = new Map<string, string>();
  /** False while the Edge cannot be reached. */
  isUp = true;
  /** False if the browser steals no locks, as while a frozen tab is about to steal one. */
  stealsLocks = true;
  /** True if the browser refuses locks and messages from now on. */
  refuses = false;
  /** The time in milliseconds in which the Edge answers. */
  latency = 2;
  /** The open streams at the Edge. */
  readonly streams = new Set<{ tab: Tab; feed: (text: string) => void; end: () => void }>();
  /** Number of streams that were opened. */
  opened = 0;

  /** Calls a function after a delay. Returns the function that prevents it. */
  later(call: () => void, delay = 0): () => void {
    const task = { at: this.now + delay, call };
    this.#tasks.push(task);
    return () => {
      this.#tasks = this.#tasks.filter((each) => each !== task);
    };
  }

  /** Lets time pass. */
  pass(millis: number): void {
    const end = this.now + millis;
    for (;;) {
      const [next] = this.#tasks.filter(({ at }) => at <= end).sort((left, right) => left.at - right.at);
      if (!next) break;
      this.#tasks = this.#tasks.filter((each) => each !== next);
      this.now = Math.max(this.now, next.at);
      next.call();
    }
    this.now = end;
  }

  /** Opens a tab, whose client connects by itself and loads the part for tabs after its first list. */
  open(): Tab {
    const tab = new Tab(this, `tab${this.tabs.length}`);
    this.tabs.push(tab);
    tab.connect();
    return tab;
  }

  /** Changes a feature, and sends it on all open streams. */
  update(key: string, value: string): void {
    this.features.set(key, value);
    for (const { feed } of this.streams) feed(`event: feature\ndata: ${JSON.stringify([key, value])}\n\n`);
  }

  /** Gives the lock to the next tab that waits for it. */
  grant(): void {
    const [holder] = this.locks;
    if (!holder) return;
    this.later(() => {
      if (this.locks[0] === holder) holder.events.granted();
    });
  }
}

/** The time in milliseconds without a byte after which a session ends its stream at the next input. */
const IDLE = 60_000;

/** A tab with a small session: it keeps one stream open, and connects again half a second after the end. */
export class Tab {
  readonly browser: TabBrowser;
  readonly id: string;
  readonly shared: SharedStream;
  /** The features that the session has. */
  features = new Map<string, string>();
  /** The bytes that the session got, as texts. */
  readonly pieces: string[] = [];
  /** True while the session has an open stream. */
  isOpen = false;
  isFrozen = false;
  /** True if a frozen tab gets messages nevertheless, as a page that Chromium has frozen. */
  hearsMessages = false;
  isClosed = false;
  #requestId = 0;
  #lastByte = 0;
  #events = new EventSplitter();
  #abort: (() => void) | undefined;
  #held: (() => void)[] = [];

  constructor(browser: TabBrowser, id: string) {
    this.browser = browser;
    this.id = id;
    this.shared = new SharedStream({
      id,
      now: () => browser.now,
      setTimer: (call, delay) => browser.later(this.#unlessFrozen(call), delay),
      nameOf: () => "group",
      join: (_name, events) => this.#join(events),
      fetch: (send) => this.#fetch(send),
      deliver: (input) => {
        this.#input(input);
      },
      list: () => listEvent(Array.from(this.features, (pair) => JSON.stringify(pair))),
    });
  }

  /** Opens a stream without the part for tabs, and loads that part once a list has arrived. */
  connect(): void {
    const send = this.#next();
    const abort = this.#fetch(send);
    this.#abort = abort;
    const load = (): void => {
      if (this.isClosed) return;
      if (this.features.size === 0) this.browser.later(load, 5);
      else this.#abort = this.shared.adopt(send, abort);
    };
    this.browser.later(load, 5);
  }

  /** Ends the tab as a crash does: nothing is sent any more. */
  crash(): void {
    this.isClosed = this.isFrozen = true;
    const { browser } = this;
    for (const stream of browser.streams) if (stream.tab === this) browser.streams.delete(stream);
    browser.members.delete(this);
    this.release();
  }

  /** Makes the session abort its request, as a suspension does. */
  suspend(): void {
    this.isOpen = false;
    this.#abort?.();
  }

  /** Makes the session connect again. */
  resume(): void {
    const send = this.#next();
    this.#abort = this.shared.send(send);
  }

  /** Lets a frozen tab handle what has happened meanwhile, in any order. */
  thaw(order: "first to last" | "last to first" = "first to last"): void {
    this.isFrozen = false;
    const held = this.#held.splice(0);
    for (const call of order === "first to last" ? held : held.reverse()) call();
  }

  /** True if the tab has the lock. */
  get isLeader(): boolean {
    return this.browser.locks[0]?.tab === this;
  }

  /** Gives the lock back, or ends the wait for it. */
  release(): void {
    const { locks } = this.browser;
    const at = locks.findIndex(({ tab }) => tab === this);
    if (at >= 0) locks.splice(at, 1);
    if (at === 0) this.browser.grant();
  }

  #next(): Send {
    const request = { kind: "stream", url: new SecretUrl("http://edge/"), headers: [] } as const;
    return { type: "send", requestId: ++this.#requestId, request };
  }

  #unlessFrozen(call: () => void, isMessage = false): () => void {
    return () => {
      if (this.isFrozen && !(isMessage && this.hearsMessages)) this.#held.push(call);
      else call();
    };
  }

  #join(events: GroupEvents): Membership {
    const { browser } = this;
    const wait = (): void => {
      browser.locks.push({ tab: this, events });
      if (browser.locks.length === 1) browser.grant();
    };
    browser.members.set(this, events);
    wait();
    let seen: Tab | undefined;
    const steal = (): void => {
      if (!browser.members.has(this)) return;
      if (browser.locks[0]?.tab !== seen) {
        events.kept();
        return;
      }
      this.release();
      const [former] = browser.locks.splice(0, 1, { tab: this, events });
      if (former) {
        browser.locks.push(former);
        browser.later(
          former.tab.#unlessFrozen(() => {
            former.events.lost();
          }),
        );
      }
      browser.grant();
    };
    return {
      post: (message) => {
        if (this.isClosed) return;
        const data = structuredClone(message);
        for (const [tab, others] of browser.members)
          if (tab !== this)
            browser.later(
              tab.#unlessFrozen(() => {
                if (browser.members.has(tab)) others.received(data);
              }, true),
              1,
            );
      },
      look: () => {
        seen = browser.locks[0]?.tab;
        if (browser.refuses)
          browser.later(() => {
            events.refused();
          });
      },
      steal: () => {
        if (browser.stealsLocks) browser.later(this.#unlessFrozen(steal), 1);
      },
      yield: () => {
        this.release();
        wait();
      },
      leave: () => {
        browser.members.delete(this);
        this.release();
      },
    };
  }

  #fetch({ requestId }: Send): () => void {
    const { browser } = this;
    let isAborted = false;
    const input = (given: Input): void => {
      this.#unlessFrozen(() => {
        if (!isAborted && !this.isClosed) this.shared.fromNetwork(given);
      })();
    };
    const feed = (text: string): void => {
      input({ type: "bytes", requestId, bytes: new TextEncoder().encode(text) });
    };
    const end = (): void => {
      browser.streams.delete(stream);
      input({ type: "closed", requestId, end: { kind: "complete" } });
    };
    const stream = { tab: this, feed, end };
    browser.later(() => {
      if (isAborted || this.isClosed) return;
      if (!browser.isUp) {
        input({ type: "closed", requestId, end: { kind: "broken", text: "down" } });
        return;
      }
      browser.opened++;
      browser.streams.add(stream);
      input({
        type: "opened",
        requestId,
        head: { status: 200, headers: [["content-type", "text/event-stream"]] },
      });
      feed(listEvent(Array.from(browser.features, (pair) => JSON.stringify(pair))));
    }, browser.latency);
    return () => {
      isAborted = true;
      browser.streams.delete(stream);
    };
  }

  #input(input: Input): void {
    if (input.type === "tick" && this.isOpen && this.browser.now - this.#lastByte >= IDLE) {
      this.suspend();
      this.#resumeLater();
    }
    if (!("requestId" in input) || input.requestId !== this.#requestId) return;
    this.#lastByte = this.browser.now;
    if (input.type === "opened") {
      this.isOpen = true;
      this.#events = new EventSplitter();
    } else if (input.type === "closed") {
      this.isOpen = false;
      this.#resumeLater();
    } else {
      this.pieces.push(new TextDecoder().decode(input.bytes));
      for (const text of this.#events.push(input.bytes)) this.#event(text);
    }
  }

  #resumeLater(): void {
    this.browser.later(
      this.#unlessFrozen(() => {
        this.resume();
      }),
      500,
    );
  }

  #event(text: string): void {
    const lines = text.split("\n");
    const name = lines.findLast((line) => line.startsWith("event: "))?.slice(7);
    const data = lines
      .filter((line) => line.startsWith("data: "))
      .map((line) => line.slice(6))
      .join("\n");
    if (name === "features") this.features = new Map(JSON.parse(data) as [string, string][]);
    else if (name === "feature") this.features.set(...(JSON.parse(data) as [string, string]));
  }
}
