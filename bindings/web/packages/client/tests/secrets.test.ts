import { describe, expect, test } from "vitest";
import { ApiKeys } from "../src/session/key.ts";
import { Secrets } from "../src/session/secrets.ts";
import { valid } from "./valid.ts";

describe("secrets are removed", () => {
  const secrets = (keys: string[], headers: string[] = []) =>
    new Secrets(valid(ApiKeys.parse(keys)).list, headers);

  test("in every spelling", () => {
    expect(
      secrets(["environment/s3cret*word", "default/other/hidden*1"]).wiped(
        "GET http://x/features/environment/s3cret*word, apiKey=other/hidden%2A1 or other/hidden%2a1: refused ❤️",
      ),
    ).toBe("GET http://x/features/environment/***, apiKey=other/*** or other/***: refused ❤️");
  });

  test("also if they were cut", () => {
    const found = secrets(["environment/s3cret*word-of-many"]);
    expect(found.wiped("environment/s3cret*word-o…, more")).toBe("environment/***…, more");
    expect(found.wiped("environment/s3cret%2Awo")).toBe("environment/***");
    expect(found.wiped("a s3cret")).toBe("a s3cret");
    expect(secrets(["e/😀😁😂🤣😃😄😅😆😉"]).wiped("x😀😁😂🤣😃😄😅😆y😀")).toBe("x***y😀");
  });

  test("of headers, with and without their scheme, and not if they are short", () => {
    const said = "'Bearer opensesame' is bad, opensesame too, and plainsecret; carry on, abcdef";
    const found = secrets(["e/abcdef"], ["Bearer opensesame ", "on", "plainsecret"]);
    expect(found.wiped(said)).toBe("'***' is bad, *** too, and ***; carry on, ***");
    expect(secrets(["e/k"]).wiped("kakapo")).toBe("kakapo");
  });

  test("from problems and notices", () => {
    const found = secrets(["e/abcdef"]);
    expect(found.wipedFrom({ code: "tls", text: "abcdef" })).toEqual({ code: "tls", text: "***" });
    expect(found.wipedFrom({ code: "stale" })).toEqual({ code: "stale" });
    expect(found.wipedOff({ kind: "ignored", what: "abcdef" })).toEqual({ kind: "ignored", what: "***" });
    expect(found.wipedOff({ kind: "store_ignored", source: { kind: "snapshot" }, why: "abcdef" })).toEqual({
      kind: "store_ignored",
      source: { kind: "snapshot" },
      why: "***",
    });
  });
});
