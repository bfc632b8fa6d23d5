import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

test.each(["react", "openfeature"])(
  "the examples of the README of %s are the files that are compiled",
  async (name) => {
    const folder = new URL(`../../${name}/`, import.meta.url);
    const text = await readFile(new URL("README.md", folder), "utf8");
    const blocks = [...text.matchAll(/```tsx?\n([^]*?)```/g)].map(([, code]) => code);
    const examples = new URL("tests/readme/", folder);
    const files = await Promise.all(
      (await readdir(examples)).map((file) => readFile(new URL(file, examples), "utf8")),
    );
    expect(blocks.sort()).toEqual(files.sort());
  },
);
