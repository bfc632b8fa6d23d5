import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { sha256 } from "../src/text/sha256.ts";

test("digests are those of Node, whatever the length", () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, at) => (at * 7919) >> 3);
  for (let length = 0; length <= 300; length++) {
    const part = bytes.subarray(0, length);
    expect(sha256(part), `${length}`).toBe(createHash("sha256").update(part).digest("hex"));
  }
  expect(sha256(bytes)).toBe(createHash("sha256").update(bytes).digest("hex"));
});
