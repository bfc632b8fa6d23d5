import { afterEach, expect, test } from "@jest/globals";
import { Client } from "fh-client";
import { testClient, testEdge } from "fh-client/testing";

import { checkoutPath } from "./checkout.js";

/** @type {Client[]} */
const open = [];
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

test("the checkout follows its feature, without a network", () => {
  const client = testClient({ NEW_CHECKOUT: false, COLOUR: "blue" });
  open.push(client);
  expect(checkoutPath(client, "mara")).toBe("/basket?colour=blue");
  client.set("NEW_CHECKOUT", true);
  expect(checkoutPath(client, "mara")).toBe("/checkout?colour=blue");
  client.notReady();
  expect(checkoutPath(client, "mara")).toBe("/basket?colour=red");
});

test("the checkout follows an Edge, and keeps its features while the Edge is away", async () => {
  const edge = testEdge({ NEW_CHECKOUT: true, COLOUR: "red" });
  const client = new Client(edge.url, edge.serverKey, {
    fetch: edge.fetch,
    context: { userkey: "mara" },
  });
  open.push(client);
  await client.ready();
  expect(checkoutPath(client, "mara")).toBe("/checkout?colour=red");
  edge.set("COLOUR", "blue");
  await client.statusWhen(() => client.string("COLOUR") === "blue");
  edge.fail("unreachable");
  await client.statusWhen(({ problem }) => problem?.code === "unreachable");
  expect(checkoutPath(client, "mara")).toBe("/checkout?colour=blue");
});
