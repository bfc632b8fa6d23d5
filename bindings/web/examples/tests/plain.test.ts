import { expect, test } from "vitest";

import { describeServe } from "../../packages/client/tests/client/serve.ts";
import { Example } from "./example.ts";

describeServe("the plain page", () => {
  const example = Example.register("plain");

  test("shows the values of its users, follows the Edge, and loads no engine", async () => {
    const { page } = example;
    await page.goto(example.url);
    await page.getByText("A tent for 108 $").waitFor();
    await page.getByRole("button", { name: "One-click checkout" }).waitFor();
    await page.getByLabel("User").selectOption("fred");
    await page.getByRole("button", { name: "One-click checkout" }).waitFor({ state: "hidden" });
    await example.setState((text) => text.replace("108", "60"));
    await page.getByText("A tent for 60 $").waitFor();
    expect(example.requests.filter((path) => path.endsWith(".wasm"))).toEqual([]);
    await example.expectNames();
    await example.screenshot("light");
  });

  test("is used by keyboard, in 320 pixels, and in the dark", async () => {
    const { page } = example;
    await example.showSmallAndDark();
    await page.goto(example.url);
    await page.getByText("READY, streaming").waitFor();
    await example.tabTo("One-click checkout");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.type("fred");
    await page.getByRole("button", { name: "One-click checkout" }).waitFor({ state: "hidden" });
    await example.expectToFit();
    await example.expectDark();
    await example.screenshot("dark-320");
  });
});
