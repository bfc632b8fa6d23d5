import type { Action, Input, ResponseHead } from "../session/lib.ts";
import { utf8 } from "../text/text.ts";
import { EventSplitter, isList } from "./event_splitter.ts";
import { type Message, readMessage, VERSION } from "./message.ts";

/** The time in milliseconds after which a tab without an answer takes the place of a silent leader, or connects by itself. */
export const PATIENCE = 3_000;
/** The time in milliseconds by which a timer is late if the tab itself was frozen, or if its timers are throttled. */
const LATE = 1_000;
/** Ends an event that the network has sent in part, so that the session ignores it. */
const CUT = "\nevent: fh-cut\n\n";

/** The action with which the session sends a request. */
export type Send = Action & { readonly type: "send" };

/** The membership in the group of the tabs whose streams are equal. */
export interface Membership {
  /** Sends a message to the other tabs of the group. */
  post(message: unknown): void;
  /** Notes which tab has the lock. */
  look(): void;
  /**
   * Takes the lock of the leader, which loses it, unless the lock has another holder than at the last {@link Membership.look}. Of all tabs
   * that miss a leader, exactly one takes its lock.
   */
  steal(): void;
  /** Gives the lock back, and waits for it again. */
  yield(): void;
  /** Leaves the group: closes its channel, and gives the lock back. */
  leave(): void;
}

/** What happens in a group. */
export interface GroupEvents {
  /** A message has arrived. */
  received(data: unknown): void;
  /** The tab has the lock, which makes it the leader. */
  granted(): void;
  /** Another tab has taken the lock. */
  lost(): void;
  /** The lock was not taken, because it has another holder than before. */
  kept(): void;
  /** The browser refuses locks or messages. The tab leaves the group, and joins no other one. */
  refused(): void;
}

/** The surroundings of a {@link SharedStream}. */
export interface Ports {
  /** The id of the tab, unlike that of all others. */
  readonly id: string;
  /** Returns the milliseconds since 1970. */
  now(): number;
  /** Calls a function once. Returns the function that prevents it. */
  setTimer(call: () => void, delay: number): () => void;
  /** Returns the name of the group of a request. Equal requests have equal names. */
  nameOf(send: Send): string;
  /** Joins a group, and waits for its lock. */
  join(name: string, events: GroupEvents): Membership;
  /** Sends a request to the Edge, whose inputs go to {@link SharedStream.fromNetwork}. Returns the function that aborts it. */
  fetch(send: Send): () => void;
  /** Hands an input to the session. */
  deliver(input: Input): void;
  /** Returns the event with the features that the session has received last. */
  list(): string;
}

/**
 * The origin of the answer to the session's request: none is in flight; the tab waits for the leader; the Edge; the leader; the leader, and
 * soon the Edge, because this tab has become the leader.
 */
type Source = "none" | "pending" | "network" | "channel" | "takeover";

/** The group of which a tab is a member. */
interface Group {
  readonly name: string;
  membership: Membership;
  /** The term of this tab if it is the leader. */
  term: number | undefined;
  /** The last leader of which the tab has heard. */
  leader: { readonly from: string; readonly term: number } | undefined;
  /** True if no leader has answered in time. */
  isUnanswered: boolean;
}

/**
 * The stream of one client, which tabs with equal requests share. The tab with the lock is the leader: it streams, and sends all events to
 * the others, whose sessions get them as the answers to their own requests.
 */
export class SharedStream {
  readonly #ports: Ports;
  #group: Group | undefined;
  /** True once the browser has refused locks or messages. */
  #isRefused = false;
  #send: Send | undefined;
  #source: Source = "none";
  /** True if the session has the head of the response. */
  #isOpen = false;
  /** True until the first event of a stream that the tab has opened by itself is complete. */
  #wasAdopted = false;
  /** True if the Edge has sent a list on the stream of this tab. */
  #isListed = false;
  #splitter = new EventSplitter();
  #abortFetch: (() => void) | undefined;
  #clearTimer: (() => void) | undefined;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /**
   * Takes over a stream that the tab has opened by itself, and on which a list has arrived. Returns the function that aborts it, in place of
   * `abort`.
   */
  adopt(send: Send, abort: (() => void) | undefined): () => void {
    this.#send = send;
    this.#source = "network";
    this.#isOpen = this.#isListed = this.#wasAdopted = true;
    this.#abortFetch = abort;
    this.#join();
    this.#ask();
    return this.#abortOf(send);
  }

  /** Answers a request of the session. Returns the function that aborts it. */
  send(send: Send): () => void {
    this.#stop();
    this.#send = send;
    this.#isOpen = this.#isListed = false;
    if (send.request.kind !== "stream" || this.#isRefused) {
      this.leave();
      this.#fetch("network");
    } else {
      if (this.#group?.name !== this.#ports.nameOf(send)) this.#join();
      if (this.#group?.term !== undefined) this.#fetch("network");
      else {
        this.#source = "pending";
        this.#ask();
      }
    }
    return this.#abortOf(send);
  }

  #abortOf(send: Send): () => void {
    return () => {
      if (this.#send !== send) return;
      this.#stop();
      this.leave();
    };
  }

  /** Leaves the group, so that another tab can be its leader. */
  leave(): void {
    this.#clearTimer?.();
    this.#group?.membership.leave();
    this.#group = undefined;
  }

  /** Handles an input about a request of this tab. */
  fromNetwork(input: Input): void {
    const send = this.#send;
    if (!("requestId" in input) || input.requestId !== send?.requestId) {
      // The session ignores what belongs to an earlier request.
      this.#ports.deliver(input);
      return;
    }
    if (this.#source === "takeover") {
      if (input.type === "opened" && isStream(input.head)) this.#source = "network";
      else {
        this.#post({ type: "end" });
        this.#end();
      }
      return;
    }
    if (this.#source !== "network") return;
    if (input.type === "closed") {
      this.#post({ type: "end" });
      this.#forget();
    }
    if (input.type === "opened") this.#isOpen = true;
    this.#ports.deliver(input);
    if (input.type !== "bytes" || send.request.kind !== "stream") return;
    for (const text of this.#splitter.push(input.bytes)) {
      // The session may have aborted the stream.
      if (this.#send !== send) return;
      if (this.#wasAdopted) {
        // The text may be the end of an event that began before.
        this.#wasAdopted = false;
        this.#postList();
      } else if (this.#isListed) this.#post({ type: "event", text });
      else if (isList(text)) this.#listed();
    }
  }

  #listed(): void {
    this.#isListed = true;
    const group = this.#group;
    if (group?.term !== undefined) this.#postList();
    else if (group?.isUnanswered) group.membership.steal();
    else this.#ask();
  }

  // ---- the group ------------------------------------------------------------------------------------

  #join(): void {
    this.leave();
    const send = this.#send;
    if (!send) return;
    const name = this.#ports.nameOf(send);
    let group: Group | undefined;
    const only = (call: () => void): void => {
      if (group && this.#group === group) call();
    };
    const membership = this.#ports.join(name, {
      received: (data) => {
        only(() => {
          this.#received(data);
        });
      },
      granted: () => {
        only(() => {
          this.#granted();
        });
      },
      lost: () => {
        only(() => {
          this.#lost();
        });
      },
      kept: () => {
        only(() => {
          if (group?.term === undefined && (this.#source === "pending" || this.#isOwnListed)) this.#ask();
        });
      },
      refused: () => {
        only(() => {
          this.#refused();
        });
      },
    });
    this.#group = group = { name, membership, term: undefined, leader: undefined, isUnanswered: false };
  }

  #granted(): void {
    const group = this.#group;
    // A session whose leader was silent for too long ends its stream first. Then the next tab gets the lock.
    this.#ports.deliver({ type: "tick" });
    if (!group || this.#group !== group) return;
    group.term = Math.max(this.#ports.now(), (group.leader?.term ?? 0) + 1);
    group.isUnanswered = false;
    this.#clearTimer?.();
    if (this.#isOwnListed) {
      this.#postList();
      return;
    }
    // The others wait for this tab, and do not connect.
    this.#post({ type: "lead" });
    if (this.#source === "channel") this.#fetch("takeover");
    else if (this.#source === "pending") this.#fetch("network");
  }

  #lost(): void {
    const group = this.#group;
    if (!group) return;
    group.term = undefined;
    if (this.#source === "network") this.#ask();
  }

  /** A tab without a group has a stream of its own. */
  #refused(): void {
    this.leave();
    this.#isRefused = true;
    if (this.#source === "pending") this.#fetch("network");
    else if (this.#source === "channel" || this.#source === "takeover") this.#end();
  }

  /** True if the tab has a stream of its own, with a list. */
  get #isOwnListed(): boolean {
    return this.#source === "network" && this.#isListed;
  }

  /**
   * Looks for the leader. If none answers, the tab takes its place. If it can neither do that nor learn of another leader, it connects by
   * itself.
   *
   * @param isAgain - false if a late timer proves nothing, because the tab itself may have been frozen while the answer arrived
   */
  #ask(isAgain = false): void {
    this.#group?.membership.look();
    this.#post({ type: "hello" });
    const due = this.#ports.now() + PATIENCE;
    this.#wait((group) => {
      if (!isAgain && this.#ports.now() > due + LATE) {
        this.#ask(true);
        return;
      }
      group.isUnanswered = true;
      if (this.#source !== "pending" && !this.#isOwnListed) return;
      group.membership.steal();
      this.#wait(() => {
        if (this.#source === "pending") this.#fetch("network");
      });
    });
  }

  /** Calls a function once, unless the tab has become the leader or has received an answer before. */
  #wait(call: (group: Group) => void): void {
    this.#clearTimer?.();
    this.#clearTimer = this.#ports.setTimer(() => {
      const group = this.#group;
      if (group && group.term === undefined) call(group);
    }, PATIENCE);
  }

  #received(data: unknown): void {
    const group = this.#group;
    const message = readMessage(data, this.#ports.now());
    if (!group || !message || message.from === this.#ports.id) return;
    if (message.type === "hello") {
      // A page that Chromium has frozen gets messages, but neither its timers run nor does its stream arrive. If the stream has been silent for
      // too long, the session ends it now, and the tab leaves the group.
      this.#ports.deliver({ type: "tick" });
      if (this.#group !== group) return;
      if (this.#isOwnListed) this.#postList(message.from);
      else if (this.#source !== "none") this.#post({ type: "lead" });
      return;
    }
    const { from, term } = message;
    const own = group.term;
    if (own !== undefined && (own > term || (own === term && this.#ports.id > from))) {
      // The other leader follows when it gets this list.
      if (message.type !== "end" && this.#isListed) this.#postList(from);
      return;
    }
    if (group.leader && group.leader.term > term) return;
    if (own !== undefined) {
      group.term = undefined;
      group.membership.yield();
    }
    const isKnown = group.leader?.from === from;
    group.leader = { from, term };
    group.isUnanswered = false;
    if (message.type === "list") {
      if (message.to === undefined || message.to === this.#ports.id) this.#follow(message.text);
    } else if (message.type === "lead") {
      if (this.#source === "pending")
        this.#wait(() => {
          this.#ask();
        });
    } else if (message.type === "end") {
      if (this.#source === "channel") this.#end();
    } else if (this.#source === "channel" && isKnown) this.#deliver(message.text);
    else if (this.#source !== "none") this.#ask();
  }

  /** Continues the session's response with the leader's list and events. */
  #follow(list: string): void {
    this.#clearTimer?.();
    if (this.#source === "none") return;
    const { requestId } = this.#send ?? {};
    if (requestId === undefined) return;
    const isCut = this.#source === "network" && this.#isOpen;
    this.#abortFetch?.();
    this.#abortFetch = undefined;
    this.#source = "channel";
    this.#isListed = this.#wasAdopted = false;
    if (!this.#isOpen) {
      this.#isOpen = true;
      const headers: [string, string][] = [["content-type", "text/event-stream"]];
      this.#ports.deliver({ type: "opened", requestId, head: { status: 200, headers } });
    }
    this.#deliver((isCut ? CUT : "") + list);
  }

  #deliver(text: string): void {
    const { requestId } = this.#send ?? {};
    if (requestId !== undefined) this.#ports.deliver({ type: "bytes", requestId, bytes: utf8(text) });
  }

  #postList(to?: string): void {
    this.#post({ type: "list", text: this.#ports.list(), ...(to === undefined ? {} : { to }) });
  }

  /** Sends a message. Only the leader sends messages other than `hello`. */
  #post(message: { type: Message["type"]; text?: string; to?: string }): void {
    const { term, membership } = this.#group ?? {};
    if (message.type === "hello") membership?.post({ v: VERSION, ...message, from: this.#ports.id });
    else if (term !== undefined) membership?.post({ v: VERSION, ...message, from: this.#ports.id, term });
  }

  // ---- the request ----------------------------------------------------------------------------------

  #fetch(source: "network" | "takeover"): void {
    if (!this.#send) return;
    this.#clearTimer?.();
    this.#source = source;
    this.#splitter = new EventSplitter();
    this.#abortFetch = this.#ports.fetch(this.#send);
  }

  /** Ends the session's response, so that the session connects again. */
  #end(): void {
    const { requestId } = this.#send ?? {};
    this.#stop();
    if (requestId !== undefined)
      this.#ports.deliver({ type: "closed", requestId, end: { kind: "complete" } });
  }

  /** Ends the request without an input for the session. */
  #stop(): void {
    this.#abortFetch?.();
    this.#forget();
  }

  #forget(): void {
    this.#abortFetch = undefined;
    this.#send = undefined;
    this.#source = "none";
    this.#isListed = this.#wasAdopted = false;
    this.#clearTimer?.();
  }
}

/** Returns true if the head is that of a stream. */
function isStream({ status, headers }: ResponseHead): boolean {
  const type = headers.find(([name]) => name === "content-type")?.[1];
  return status === 200 && type?.startsWith("text/event-stream") === true;
}
