import { expect, test } from "vitest";

import { describeServe } from "../../packages/client/tests/client/serve.ts";
import { Example } from "./example.ts";

describeServe("the server-rendered page", () => {
  const example = Example.register("rendered");

  test("has the values of its user and no rule, also without a script", async () => {
    const [mara, fred] = await Promise.all(
      ["", "?user=fred"].map(async (query) => (await fetch(example.url + query)).text()),
    );
    expect(mara).toContain("Kia ora");
    expect(fred).toContain("Welcome");
    for (const html of [mara ?? "", fred ?? ""]) {
      expect(html).toContain("108.00 $");
      // The late part of the stream follows the shell.
      expect(html.indexOf("in stock")).toBeGreaterThan(html.indexOf("Counting the stock…"));
      expect(html).not.toContain("new_zealand");
      expect(html).not.toContain("*KxoucOoYQbOnaSX83Ddg");
    }
  });

  test("is hydrated without a message, follows the Edge, and loads no engine", async () => {
    const { page } = example;
    await page.goto(example.url);
    await page.getByText("live: READY, streaming").waitFor();
    await page.getByText("7 in stock").waitFor();
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Kia ora, mara");
    await example.setState((text) => text.replace("DISCOUNT: 10", "DISCOUNT: 50"));
    await page.getByText("60.00 $ (50 % off)").waitFor();
    expect(example.requests.filter((path) => path.endsWith(".wasm"))).toEqual([]);
    await example.expectNames();
    await example.screenshot("light");
  });

  test("is used by keyboard, in 320 pixels, and in the dark", async () => {
    const { page } = example;
    await example.showSmallAndDark();
    await page.goto(example.url);
    await page.getByText("live: READY, streaming").waitFor();
    await example.tabTo("User");
    await page.keyboard.type("fred");
    await example.tabTo("Show");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Welcome, fred" }).waitFor();
    await page.getByText("7 in stock").waitFor();
    await page.getByText("live: READY, streaming").waitFor();
    await example.expectToFit();
    await example.expectDark();
    await example.screenshot("dark-320");
  });
});
