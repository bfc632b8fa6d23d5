/**
 * Runs the adapter in a page of Chromium until the end of the scenario: `node launch.mjs ADDRESS`. The page is one of the browser that
 * `with_browser.mjs` has started. Without such a browser, the program starts one.
 *
 * @packageDocumentation
 */

const address = process.argv.at(-1) ?? "";
const pages = process.env["FH_PAGES"];

if (pages === undefined) {
  const { startBrowser } = await import("../packages/client/tests/chromium/browser.ts");
  const { runPage } = await import("./browser.ts");
  const browser = await startBrowser();
  const log = (line: string): void => {
    console.error(line);
  };
  await runPage(browser, { address, log }).finally(() => browser.close());
} else {
  // The connection ends with this program, whereupon the page is closed.
  const response = await fetch(pages, { method: "POST", body: address });
  const log = response.body?.getReader();
  for (let piece = await log?.read(); piece?.value; piece = await log?.read())
    process.stderr.write(piece.value);
}
process.exit(0);

export {};
