import { describe, expect, test } from "vitest";

import { CLIENT_KEY, SERVER_KEY } from "../client/scripted_edge.ts";
import { PageEdge } from "./edge.ts";
import { BLUE, Fixture } from "./fixture.ts";

const chromium = Fixture.register();

describe("requests", () => {
  test.each([
    ["client-evaluated", CLIENT_KEY],
    ["server-evaluated", SERVER_KEY],
  ])("a stream with a %s key is read and updated, without a preflight", async (_kind, key) => {
    const { page, edge } = chromium;
    await chromium.start({}, key);
    await page.evaluate(() => tab.client.ready());
    await chromium.colour("red");
    await page.evaluate(() => {
      tab.client.onChange("COLOUR", (change) => tab.seen.push([change.old, change.new]));
    });
    edge.update(BLUE);
    await page.waitForFunction(() => tab.seen.length === 1);
    expect(await page.evaluate(() => tab.seen)).toEqual([["red", "blue"]]);
    expect([edge.requests.length, edge.preflights.length]).toEqual([1, 0]);
    for (const name of ["x-sdk", "referer", "cookie"])
      expect(edge.requests[0]?.headers).not.toHaveProperty(name);
  });

  test("polls without an etag need no preflight, and those with an etag need one", async () => {
    const { page, edge } = chromium;
    await chromium.start({ mode: "once" });
    // A refresh during the first poll would wait for its response.
    await page.evaluate(() => tab.client.ready());
    await page.evaluate(() => tab.client.refresh());
    await page.evaluate(() => tab.client.refresh());
    expect([edge.requests.length, edge.preflights.length]).toEqual([3, 0]);
    edge.etag = '"one"';
    await page.evaluate(() => tab.client.refresh());
    await page.evaluate(() => tab.client.refresh());
    expect(edge.requests.at(-1)?.headers["if-none-match"]).toBe('"one"');
    expect([edge.requests.length, edge.preflights.length]).toEqual([5, 1]);
    expect(edge.preflights[0]?.headers["access-control-request-headers"]).toBe("if-none-match");
    await chromium.colour("red");
  });

  test("a context costs a preflight, which asks for its header only", async () => {
    await chromium.start({ context: { userkey: "mara" } });
    await chromium.colour("red");
    const { edge } = chromium;
    expect(edge.preflights.map(({ headers }) => headers["access-control-request-headers"])).toEqual([
      "x-featurehub",
    ]);
    expect(edge.requests[0]?.headers["x-featurehub"]).toBe("userkey=mara");
  });
});

test("a blocked request is a problem, and the wait for readiness ends by its limit", async () => {
  const { edge, page } = chromium;
  await page.route(`${edge.url}/**`, (route) => route.abort("blockedbyclient"));
  await chromium.start();
  const reason = await page.evaluate(() =>
    tab.client
      .ready({ timeoutMs: 300 })
      .catch((error: unknown) => (error as InstanceType<typeof fh.NotReady>).reason),
  );
  expect(reason).toBe("timedOut");
  expect(await chromium.problem("unreachable")).toBe("Failed to fetch (network, TLS, CORS or a blocker)");
  expect(edge.requests).toHaveLength(0);
});

describe("a redirect to another origin", () => {
  test("is a problem, and its features are not used", async () => {
    const { edge } = chromium;
    await using other = await PageEdge.start(BLUE);
    edge.answer = (response) => response.writeHead(302, { location: `${other.url}/features` }).end();
    await chromium.start();
    expect(await chromium.problem("unreachable")).toBe("a redirect led to another origin");
    expect(await chromium.page.evaluate(() => tab.client.readiness)).toBe("NOT_READY");
    expect(other.requests.length).toBeGreaterThan(0);
  });

  test("never gets a context", async () => {
    const { edge } = chromium;
    await using other = await PageEdge.start(BLUE);
    edge.answer = (response) => response.writeHead(302, { location: `${other.url}/features` }).end();
    await chromium.start({ context: { userkey: "mara" } });
    await chromium.problem("unreachable");
    expect([other.requests.length, other.preflights.length]).toEqual([0, 0]);
  });
});
