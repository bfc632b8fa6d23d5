import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { attributesOf } from "../src/repository/attributes.ts";
import { contextHeader, contextSha, valuesWithCommas } from "../src/session/context_header.ts";
import { updateUrl } from "../src/test_updates/update.ts";
import { EdgeUrl, redirected, SecretUrl, shownUrl } from "../src/session/edge_url.ts";
import { ApiKey, ApiKeys } from "../src/session/key.ts";
import { valid } from "./valid.ts";

describe("URLs of an Edge", () => {
  test("base URLs are normalised", () => {
    for (const [text, base] of [
      ["http://x/y", "http://x/y"],
      ["http://x/y/", "http://x/y"],
      ["HTTP://X:8085/", "http://x:8085"],
      ["https://x/features", "https://x"],
      ["https://x/features/", "https://x"],
      ["https://x/y/features/env/key*", "https://x/y"],
      ["https://x/features-of-mine", "https://x/features-of-mine"],
      [" http://[::1]:80/a/b ", "http://[::1]:80/a/b"],
      ["http://[::ffff:1.2.3.4]", "http://[::ffff:1.2.3.4]"],
      ["http://[1:2:3:4:5:6:7:8]", "http://[1:2:3:4:5:6:7:8]"],
      ["http://[1:2:3:4:5:6:7::]", "http://[1:2:3:4:5:6:7::]"],
      ["http://[1:2:3:4:5:6:1.2.3.4]", "http://[1:2:3:4:5:6:1.2.3.4]"],
      ["http://x:65535", "http://x:65535"],
      ["http://x:/y", "http://x:/y"],
      ["\u3000https://X/Y//\u0085", "https://x/Y"],
    ] as const) {
      expect(valid(EdgeUrl.parse(text)).expose(), text).toBe(base);
    }
  });

  test("invalid base URLs are refused with their reason", () => {
    for (const [text, error] of [
      ["", "empty"],
      [" \u2003", "empty"],
      ["edge.example", "scheme"],
      ["ftp://edge.example", "scheme"],
      ["https://", "host"],
      ["https:///x", "host"],
      ["https://:80", "host"],
      ["https://a b", "character"],
      ["https://é", "character"],
      ["http://edge:99999", "port"],
      ["http://edge:65536/x", "port"],
      ["http://edge:0", "port"],
      ["http://edge:8o", "port"],
      ["http://[::1]:-1", "port"],
      ["http://[::1", "host"],
      ["http://[::g]", "host"],
      ["http://[::1]x", "host"],
      ["http://[:::]", "host"],
      ["http://[1::2::3]", "host"],
      ["http://[1:2:3:4:5:6:7]", "host"],
      ["http://[1:2:3:4:5:6:7:8::]", "host"],
      ["http://[1.2.3.4::]", "host"],
      ["http://[::1.2.3]", "host"],
      ["http://[::1.2.3.256]", "host"],
      ["http://[::1.2.3.04]", "host"],
      ["http://[]", "host"],
      ["http://::1", "host"],
      ["http://a%b", "host"],
      ["https://me:pw@x", "credentials"],
      ["https://x?a=b", "query"],
      ["https://x#a", "query"],
    ] as const) {
      expect(EdgeUrl.parse(text), text).toBe(error);
    }
  });

  test("requests have the keys and the context in their URLs", () => {
    const edge = valid(EdgeUrl.parse("https://x/p/"));
    const keys = valid(ApiKeys.parse(["e/a*b", "default/f/c&d?*"]));
    expect(edge.poll(keys, "").expose()).toBe(
      "https://x/p/features?apiKey=e/a*b&apiKey=default/f/c%26d%3F*&contextSha=0",
    );
    expect(edge.stream(keys.first).expose()).toBe("https://x/p/features/e/a*b");
    expect(edge.stream(keys.first, "userkey=a%20b,x=y").expose()).toBe(
      "https://x/p/features/e/a*b?xfeaturehub=userkey%3Da%2520b%2Cx%3Dy",
    );
    expect(updateUrl(edge, keys.first, "A B/C")?.expose()).toBe("https://x/p/features/e/a*b/A%20B%2FC");
    for (const elsewhere of [".", ".."]) expect(updateUrl(edge, keys.first, elsewhere)).toBeUndefined();
    expect(updateUrl(edge, keys.first, "...")).toBeDefined();
  });

  test("redirects stay within the origin", () => {
    const url = new SecretUrl("https://x:1/a/features/e/k?q");
    for (const [location, target] of [
      ["/b", "https://x:1/b"],
      ["c", "https://x:1/a/features/e/c"],
      ["https://X:1/d", "https://X:1/d"],
      ["//x:1/e", "https://x:1/e"],
      ["/b?from=https://y/", "https://x:1/b?from=https://y/"],
      ["c?from=https://y/", "https://x:1/a/features/e/c?from=https://y/"],
      ["?r", "https://x:1/a/features/e/k?r"],
      ["#f", "https://x:1/a/features/e/k?q"],
      ["/b#f", "https://x:1/b"],
      ["?r#f", "https://x:1/a/features/e/k?r"],
      ["c/d:e", "https://x:1/a/features/e/c/d:e"],
      ["/b:c", "https://x:1/b:c"],
      ["mailto:x", undefined],
      ["mailto:x//https://x:1/", undefined],
      ["https:/b", undefined],
      ["ftp://x:1/d", undefined],
      ["https://x:443/d", undefined],
      ["http://x:1/d", undefined],
      ["https://x/d", undefined],
      ["https://y:1/d", undefined],
      ["//evil/e", undefined],
      ["https://x:1@evil/", undefined],
      ["", undefined],
      ["/a\r\nb", undefined],
    ] as const) {
      expect(redirected(url, location)?.expose(), location).toBe(target);
    }
    for (const [home, location] of [
      ["https://x/a", "https://x:443/b"],
      ["https://x:443/a", "https://X/b"],
      ["http://x/a", "http://x:80/b"],
      ["https://x", "https://x/b"],
    ] as const) {
      expect(redirected(new SecretUrl(home), location)?.expose()).toBe(location);
    }
    expect(redirected(new SecretUrl("https://x"), "b")?.expose()).toBe("https://x/b");
    for (const [home, location] of [
      ["http://x/a", "http://x:443/b"],
      ["http://x/a", "https://x/b"],
      ["http://x/a", "http://x:8080/"],
    ] as const) {
      expect(redirected(new SecretUrl(home), location), location).toBeUndefined();
    }
  });

  test("texts of URLs and keys show no secret", () => {
    expect(shownUrl(new SecretUrl("https://u:p@x:1/a?q"))).toBe("https://x:1/***");
    expect(shownUrl(new SecretUrl("nonsense"))).toBe("***");
    expect(shownUrl(valid(EdgeUrl.parse("https://edge.example/fh")))).toBe("https://edge.example/***");
    expect(shownUrl(valid(EdgeUrl.parse("https://edge.example/")))).toBe("https://edge.example");
    const key = valid(ApiKey.parse("e/secret*"));
    expect(`${String(key)} ${JSON.stringify(key)}`).not.toContain("secret");
  });
});

describe("API keys", () => {
  test("valid keys have an environment, and invalid ones a reason", () => {
    for (const text of ["e/k", " e/k\n", "default/e/k", "e/k*y", "/e/k"]) {
      expect(valid(ApiKey.parse(text)).environment, text).toBe("e");
    }
    for (const [text, error] of [
      ["", "empty"],
      ["  ", "empty"],
      ["key", "shape"],
      ["/k", "shape"],
      ["e/", "shape"],
      ["a/b/", "shape"],
      ["a//b", "shape"],
      ["a/b/c/d", "shape"],
      ["e/..", "dots"],
      ["../k*", "dots"],
      ["./e/k", "dots"],
      ["e/k y", "character"],
      ["e/k\u0007", "character"],
      ["e/k\u0085y", "character"],
      ['"e/k"', "character"],
      [`e/${"é".repeat(512)}`, "too_long"],
    ] as const) {
      expect(ApiKey.parse(text), text).toBe(error);
    }
    expect(typeof ApiKey.parse(`e/${"é".repeat(511)}`)).toBe("object");
  });

  test("lists are of one kind and have no duplicates", () => {
    const keys = valid(ApiKeys.parse(["e/a*", "f/b*", "e/a*"]));
    expect(keys.list.map((key) => key.expose())).toEqual(["e/a*", "f/b*"]);
    expect(keys.areSeveral).toBe(true);
    expect(valid(ApiKeys.parse(["e/a", "e/a"])).areSeveral).toBe(false);
    expect(ApiKeys.parse(["e/a*", "f/b"])).toBe("mixed");
    expect(ApiKeys.parse([])).toBe("empty");
    const digest = createHash("sha256").update("e/a*\nf/b*").digest("hex");
    expect(keys.fingerprint()).toBe(digest);
  });
});

describe("contexts in headers", () => {
  test("the example of the specification, in any order", () => {
    const example = {
      userkey: "DJElif",
      country: "turkey",
      city: "Istanbul",
      "musical styles": ["psychedelic", "deep"],
      session: "anjunadeep",
      device: "desktop",
      platform: "android",
      version: "2.3.7",
    };
    const header =
      "city=Istanbul,country=turkey,device=desktop,musical%20styles=psychedelic%2Cdeep," +
      "platform=android,session=anjunadeep,userkey=DJElif,version=2.3.7";
    const entries = Object.entries(example);
    expect(contextHeader(attributesOf(entries))).toBe(header);
    expect(contextHeader(attributesOf(entries.reverse()))).toBe(header);
  });

  test("attributes cannot inject headers", () => {
    const odd = attributesOf([
      ["k=,\r\n&", "v\r\nX-Evil: 1"],
      ["userkey", "a b,c=d é 😀!*'()\ud800"],
    ]);
    expect(contextHeader(odd)).toBe(
      "k%3D%2C%0D%0A%26=v%0D%0AX-Evil%3A%201," +
        "userkey=a%20b%2Cc%3Dd%20%C3%A9%20%F0%9F%98%80%21%2A%27%28%29%EF%BF%BD",
    );
    expect(valuesWithCommas(odd)).toEqual(["userkey"]);
  });

  test("digests of the specification, and too many attributes", () => {
    expect(contextSha("")).toBe("0");
    expect(contextSha("userkey=fred")).toBe(
      "6a1d1fa42d1c1917552a255a940792205cb62cc2efd6613ab5a3f75d0038518b",
    );
    const many = (count: number) => attributesOf(Array.from({ length: count }, (_, at) => [`a${at}`, at]));
    expect(contextHeader(many(30))).toBeDefined();
    expect(contextHeader(many(31))).toBeUndefined();
  });
});
