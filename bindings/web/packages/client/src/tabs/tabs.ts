import type { Driver } from "../driver/driver.ts";
import { onStatus, type Repository } from "../repository/lib.ts";
import { runs } from "../repository/panic_guard.ts";
import type { SentSecrets } from "../driver/sent_secrets.ts";
import { sha256 } from "../text/sha256.ts";
import { utf8 } from "../text/text.ts";
import { listEvent } from "./event_splitter.ts";
import { VERSION } from "./message.ts";
import { type GroupEvents, type Membership, SharedStream } from "./shared_stream.ts";

/**
 * Shares the stream of a client with the other tabs of the browser that have the same URL, key, context and headers. Nothing is shared where
 * the browser refuses locks or channels, as it does with cookies blocked and in some frames.
 */
export async function shareStreams(
  driver: Driver,
  repository: Repository,
  secrets: SentSecrets,
): Promise<void> {
  const id = `${Math.random()}-${Math.random()}`;
  try {
    new BroadcastChannel(id).close();
    let isGranted = false as boolean;
    await navigator.locks.request(id, () => (isGranted = true));
    // A client that was closed meanwhile reports no further status, after which it would leave the group.
    if (!isGranted || repository.isClosed) return;
  } catch {
    return;
  }
  const { sent, transport } = driver;
  const shared = new SharedStream({
    id,
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

/**
 * Joins the tabs that have a channel and a lock with this name. A user can forbid both at any time: after the first failure, the events say
 * so once, and nothing else.
 */
function join(name: string, events: GroupEvents): Membership {
  let isRefused = false;
  const refuse = (): void => {
    if (isRefused) return;
    isRefused = true;
    end();
    // The caller may not have the membership yet.
    queueMicrotask(() => {
      events.refused();
    });
  };
  const attempt = (call: () => unknown): void => {
    if (!isRefused) runs(call, refuse);
  };
  let channel: BroadcastChannel | undefined;
  let waiting: AbortController | undefined;
  let release: (() => void) | undefined;
  /** The number of the current request for the lock. What happens to earlier ones does not matter. */
  let current = 0;
  /** Requests the lock, and waits until the request is granted or has failed. */
  const request = (options: LockOptions): Promise<void> =>
    new Promise((answered) => {
      const number = ++current;
      let isGranted = false;
      const hold = (): Promise<void> | undefined => {
        answered();
        if (number !== current) return undefined;
        isGranted = true;
        const held = new Promise<void>((resolve) => (release = resolve));
        events.granted();
        return held;
      };
      const failed = (): void => {
        answered();
        if (number !== current) return;
        // A lock that was granted is stolen. Another failure would follow each request.
        if (!isGranted) refuse();
        else {
          release = undefined;
          wait();
          events.lost();
        }
      };
      if (!runs(() => navigator.locks.request(name, options, hold).catch(failed))) failed();
    });
  /** Returns the id of the page that has the lock. */
  const holder = async (): Promise<string | undefined> => {
    const { held = [] } = await navigator.locks.query();
    return held.find((lock) => lock.name === name)?.clientId;
  };
  let seen: Promise<string | undefined> | undefined;
  const wait = (): void => {
    waiting = new AbortController();
    void request({ signal: waiting.signal });
  };
  /** Ends the current request for the lock, and gives the lock back. */
  const end = (): void => {
    current++;
    waiting?.abort();
    release?.();
    release = undefined;
  };
  attempt(() => {
    channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => {
      if (!isRefused) events.received(data);
    };
    wait();
  });
  return {
    post: (message) => {
      attempt(() => {
        channel?.postMessage(message);
      });
    },
    look: () => {
      attempt(() => (seen = holder()));
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
      attempt(() => navigator.locks.request(`${name}:steal`, steal));
    },
    yield: () => {
      end();
      attempt(wait);
    },
    leave: () => {
      end();
      // A channel that cannot be closed has no further effect.
      runs(() => channel?.close());
      isRefused = true;
    },
  };
}
