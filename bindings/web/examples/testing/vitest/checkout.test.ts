import { Client } from "fh-client";
import { testClient, testEdge } from "fh-client/testing";
import { afterEach, expect, test } from "vitest";

import { checkoutPath, type Flags } from "./checkout.ts";

const open: Client<Flags>[] = [];
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

test("the checkout follows its feature, without a network", () => {
  const client = testClient<Flags>({ NEW_CHECKOUT: false, COLOUR: "blue" });
  open.push(client);
  expect(checkoutPath(client, "mara")).toBe("/basket?colour=blue");
  client.set("NEW_CHECKOUT", true);
  expect(checkoutPath(client, "mara")).toBe("/checkout?colour=blue");
  client.notReady();
  expect(checkoutPath(client, "mara")).toBe("/basket?colour=red");
});

test("the checkout follows an Edge, and keeps its features while the Edge is away", async () => {
  const edge = testEdge<Flags>({ NEW_CHECKOUT: true, COLOUR: "red" });
  const client = new Client<Flags>(edge.url, edge.serverKey, {
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
