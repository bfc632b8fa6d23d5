import { describe, expect, test } from "vitest";

import { CLIENT_KEY, SERVER_KEY } from "../client/scripted_edge.ts";
import { BLUE, Fixture } from "./fixture.ts";

const chromium = Fixture.register();

describe("the last state", () => {
  test.each([
    ["server-evaluated", SERVER_KEY],
    ["client-evaluated", CLIENT_KEY],
  ])("of a %s key is served after a reload while the Edge cannot be reached", async (_kind, key) => {
    const { page, edge } = chromium;
    await chromium.start({}, key);
    await chromium.colour("red");
    await page.waitForFunction(() => Object.keys(localStorage).some((name) => /^fh:.{64}:0$/.test(name)));
    await edge.kill();
    await page.reload();
    await chromium.start({}, key);
    await chromium.colour("red");
    expect(await page.evaluate(() => tab.client.status.source?.kind)).toBe("snapshot");
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("secret");
    expect(await page.evaluate(() => document.cookie)).toBe("");
  });

  test("is written when the page is left within the 5 seconds", async () => {
    const { page, edge } = chromium;
    await chromium.start();
    await page.waitForFunction(() => Object.keys(localStorage).some((name) => /^fh:.{64}:0$/.test(name)));
    edge.update(BLUE);
    await chromium.colour("blue");
    await page.reload();
    expect(await page.evaluate(() => JSON.stringify(localStorage))).toContain("blue");
  });
});

test("usage is sent with sendBeacon when the page is left", async () => {
  const { page, edge, site } = chromium;
  const arrived = new Promise<string>((resolve) => {
    site.answers.set("/usage", (response, request) => {
      response.writeHead(204).end();
      request.setEncoding("utf8").once("data", resolve);
    });
  });
  await chromium.start();
  await chromium.colour("red");
  await page.evaluate(() => {
    const sent: string[] = [];
    tab.client.observe({
      name: "beacon",
      observe: (event) => sent.push(event.kind),
      flush: () => navigator.sendBeacon("/usage", sent.join()),
    } as Parameters<typeof tab.client.observe>[0]);
    tab.client.string("COLOUR");
  });
  await page.waitForFunction(() => {
    tab.client.string("COLOUR");
    return performance.getEntriesByType("resource").some(({ name }) => name.includes("observers"));
  });
  await page.goto("about:blank");
  expect(await arrived).toContain("evaluated");
  expect(edge.requests.length).toBeGreaterThan(0);
});
