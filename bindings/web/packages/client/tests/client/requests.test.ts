import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";

import { Client } from "../../src/index.ts";
import { CLIENT_KEY, colourOf, describeServe, Served, stateOfUsers } from "./serve.ts";

const USERS = 50;
/** Number of reads of each request. Between two reads, all other requests read. */
const READS = 5;

/** Returns a function whose promise is fulfilled once it has been called this many times. */
function meeting(count: number): () => Promise<void> {
  let arrived = 0;
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (open = resolve));
  return () => {
    if (++arrived === count) open();
    return all;
  };
}

describeServe("a server with one client", () => {
  let served: Served;
  beforeAll(async () => {
    served = await Served.start(stateOfUsers(USERS));
  });
  afterAll(async () => {
    await served[Symbol.asyncDispose]();
  });

  test("answers fifty requests at once, of which none reads for the context of another", async () => {
    using client = new Client(served.url, CLIENT_KEY);
    await client.ready();
    const meetings = Array.from({ length: READS }, () => meeting(USERS));
    const server = createServer((request, response) => {
      void (async () => {
        const userkey = new URL(request.url ?? "", "http://server").searchParams.get("user") ?? "";
        const mine = client.context({ userkey });
        const colour = mine.feature("COLOUR");
        const read: unknown[] = [];
        for (const meet of meetings) {
          await meet();
          const again = client.context({ userkey });
          read.push(mine.string("COLOUR"), again.detail("COLOUR").strategyId, colour.string());
          read.push(mine.snapshot().string("COLOUR"), client.string("COLOUR"));
        }
        response.end(JSON.stringify({ read, state: mine.dehydrate() }));
      })();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const answers = await Promise.all(
      Array.from({ length: USERS }, async (_, user) => {
        const response = await fetch(`${url}?user=user-${user}`);
        return (await response.json()) as { readonly read: unknown; readonly state: string };
      }),
    );
    server.close();
    const hashes = new Set<unknown>();
    answers.forEach(({ read, state }, user) => {
      const colour = colourOf(user);
      const once = [colour, `user-${user}`, colour, colour, "red"];
      expect(read).toEqual(Array.from({ length: READS }, () => once).flat());
      expect(state.match(/colour of user \d+/g)).toEqual([colour]);
      hashes.add((JSON.parse(state) as { readonly context: unknown }).context);
    });
    expect(hashes.size).toBe(USERS);
  });
});
