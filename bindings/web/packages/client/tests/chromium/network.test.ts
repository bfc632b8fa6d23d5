import { describe, expect, test } from "vitest";

import { CLIENT_KEY, SERVER_KEY } from "../client/scripted_edge.ts";
import { PageEdge } from "./edge.ts";
import { BLUE, Fixture, GREEN } from "./fixture.ts";

const chromium = Fixture.register();

/** Delays so long that only an event of the browser can cause the next request within the time of a test. */
const SLOW = { backoff: { initial: 300, cap: 300, jitter: 0 } };

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

describe("failures of the Edge", () => {
  test("a killed Edge that restarts is found again", async () => {
    const { edge } = chromium;
    await chromium.start();
    await chromium.colour("red");
    await edge.kill();
    await chromium.problem("unreachable");
    edge.set(BLUE);
    await edge.listen();
    await chromium.colour("blue");
    edge.update(GREEN);
    await chromium.colour("green");
  });

  test("a 503 is retried after the time in Retry-After", async () => {
    const { edge } = chromium;
    edge.next.push((response) => response.writeHead(503, { "retry-after": "1" }).end());
    await chromium.start();
    await chromium.problem("server_error");
    await chromium.colour("red");
    const [first, second] = edge.requests;
    expect(second!.at - first!.at).toBeGreaterThan(900);
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

  test("a redirect to another origin is a problem, and its features are not used", async () => {
    const { edge } = chromium;
    await using other = await PageEdge.start(BLUE);
    edge.answer = (response) => response.writeHead(302, { location: `${other.url}/features` }).end();
    await chromium.start();
    expect(await chromium.problem("unreachable")).toBe("a redirect led to another origin");
    expect(await chromium.page.evaluate(() => tab.client.readiness)).toBe("NOT_READY");
    expect(other.requests.length).toBeGreaterThan(0);
  });

  test("a redirect never carries a context to another origin", async () => {
    const { edge } = chromium;
    await using other = await PageEdge.start(BLUE);
    edge.answer = (response) => response.writeHead(302, { location: `${other.url}/features` }).end();
    await chromium.start({ context: { userkey: "mara" } });
    await chromium.problem("unreachable");
    expect([other.requests.length, other.preflights.length]).toEqual([0, 0]);
  });

  test("a redirect within the origin is followed by the browser", async () => {
    const { edge } = chromium;
    edge.next.push((response) => response.writeHead(307, { location: "/features/moved" }).end());
    await chromium.start();
    await chromium.colour("red");
    expect(edge.requests.at(-1)?.url).toBe("/features/moved");
  });
});

describe("the network of the browser", () => {
  test("offline keeps the features, and online requests them at once", async () => {
    const { edge, context, page } = chromium;
    await chromium.start(SLOW);
    await chromium.colour("red");
    await context.setOffline(true);
    expect(edge.streams.size).toBe(1);
    for (const stream of edge.streams) stream.destroy();
    await chromium.problem("unreachable");
    expect(await page.evaluate(() => tab.client.string("COLOUR"))).toBe("red");
    edge.set(BLUE);
    await context.setOffline(false);
    await chromium.colour("blue");
  });

  test("a stream that slept too long is opened anew when its page is shown", async () => {
    const { edge, page } = chromium;
    await chromium.start();
    await chromium.colour("red");
    const [stale] = edge.streams;
    edge.set(BLUE);
    await page.evaluate(() => {
      const clock = Date.now.bind(Date);
      // The wall clock advances by ten minutes while the monotonic clock stops, as on a machine that sleeps.
      Date.now = () => clock() + 600_000;
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await chromium.colour("blue");
    await edge.until(() => !edge.streams.has(stale!));
    expect(edge.requests).toHaveLength(2);
  });
});
