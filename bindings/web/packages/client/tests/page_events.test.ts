import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const PACKAGES = fileURLToPath(new URL("../../", import.meta.url));

/** Events whose handlers keep a page out of the back/forward cache, and the properties that register such handlers. */
const UNLOAD = /\b(?:on)?(?:before)?unload\b/i;

/** Returns the paths of all sources of the packages, with the built JavaScript of the engines. */
function sources(): string[] {
  const folders = readdirSync(PACKAGES).map((name) => `${name}/src/`);
  return folders.flatMap((folder) =>
    readdirSync(PACKAGES + folder, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(?:ts|tsx|js)$/.test(name))
      .map((name) => folder + name),
  );
}

test("no source names the events `unload` and `beforeunload`", () => {
  const found = sources();
  expect(found).toContain("client/src/browser/page.ts");
  expect(found.some((name) => name.startsWith("react/"))).toBe(true);
  const named = found.filter((name) => UNLOAD.test(readFileSync(PACKAGES + name, "utf8")));
  expect(named).toEqual([]);
});
