import { once } from "node:events";
import { expect, test } from "vitest";

import { edge, start } from "./edge_of_each_test.ts";
import { feature } from "./scripted_edge.ts";

const RED = feature("COLOUR", "red");

test("the end of a block of `using` aborts the request, and callers get the reason", async () => {
  const client = start();
  const { response } = await edge.next();
  const closed = once(response, "close");
  const waits = [client.ready(), client.refresh()].map((wait) =>
    (wait as Promise<unknown>).catch((reason: unknown) => reason),
  );
  {
    await using last = client;
    expect(last.readiness).toBe("NOT_READY");
  }
  await closed;
  expect(await Promise.all(waits)).toMatchObject([
    { name: "NotReady", reason: "closed" },
    { name: "EdgeProblem", problem: { code: "closed" } },
  ]);
});

test("a wait ends at its time limit or with its signal, and the client goes on", async () => {
  const client = start();
  const stop = new AbortController();
  const waits = [client.ready({ timeoutMs: 1 }), client.ready({ signal: stop.signal })];
  stop.abort(new Error("left"));
  const errors = await Promise.all(waits.map((wait) => wait.catch((reason: unknown) => reason)));
  expect(errors).toMatchObject([{ reason: "timedOut" }, { reason: "aborted", cause: { message: "left" } }]);
  await edge.stream(RED);
  await client.ready();
});

test("a context that a newer one replaces is a problem, and each of the others has the reads of its context", async () => {
  const client = start({ context: { userkey: "fred" } });
  await edge.stream(RED);
  const [mara, ada, eve] = [
    client.setContext({ userkey: "mara" }),
    client.setContext({ userkey: "ada" }).catch((reason: unknown) => reason),
    client.setContext({ userkey: "eve" }),
  ];
  for (const colour of ["blue", "green"]) await edge.stream(feature("COLOUR", colour, 2));
  expect([(await mara).attributes.get("userkey"), (await eve).string("COLOUR")]).toEqual([["mara"], "green"]);
  expect(await ada).toMatchObject({ problem: { code: "superseded" } });
});

test("other keys and other headers are used for the next request", async () => {
  const client = start({ mode: "once" });
  await edge.poll([RED]);
  await client.ready();
  const keys = client.setApiKeys("environment/another-secret");
  expect((await edge.poll([RED])).request.url).toContain("apiKey=environment/another-secret");
  await keys;
  const headers = client.setHeaders({ "X-Proxy": "token" });
  expect((await edge.poll([RED])).request.headers["x-proxy"]).toBe("token");
  await headers;
  await expect(client.setApiKeys([])).rejects.toThrow(TypeError);
  await expect(client.setHeaders({ host: "other" })).rejects.toThrow(TypeError);
});
