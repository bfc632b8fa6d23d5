import { expect, test } from "vitest";

import { SERVER_KEY } from "../client/scripted_edge.ts";
import { BLUE, Fixture, GREEN } from "./fixture.ts";

const chromium = Fixture.register();

/** The messages that a page of the origin sends in place of a leader. */
type Hostile = (term: number) => unknown[];

/** Messages that no tab can read. */
const unreadable: Hostile = (term) => {
  const nested = (depth: number): unknown => {
    let value: unknown = 0;
    for (let at = 0; at < depth; at++) value = [value];
    return value;
  };
  const [from, v] = ["hostile", 1];
  return [
    null,
    nested(500),
    { nested: nested(500) },
    "x".repeat(10_000_000),
    { v, type: "list", from, term, text: nested(500) },
    { v, type: "x".repeat(10_000_000), from, term, text: "" },
    { v: nested(500), type: "list", from, term, text: "" },
    { v, type: "list", from, term: 1e300, text: "" },
    JSON.parse(`{"__proto__":{"v":1,"type":"end","from":"hostile","term":${term}}}`),
  ];
};

/** Messages of a leader whose events are hostile. */
const readable: Hostile = (term) => {
  const deep = "[".repeat(100_000);
  const feature = '{"id":"1","key":"OTHER","type":"STRING","version":1,"value":"x"';
  return [
    `event: features\ndata: [${feature}},{"__proto__":{"key":"PROTO"},"constructor":{"prototype":{"isAdmin":true}}}]\n\n`,
    `event: features\ndata: ${deep}\n\n`,
    `event: feature\ndata: ${feature},"later":${deep}${"]".repeat(100_000)}}\n\n`,
    `event: feature\ndata: {"__proto__":{"key":"COLOUR","isAdmin":true},"version":9}\n\n`,
    `${deep}\n\n`,
    `event: ${"x".repeat(10_000_000)}\n\n`,
    `event: feature\ndata: ${"x".repeat(10_000_000)}`,
    "data: x\n".repeat(1_000_000),
  ].flatMap((text, at) => [
    { v: 1, type: at === 0 ? "list" : "event", from: "hostile", term, text },
    { v: 1, type: "list", from: "hostile", term: term + at + 1, text },
  ]);
};

test.each([
  ["cannot be read", unreadable],
  ["have hostile events", readable],
])("messages of another page that %s do no harm", async (_what, messages) => {
  const { edge, context } = chromium;
  const pages = [chromium.page, await chromium.open()];
  const errors: string[] = [];
  context.on("weberror", (error) => errors.push(error.error().message));
  for (const page of pages) {
    await chromium.start({}, SERVER_KEY, page);
    await chromium.colour("red", page);
  }
  await edge.until(() => edge.requests.length === 2 && edge.streams.size === 1);
  const other = await chromium.open();
  // The functions run in the page, because the messages are larger than what Playwright sends quickly.
  await other.evaluate(`(async () => {
    const { held = [] } = await navigator.locks.query();
    const { name } = held.find(({ name }) => name.startsWith("fh:stream:"));
    const channel = new BroadcastChannel(name);
    for (const message of (${messages.toString()})(Date.now() + 1_000)) channel.postMessage(message);
    // The tabs look for another leader.
    channel.postMessage({ v: 1, type: "end", from: "hostile", term: Date.now() + 60_000 });
    channel.close();
  })()`);
  edge.set(BLUE);
  for (const stream of edge.streams) stream.destroy();
  for (const page of pages) await chromium.colour("blue", page);
  await edge.until(() => edge.streams.size === 1);
  edge.update(GREEN);
  for (const page of pages) {
    await chromium.colour("green", page);
    expect(await page.evaluate(() => "isAdmin" in {} || "key" in {})).toBe(false);
    expect(await page.evaluate(() => tab.client.status.counters.listenerPanics)).toBe(0);
  }
  expect(errors).toEqual([]);
});
