import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";

import { startBrowser } from "../../packages/client/tests/chromium/browser.ts";
import { describeServe } from "../../packages/client/tests/client/serve.ts";

describeServe("the shop", () => {
  let browser: Browser;
  let shop: ChildProcess;
  let folder: string;
  let url: string;
  let page: Page;
  let messages: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fh-shop-"));
    await setState((text) => text);
    const start = new URL("../shop/start.mjs", import.meta.url).pathname;
    shop = spawn(process.execPath, [start, join(folder, "state.yaml")], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, PORT: "0" },
    });
    for await (const line of createInterface(shop.stdout as NodeJS.ReadableStream)) {
      const found = /Shop: (\S+)/.exec(line)?.[1];
      if (found !== undefined) {
        url = found;
        break;
      }
    }
    browser = await startBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    shop.kill();
    await once(shop, "exit");
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    messages = [];
    page = await browser.newPage();
    page.on("console", (message) => {
      if (["warning", "error"].includes(message.type())) messages.push(message.text());
    });
    page.on("pageerror", (error) => messages.push(error.message));
  });
  afterEach(async () => {
    await page.close();
    await setState((text) => text);
    expect(messages).toEqual([]);
  });

  /** Replaces the state file, which the Edge reloads. */
  async function setState(change: (text: string) => string): Promise<void> {
    const text = await readFile(new URL("../shop/state.yaml", import.meta.url), "utf8");
    await writeFile(join(folder, "state.yaml"), change(text));
  }

  /** Writes a screenshot into the folder of the variable `FH_SCREENSHOTS`, if it is set. */
  async function screenshot(name: string): Promise<void> {
    const to = process.env["FH_SCREENSHOTS"];
    if (to !== undefined) await page.screenshot({ path: join(to, `${name}.png`), fullPage: true });
  }

  test.each(["client", "server"])(
    "shows values for its users, and holds updates back, with a %s-evaluated key",
    async (kind) => {
      await page.goto(`${url}?key=${kind}`);
      await page.getByRole("button", { name: "One-click checkout" }).waitFor();
      await page.getByLabel("User").selectOption("fred");
      await page.getByRole("button", { name: "Checkout", exact: true }).waitFor();
      expect(await page.getByText("Tent").textContent()).toContain("108.00");
      await setState((text) => text.replace("DISCOUNT: 10", "DISCOUNT: 50"));
      await page.getByText("New version (DISCOUNT)").waitFor();
      expect(await page.getByText("Tent").textContent()).toContain("108.00");
      await screenshot(`held-${kind}`);
      await page.getByRole("button", { name: "reload" }).press("Enter");
      await page.getByText("60.00").waitFor();
      expect(await page.getByText("New version").count()).toBe(0);
    },
  );

  test("is used by keyboard, in 320 pixels, and in the dark", async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    await page.emulateMedia({ colorScheme: "dark" });
    await page.goto(`${url}?user=fred`);
    await page.getByRole("button", { name: "Checkout", exact: true }).waitFor();
    const focused: string[] = [];
    for (;;) {
      await page.keyboard.press("Tab");
      const name = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement | null;
        if (!element || element === document.body) return "";
        const label = (element as HTMLInputElement).labels?.[0] ?? element;
        return label.innerText.split("\n")[0]?.trim() ?? "";
      });
      if (name === "" || focused.length > 20) break;
      focused.push(name);
      if (name === "Feature") await page.keyboard.type("NEW");
      if (name === "Value") {
        await page.keyboard.type("true");
        await page.keyboard.press("Enter");
      }
    }
    expect(focused.map((name) => name.replace(/ .*/, ""))).toEqual(
      expect.arrayContaining([
        "User",
        "client-evaluated",
        "server-evaluated",
        "Checkout",
        "Feature",
        "Value",
        "Override",
      ]),
    );
    await page.getByRole("button", { name: "One-click checkout" }).waitFor();
    await page.getByRole("cell", { name: "overrides" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    await screenshot("dark-320");
    await page.emulateMedia({ colorScheme: "light" });
    await screenshot("light-320");
  });

  test("says when the Edge is away, and keeps its values", async () => {
    await page.goto(`${url}?user=fred`);
    await page.getByText("READY, streaming").waitFor();
    // The Edge is the child of the program of the shop.
    const children = await readFile(`/proc/${shop.pid}/task/${shop.pid}/children`, "utf8");
    for (const child of children.trim().split(" ")) process.kill(Number(child), "SIGKILL");
    await page.getByText(/READY, (waiting|connecting)/).waitFor();
    await page.getByText(/problem: /).waitFor();
    expect(await page.getByText("Tent").textContent()).toContain("108.00");
    await screenshot("edge-away");
    // Chromium reports the failed requests itself.
    messages = messages.filter((message) => !message.includes("net::ERR_"));
  });
});
