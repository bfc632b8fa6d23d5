import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";

import { startBrowser } from "../../packages/client/tests/chromium/browser.ts";

/** A running example, with a state file of its own and a page for each test. */
export class Example {
  /** The address of the example. */
  url = "";
  page!: Page;
  /** The warnings and errors of the page's console, apart from failed requests to an Edge that the test has killed. */
  messages: string[] = [];
  #isEdgeKilled = false;
  /** The paths that the page requested. */
  requests: string[] = [];
  readonly #folder: string;
  readonly #hasEdge: boolean;
  #browser!: Browser;
  #process!: ChildProcess;
  #temporary = "";

  private constructor(folder: string, hasEdge: boolean) {
    this.#folder = folder;
    this.#hasEdge = hasEdge;
  }

  /** Registers hooks that start the example of a folder and a browser, and that fail a test whose page wrote warnings. */
  static register(folder: string, { hasEdge = true } = {}): Example {
    const example = new Example(folder, hasEdge);
    beforeAll(() => example.#start(), 120_000);
    afterAll(() => example.#stop());
    beforeEach(async () => {
      example.page = await example.#browser.newPage();
      example.messages = [];
      example.requests = [];
      example.#isEdgeKilled = false;
      example.page.on("console", (message) => {
        // Chromium reports failed requests itself.
        const isExpected = example.#isEdgeKilled && message.text().includes("net::ERR_");
        if (["warning", "error"].includes(message.type()) && !isExpected)
          example.messages.push(message.text());
      });
      example.page.on("pageerror", (error) => example.messages.push(error.message));
      example.page.on("request", (request) => example.requests.push(new URL(request.url()).pathname));
    });
    afterEach(async () => {
      await example.page.close();
      await example.setState((text) => text);
      expect(example.messages).toEqual([]);
    });
    return example;
  }

  async #start(): Promise<void> {
    this.#temporary = await mkdtemp(join(tmpdir(), "fh-example-"));
    await this.setState((text) => text);
    const start = new URL(`../${this.#folder}/start.mjs`, import.meta.url).pathname;
    this.#process = spawn(process.execPath, [start, this.#state], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, PORT: "0" },
    });
    for await (const line of createInterface(this.#process.stdout as NodeJS.ReadableStream)) {
      // The line of the Edge comes first.
      const url = /^(?!Edge).*: (http:\S+)/.exec(line)?.[1];
      if (url !== undefined) {
        this.url = url;
        break;
      }
    }
    this.#browser = await startBrowser();
  }

  async #stop(): Promise<void> {
    await this.#browser.close();
    this.#process.kill();
    await once(this.#process, "exit");
    await rm(this.#temporary, { recursive: true });
  }

  get #state(): string {
    return join(this.#temporary, "state.yaml");
  }

  /** Replaces the state file, which the Edge reloads. */
  async setState(change: (text: string) => string): Promise<void> {
    if (!this.#hasEdge) return;
    const given = new URL(`../${this.#folder}/state.yaml`, import.meta.url);
    await writeFile(this.#state, change(await readFile(given, "utf8")));
  }

  /** Kills the Edge, which is a child of the example's program. */
  async killEdge(): Promise<void> {
    this.#isEdgeKilled = true;
    const { pid } = this.#process;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
    for (const child of children.trim().split(" ")) process.kill(Number(child), "SIGKILL");
  }

  /** Shows the page in 320 pixels and in the dark. */
  async showSmallAndDark(): Promise<void> {
    await this.page.setViewportSize({ width: 320, height: 640 });
    await this.page.emulateMedia({ colorScheme: "dark" });
  }

  /** Expects light text on a dark background, of the page and of its controls. */
  async expectDark(): Promise<void> {
    const shades = await this.page.evaluate(() => {
      const shade = (colour: string): number =>
        (colour.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part) / 3, 0);
      const elements = [
        document.documentElement,
        ...document.querySelectorAll("button, input, select, textarea"),
      ];
      return elements.map((element) => {
        const { backgroundColor, color } = getComputedStyle(element);
        return { name: element.tagName, background: shade(backgroundColor), text: shade(color) };
      });
    });
    expect(shades.filter(({ background, text }) => background > 64 || text < 160)).toEqual([]);
  }

  /** Expects that nothing is wider than the window. */
  async expectToFit(): Promise<void> {
    const [width, window] = await this.page.evaluate(() => [
      document.documentElement.scrollWidth,
      innerWidth,
    ]);
    expect(width).toBeLessThanOrEqual(window);
  }

  /** Expects that each control of the page has an accessible name. */
  async expectNames(): Promise<void> {
    for (const role of ["button", "textbox", "combobox", "spinbutton", "region"] as const)
      for (const control of await this.page.getByRole(role).all())
        expect(await control.ariaSnapshot()).toMatch(/^- \w+ "/);
  }

  /** Presses Tab until an element has the focus whose label or text begins with the given one. */
  async tabTo(name: string): Promise<void> {
    for (let tabs = 0; tabs < 40; tabs++) {
      await this.page.keyboard.press("Tab");
      const focused = await this.page.evaluate(() => {
        const element = document.activeElement as HTMLElement | null;
        const label = (element as HTMLInputElement | null)?.labels?.[0];
        return (label ?? element)?.innerText.trim() ?? "";
      });
      if (focused.startsWith(name)) return;
    }
    throw new Error(`no press of Tab reaches ${name}`);
  }

  /** Writes a screenshot into the folder of the variable `FH_SCREENSHOTS`, if it is set. */
  async screenshot(name: string): Promise<void> {
    const to = process.env["FH_SCREENSHOTS"];
    if (to !== undefined)
      await this.page.screenshot({ path: join(to, `${this.#folder}-${name}.png`), fullPage: true });
  }
}
