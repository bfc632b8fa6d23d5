import { describe, expect, test } from "vitest";
import * as text from "../src/text/text.ts";

describe("texts follow the rules of Rust", () => {
  test("white space of Unicode is trimmed, and a byte order mark is not", () => {
    const spaces = "\t\n\v\f\r \x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000";
    expect(text.trim(`${spaces}a ${spaces}b${spaces}`)).toBe(`a ${spaces}b`);
    for (const kept of ["\ufeff", "\u200b", "\u180e", "\x1f"]) expect(text.trim(kept)).toBe(kept);
    for (const one of spaces) expect(text.isUnprintable(`a${one}b`), JSON.stringify(one)).toBe(true);
    for (const one of ["\0", "\x1f", "\x7f", "\x9f"]) expect(text.isUnprintable(one)).toBe(true);
    for (const one of ["a", "é", "\ufeff", "😀", "\xad"]) expect(text.isUnprintable(one)).toBe(false);
  });

  test("only ASCII letters change their case", () => {
    expect(text.lowerCase("ÀBZ[@İ\u212a")).toBe("Àbz[@İ\u212a");
    expect(text.equalsIgnoringCase("aBc-é", "AbC-é")).toBe(true);
    expect(text.equalsIgnoringCase("é", "É")).toBe(false);
    expect(text.equalsIgnoringCase("\u212a", "k")).toBe(false);
  });

  test("texts are compared by their bytes", () => {
    const sorted = ["", "A", "a", "a\0", "aa", "é", "中", "\ue000", "\uffff", "😀", "😁"];
    for (const [at, left] of sorted.entries()) {
      for (const [other, right] of sorted.entries()) {
        const found = Math.sign(text.compareBytes(left, right));
        expect(found, `${left} ${right}`).toBe(Math.sign(at - other));
        expect(found).toBe(Math.sign(Buffer.from(left).compare(Buffer.from(right))));
      }
    }
  });

  test("texts are cut by characters", () => {
    expect(text.cut("añb", 2)).toBe("añ…");
    expect(text.cut("añ", 2)).toBe("añ");
    expect(text.cut("😀😁a", 2)).toBe("😀😁…");
    expect(text.cut("", 0)).toBe("");
    expect(text.characters("a😀é")).toBe(3);
  });

  test("bytes are counted as they are encoded", () => {
    for (const one of [
      "",
      "a",
      "é",
      "߿",
      "ࠀ",
      "\uffff",
      "😀",
      "a😀b",
      "\ud800",
      "\udc00a",
      "\ud800😀",
      "😀\udc00",
    ]) {
      expect(text.byteLength(one), JSON.stringify(one)).toBe(Buffer.byteLength(one));
      expect([...text.utf8(one)]).toEqual([...Buffer.from(one)]);
    }
  });

  test.each([true, false])("lone surrogates become U+FFFD, with a method of the runtime: %s", (hasMethod) => {
    const { prototype } = String as unknown as { readonly prototype: { toWellFormed?: unknown } };
    const method = Object.getOwnPropertyDescriptor(prototype, "toWellFormed");
    if (!hasMethod) delete prototype.toWellFormed;
    try {
      expect(text.wellFormed("a\ud800b\udc00😀\ud83d\ud83d\udc22")).toBe("a\ufffdb\ufffd😀\ufffd🐢");
      expect(text.wellFormed("é😀")).toBe("é😀");
    } finally {
      if (method) Object.defineProperty(prototype, "toWellFormed", method);
    }
  });

  test("UTF-8 is checked or mended, and keeps its byte order mark", () => {
    const valid = new TextEncoder().encode("\ufeffé");
    expect(text.fromUtf8(valid)).toBe("\ufeffé");
    expect(text.fromUtf8Lossy(valid)).toBe("\ufeffé");
    for (const bytes of [[0xc3], [0xff, 0x61], [0xed, 0xa0, 0x80]]) {
      expect(text.fromUtf8(Uint8Array.from(bytes))).toBeUndefined();
    }
    expect(text.fromUtf8Lossy(Uint8Array.from([0x61, 0xf0, 0x9f, 0x98, 0x62, 0xff]))).toBe("a\ufffdb\ufffd");
  });
});
