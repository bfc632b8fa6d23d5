import { expect, test } from "vitest";

import { Example } from "./example.ts";

const example = Example.register("playground", { hasEdge: false });

test("shows values, the rollout, diagnostics and an explanation, which follow the input", async () => {
  const { page } = example;
  await page.goto(example.url);
  const values = page.getByRole("region", { name: "Values" });
  await values.getByRole("row", { name: "COLOUR blue STRATEGY_MATCH new-zealand" }).waitFor();
  const rollout = page.getByRole("region", { name: "Rollout of NEW_CHECKOUT over 10,000 users" });
  await rollout.getByRole("rowheader", { name: "true" }).waitFor();
  const shares = await rollout.getByRole("cell", { name: "%" }).allTextContents();
  expect(shares.map((share) => Math.round(Number.parseFloat(share) / 5) * 5)).toEqual([75, 25]);
  await page.getByText(/^(error|warning): /).waitFor();
  await page.getByRole("combobox", { name: "Feature" }).selectOption("COLOUR");
  await page.locator("#explanation").filter({ hasText: "new-zealand" }).waitFor();
  await page.getByLabel("Context (a JSON object)").fill('{ "userkey": "fred" }');
  await values.getByRole("row", { name: "COLOUR red" }).waitFor();
  // The files are static: built ones, the same for each request.
  const scripts = example.requests.filter((path) => /\.[jt]sx?$|@/.test(path));
  expect(scripts.length).toBeGreaterThan(2);
  expect(scripts.filter((path) => !/^\/assets\/[\w-]+\.js$/.test(path))).toEqual([]);
  await example.expectNames();
  await example.screenshot("light");
});

test("is used by keyboard, in 320 pixels, and in the dark, and names problems of the input", async () => {
  const { page } = example;
  await example.showSmallAndDark();
  await page.goto(example.url);
  await page.getByRole("cell", { name: "blue" }).waitFor();
  await example.tabTo("Context");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("{");
  await page.getByRole("alert").getByText("JSON").waitFor();
  await page.keyboard.type('"userkey":"fred"}');
  await page.getByRole("cell", { name: "red" }).waitFor();
  await example.expectToFit();
  await example.expectDark();
  await example.screenshot("dark-320");
});
