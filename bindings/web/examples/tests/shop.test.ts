import { expect, test } from "vitest";

import { describeServe } from "../../packages/client/tests/client/serve.ts";
import { Example } from "./example.ts";

describeServe("the shop", () => {
  const example = Example.register("shop");

  test.each(["client", "server"])(
    "shows values for its users, and holds updates back, with a %s-evaluated key",
    async (kind) => {
      const { page } = example;
      await page.goto(`${example.url}?key=${kind}`);
      await page.getByRole("button", { name: "One-click checkout" }).waitFor();
      await page.getByLabel("User").selectOption("fred");
      await page.getByRole("button", { name: "Checkout", exact: true }).waitFor();
      expect(await page.getByText("Tent").textContent()).toContain("108.00");
      await example.setState((text) => text.replace("DISCOUNT: 10", "DISCOUNT: 50"));
      await page.getByText("New version (DISCOUNT)").waitFor();
      expect(await page.getByText("Tent").textContent()).toContain("108.00");
      await example.screenshot(`held-${kind}`);
      await page.getByRole("button", { name: "reload" }).press("Enter");
      await page.getByText("60.00").waitFor();
      expect(await page.getByText("New version").count()).toBe(0);
    },
  );

  test("is used by keyboard, in 320 pixels, and in the dark", async () => {
    const { page } = example;
    await example.showSmallAndDark();
    await page.goto(`${example.url}?user=fred`);
    await page.getByRole("button", { name: "Checkout", exact: true }).waitFor();
    for (const name of ["User", "client-evaluated", "server-evaluated", "Checkout"])
      await example.tabTo(name);
    await example.tabTo("Feature");
    await page.keyboard.type("NEW");
    await example.tabTo("Value");
    await page.keyboard.type("true");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "One-click checkout" }).waitFor();
    await page.getByRole("cell", { name: "overrides" }).waitFor();
    await example.expectNames();
    await example.expectToFit();
    await example.expectDark();
    await example.screenshot("dark-320");
    await page.emulateMedia({ colorScheme: "light" });
    await example.screenshot("light-320");
  });

  test("says when the Edge is away, and keeps its values, whose age grows", async () => {
    const { page } = example;
    await page.goto(`${example.url}?user=fred`);
    await page.getByText("READY, streaming").waitFor();
    const age = page.getByText(/values confirmed \d+ s ago/);
    const seconds = async (): Promise<number> => Number(/(\d+) s/.exec((await age.textContent()) ?? "")?.[1]);
    // The age is shown anew each second, also if the status does not change.
    const before = await seconds();
    await expect.poll(seconds, { timeout: 30_000 }).toBeGreaterThan(before);
    await example.killEdge();
    const away = await seconds();
    await expect.poll(seconds, { timeout: 30_000 }).toBeGreaterThan(away + 1);
    await page.getByText(/READY, (waiting|connecting)/).waitFor();
    await page.getByText(/problem: /).waitFor();
    expect(await page.getByText("Tent").textContent()).toContain("108.00");
    await example.screenshot("edge-away");
  });
});
