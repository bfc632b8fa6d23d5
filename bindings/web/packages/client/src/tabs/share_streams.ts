import type { Driver } from "../driver.ts";
import { onStatus, type Repository } from "../repository/lib.ts";
import type { SentSecrets } from "../sent_secrets.ts";
import { sha256 } from "../sha256.ts";
import { utf8 } from "../text.ts";
import { listEvent } from "./event_splitter.ts";
import { VERSION } from "./message.ts";
import { type GroupEvents, type Membership, SharedStream } from "./shared_stream.ts";

/** Shares the stream of a client with the other tabs of the browser that have the same URL, key, context and headers. */
export function shareStreams(driver: Driver, repository: Repository, secrets: SentSecrets): void {
  const { sent, transport } = driver;
  const shared = new SharedStream({
    id: Array.from(crypto.getRandomValues(new Uint32Array(2)), String).join("-"),
    now: Date.now,
    setTimer: (call, delay) => {
      const timer = setTimeout(call, delay);
      return () => {
        clearTimeout(timer);
      };
    },
    nameOf: ({ request }) => {
      const context = request.headers.find(([name]) => name === "x-featurehub");
      const parts = [VERSION, request.url.expose(), context, secrets.headers];
      return `fh:stream:${sha256(utf8(JSON.stringify(parts)))}`;
    },
    join,
    fetch: transport,
    deliver: (input) => {
      driver.handle(input);
    },
    list: () => listEvent(Array.from(driver.received?.features() ?? [], ({ json }) => json)),
  });
  driver.transport = (send) => shared.send(send);
  driver.tap = (input) => {
    shared.fromNetwork(input);
  };
  if (sent?.request.kind === "stream" && sent.requestId === driver.listed)
    driver.abort = shared.adopt(sent, driver.abort);
  onStatus(repository, ({ connection }) => {
    if (connection === "suspended" || connection === "closed" || connection === "halted") shared.leave();
  });
}

/** Joins the tabs that have a channel and a lock with this name. */
function join(name: string, events: GroupEvents): Membership {
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }) => {
    events.received(data);
  };
  let waiting = new AbortController();
  let release: (() => void) | undefined;
  /** The number of the current request for the lock. What happens to earlier ones does not matter. */
  let current = 0;
  /** Requests the lock, and waits until the request is granted or has failed. */
  const request = (options: LockOptions): Promise<void> =>
    new Promise((answered) => {
      const number = ++current;
      const hold = (): Promise<void> | undefined => {
        answered();
        if (number !== current) return undefined;
        const held = new Promise<void>((resolve) => (release = resolve));
        events.granted();
        return held;
      };
      navigator.locks.request(name, options, hold).catch(() => {
        answered();
        if (number !== current) return;
        release = undefined;
        wait();
        events.lost();
      });
    });
  /** Returns the id of the page that has the lock. */
  const holder = (): Promise<string | undefined> =>
    navigator.locks.query().then(
      ({ held = [] }) => held.find((lock) => lock.name === name)?.clientId,
      () => undefined,
    );
  let seen: Promise<string | undefined> | undefined;
  const wait = (): void => {
    waiting = new AbortController();
    void request({ signal: waiting.signal });
  };
  /** Ends the current request for the lock, and gives the lock back. */
  const end = (): void => {
    current++;
    waiting.abort();
    release?.();
    release = undefined;
  };
  wait();
  return {
    post: (message) => {
      channel.postMessage(message);
    },
    look: () => {
      seen = holder();
    },
    steal: () => {
      const number = current;
      // One tab at a time compares and steals, so that another one sees the new holder.
      const steal = async (): Promise<void> => {
        const isSame = (await holder()) === (await seen);
        if (number !== current) return;
        if (isSame) {
          end();
          await request({ steal: true });
        } else events.kept();
      };
      navigator.locks.request(`${name}:steal`, steal).catch(() => undefined);
    },
    yield: () => {
      end();
      wait();
    },
    leave: () => {
      end();
      channel.close();
    },
  };
}
