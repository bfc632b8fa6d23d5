import { describe, expect, it } from "vitest";

import { join, split } from "../../src/engine/texts.ts";

describe("texts in one text", () => {
  it.each([
    [["a"], "a"],
    [["", ""], "\0"],
    [["a", "", "é🐢", ""], "a\0\0é🐢\0"],
    [["\0", "\u0001", "\u00010", "\u0001\u00011"], "\u00010\0\u00011\0\u000110\0\u00011\u000111"],
    [["a\0b\u0001c", "0", "1"], "a\u00010b\u00011c\x000\x001"],
  ])("are split as they were joined: %j", (texts, joined) => {
    expect(join(texts)).toBe(joined);
    expect(split(joined)).toEqual(texts);
  });
});
