import type { ClientPlatform } from "#platform";
import { EdgeProblem } from "../driver/edge_problem.ts";
import type { ClientParts } from "../driver/parts.ts";
import { RepositoryWatch } from "../repository/serving/watch.ts";
import { Secrets } from "../session/lib.ts";
import { parseKeys } from "../options/start_error.ts";
import { notApplied, type Outcome } from "./answer.ts";
import { isApplied, type Update, updateBody } from "./update.ts";
import { platformOf, put } from "./put.ts";

/** The milliseconds after which an accepted update is sent again if the client has not received the change. */
const ONCE_MORE_AFTER = 2_000;
/** The milliseconds after the first accepted sending at which the wait for the change ends. */
const PATIENCE = 10_000;
/** The minimum milliseconds between the starts of two refreshes of one wait. */
const REFRESH_EVERY = 500;
/** The platforms of the updates of each client, whose connections are used again. A client's own platform ends its connections with the client. */
const platforms = new WeakMap<ClientParts, ClientPlatform>();

/** Sends a test update, and waits until the client has received the change if `waits` is true. */
export async function sendUpdate(
  parts: ClientParts,
  apiKey: string | undefined,
  feature: string,
  update: Update,
  waits = false,
): Promise<Outcome> {
  const { repository, settings, secrets, fetch } = parts;
  const { keys, headers } = secrets;
  const key = (apiKey === undefined ? keys : parseKeys(apiKey, false)).first;
  const wiping = new Secrets(
    [...keys.list, key],
    headers.map(([, value]) => value),
  );
  const { edge, limits, mode } = settings;
  const platform = platforms.get(parts) ?? platformOf(fetch);
  platforms.set(parts, platform);
  const target = { edge, key, headers, secrets: wiping, platform, limit: limits.poll };
  const body = updateBody(update);
  const send = async (): Promise<Outcome> => {
    if (repository.isClosed) throw new EdgeProblem({ code: "closed" });
    if (mode.kind === "offline")
      throw new EdgeProblem({ code: "unreachable", text: "this client is offline" });
    return put(target, feature, body);
  };
  const outcome = await send();
  if (!waits) return outcome;
  const end = performance.now() + PATIENCE;
  if (await arrives(parts, feature, update, end - PATIENCE + ONCE_MORE_AFTER)) return outcome;
  // The server may have lost or delayed the update. Sending it twice does no harm.
  await send();
  if (await arrives(parts, feature, update, end)) return outcome;
  throw notApplied();
}

/** Waits until the client has received the change. Returns false if the time `until` is reached first. */
async function arrives(
  { repository, driver }: ClientParts,
  feature: string,
  update: Update,
  until: number,
): Promise<boolean> {
  const watch = new RepositoryWatch(repository.tasks);
  let stop: (reason: "late") => void = () => undefined;
  const late = new Promise<"late">((resolve) => (stop = resolve));
  const timer = setTimeout(stop, Math.max(until - performance.now(), 0), "late");
  let isRefreshing = false;
  const refresh = (): void => {
    if (isRefreshing || repository.status.connection === "streaming") return;
    isRefreshing = true;
    const done = (): void => {
      isRefreshing = false;
    };
    driver.command((commandId) => ({ type: "refresh", commandId })).then(done, done);
  };
  refresh();
  const refreshes = setInterval(refresh, REFRESH_EVERY);
  try {
    for (;;) {
      const received = (repository.latest ?? repository.live.rules).get(feature);
      if (received && isApplied(update, received)) return true;
      if (repository.isClosed) throw new EdgeProblem({ code: "closed" });
      if ((await Promise.race([watch.changed(), late])) === "late") return false;
    }
  } finally {
    clearTimeout(timer);
    clearInterval(refreshes);
  }
}
