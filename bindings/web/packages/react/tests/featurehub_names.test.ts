import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

import * as layer from "../src/featurehub.tsx";

test("the page for users of the published SDKs has a row for each name", async () => {
  const page = new URL("../../../../../docs/guide/migrating-from-featurehub-js.md", import.meta.url);
  const [, section = ""] = (await readFile(page, "utf8")).split("## The React SDK");
  expect(Object.keys(layer)).toHaveLength(4);
  for (const name of Object.keys(layer)) expect(section).toContain(`| \`${name}\``);
});
