import { afterAll, beforeAll, expect, test } from "vitest";

import { CLIENT_KEY, describeServe, Served, SERVER_KEY, state } from "../client/serve.ts";
import { Fixture } from "./fixture.ts";

describeServe("a page with the features of fh serve", () => {
  const chromium = Fixture.register();
  let served: Served;
  beforeAll(async () => {
    served = await Served.start();
  });
  afterAll(async () => {
    await served[Symbol.asyncDispose]();
  });

  test.each([
    ["client-evaluated", CLIENT_KEY],
    ["server-evaluated", SERVER_KEY],
  ])("with a %s key reads the values of its context, and gets changes on the stream", async (_kind, key) => {
    const { page } = chromium;
    await chromium.start({ context: { userkey: "fred" } }, key, page, served.url);
    await page.evaluate(() => tab.client.ready());
    expect(await page.evaluate(() => tab.client.context({ userkey: "fred" }).string("COLOUR"))).toBe("red");
    const maras = page.evaluate(async () =>
      (await tab.client.setContext({ userkey: "mara" })).string("COLOUR"),
    );
    expect(await maras).toBe("blue");
    await page.evaluate(() => tab.client.setContext({ userkey: "fred" }));
    await served.change(state("green"));
    await page.waitForFunction(() => tab.client.context({ userkey: "fred" }).string("COLOUR") === "green");
    expect(await page.evaluate(() => tab.client.number("PRICE"))).toBe(7.5);
    await served.change(state("red"));
    await page.waitForFunction(() => tab.client.context({ userkey: "fred" }).string("COLOUR") === "red");
  });
});
