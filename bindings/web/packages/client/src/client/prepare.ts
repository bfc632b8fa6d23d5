import type { GivenAttributes } from "../attributes.ts";
import { hydrate } from "./hydration.ts";
import type { LateObservers } from "./late_observers.ts";
import type { ClientOptions } from "../options/options.ts";
import {
  intercept,
  listen,
  type Notice,
  noticeOnce,
  onReadiness,
  onStatus,
  queue,
  type Repository,
} from "../repository/lib.ts";
import { SNAPSHOT } from "../repository/source.ts";

/** A member of the options of an isolated client, whose interceptors and observers belong to another client. */
export const SHARES_HANDLERS = Symbol();

/** Registers the interceptors, observers and listeners of the options. */
export function prepare(
  repository: Repository,
  observers: LateObservers,
  options: ClientOptions,
  context: GivenAttributes | undefined,
): void {
  const isHydrated = options.hydrate === undefined || hydrate(repository, options.hydrate, context);
  repository.sharesHandlers = SHARES_HANDLERS in options;
  for (const { interceptor, locks } of options.interceptors ?? []) intercept(repository, interceptor, locks);
  for (const { observer, options: usage = {} } of options.observers ?? []) observers.observe(observer, usage);
  repository.isCatching = options.catchUpdates === true;
  listen(repository, "notice", options.onNotice ?? warnOnce(repository));
  // Incidents of interceptors begin with a number, and those of attributes with @.
  repository.onThrow = (error) => {
    noticeOnce(repository, { kind: "callback_threw", error });
  };
  if (!isHydrated) {
    const why = "the document cannot be read";
    queue(repository, { kind: "notice", of: { kind: "store_ignored", source: SNAPSHOT, why } });
  }
  if (options.onReadiness) onReadiness(repository, options.onReadiness);
  if (options.onStatus) onStatus(repository, options.onStatus);
}

/** Returns a listener that writes one warning to the console for each kind of notice other than `ignored`, which is no trouble. */
function warnOnce(repository: Repository): (notice: Notice) => void {
  const warned = (repository.warned = new Set<string>(["ignored"]));
  return (notice) => {
    if (warned.has(notice.kind)) return;
    warned.add(notice.kind);
    console.warn("fh-client:", notice);
  };
}
