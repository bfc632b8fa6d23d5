import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";

import {
  attributesOf,
  bootstrapOf,
  contextValues,
  EnvironmentOverrides,
  intercept,
  type Notice,
  noticeText,
  type Problem,
  problemText,
  publish,
  Repository,
  Rules,
  setStatus,
  writeBootstrap,
  parseBootstrap,
} from "../src/repository/lib.ts";
import { Flags } from "../src/repository/baggage/flags.ts";
import { BaggageOverrides } from "../src/repository/baggage/overrides.ts";
import { contextHash } from "../src/repository/context_hash.ts";
import { STAGES } from "../src/repository/problem.ts";
import { INITIAL_STATUS } from "../src/repository/status.ts";
import { KINDS } from "../src/repository/value.ts";
import { received } from "./sequences/received.ts";
import * as shown from "./sequences/shown.ts";

/** The tables that `fh-client/repository/tests/sequences/tables.rs` writes. */
interface Tables {
  readonly values: readonly {
    readonly json: string;
    readonly detail: unknown;
    readonly number: unknown;
    readonly typed: unknown;
    readonly bootstrap: string;
  }[];
  readonly attributeNumbers: readonly (readonly [string, string])[];
  readonly contextHashes: readonly (readonly [[string, string[]][], string])[];
  readonly baggage: readonly {
    readonly text: string;
    readonly entries: unknown;
    readonly leftOut: unknown;
    readonly added: readonly string[];
    readonly written: string;
    readonly override: unknown;
    readonly missing: unknown;
  }[];
  readonly environment: {
    readonly variables: [string, string][];
    readonly texts: readonly (readonly [string, string | null])[];
    readonly off: readonly (readonly [[string, string][], boolean])[];
  };
  readonly bootstrap: readonly (readonly [string, string | null])[];
  readonly problems: readonly string[];
  readonly notices: readonly string[];
}

const path = new URL("../../../equality/data/tables/repository.json.gz", import.meta.url);
const tables = JSON.parse(gunzipSync(readFileSync(path)).toString()) as Tables;

/** Returns a ready repository with one feature that the Edge has evaluated. */
function serving(json: string): Repository {
  const repository = new Repository({ clock: () => 0 });
  const evaluated = { context: new Map(), keptFor: undefined, strategies: new Map() };
  publish(repository, {
    rules: Rules.serverEvaluated([received(json)], { kind: "unknown" }, evaluated),
    cause: "first",
  });
  setStatus(repository, { ...INITIAL_STATUS, readiness: "READY" });
  return repository;
}

test.each(tables.values)("the values of $json", (row) => {
  const snapshot = serving(row.json).live;
  expect(shown.detail(snapshot.detail("A"))).toEqual(row.detail);
  expect(shown.double(snapshot.read("A", "NUMBER")?.number)).toEqual(row.number);
  const typed = KINDS.map((kind) => snapshot.detail("A", undefined, kind));
  expect(typed.map(({ value, reason }) => [shown.value(value), reason])).toEqual(row.typed);
  // JavaScript and Rust may write other digits of one number, so documents are compared as values.
  const written = writeBootstrap(bootstrapOf(contextValues(snapshot)));
  expect(JSON.parse(written)).toEqual(JSON.parse(row.bootstrap));
  expect(shownBootstrap(written)).toEqual(shownBootstrap(row.bootstrap));
});

test.each(tables.attributeNumbers)("the text of the attribute %s", (number, text) => {
  expect(attributesOf([["n", Number(number)]]).get("n")).toEqual([text]);
});

test.each(tables.contextHashes)("the hash of %j", (context, hash) => {
  expect(contextHash(attributesOf(context))).toBe(hash);
});

describe("baggage", () => {
  test.each(tables.baggage)("$text", ({ text, entries, leftOut, added, written, override, missing }) => {
    const flags = Flags.parse(text);
    expect(flags.entries().map(([key, value]) => [key, value ?? null])).toEqual(entries);
    const extended = Flags.parse(text);
    const items = [["New key", "x, y"], [""], ["A"], ["Z"]] as const;
    const results = items.map(([key, value]) => extended.add(key, value));
    const names = { yes: "Yes", was_there: "WasThere", left_out: "LeftOut" };
    expect(results.map((result) => names[result])).toEqual(added);
    expect([flags.leftOut.count, extended.leftOut.count]).toEqual(leftOut);
    expect(String(extended)).toBe(written);
    const repository = serving('{"key":"A","type":"BOOLEAN","value":false}');
    intercept(repository, new BaggageOverrides(text));
    expect(shown.detail(repository.live.detail("A"))).toEqual(override);
    expect(shown.value(repository.live.use("B", undefined).value)).toEqual(missing);
  });
});

describe("environment variables", () => {
  const { variables, texts, off } = tables.environment;
  test.each(texts)("the override of %j", (key, text) => {
    expect(EnvironmentOverrides.fromVariables(variables)?.text(key) ?? null).toBe(text);
  });
  test.each(off)("%j override nothing unless they are switched on", (set, isOn) => {
    expect(EnvironmentOverrides.fromVariables(set) !== undefined).toBe(isOn);
  });
});

/** Returns the document of a JSON text as values; null if it is refused. */
function shownBootstrap(json: string): unknown {
  const read = parseBootstrap(json);
  if ("why" in read) return null;
  const { features, ...head } = read.bootstrap;
  return [head, features.map(({ value, ...feature }) => ({ ...feature, value: shown.value(value) }))];
}

test.each(tables.bootstrap)("the bootstrap document %s", (json, written) => {
  const read = parseBootstrap(json);
  if (written === null) {
    expect(read).toHaveProperty("why");
  } else {
    expect("bootstrap" in read && JSON.parse(writeBootstrap(read.bootstrap))).toEqual(JSON.parse(written));
  }
});

test("the sentences of problems are Rust's", () => {
  const text = 'why "so"';
  const problems: Problem[] = [
    { code: "bad_request" },
    { code: "unauthorised", status: 403 },
    { code: "not_found" },
    { code: "failure", text },
    { code: "stale" },
    { code: "too_many_requests" },
    { code: "server_error", status: 503 },
    { code: "unexpected_status", status: 204 },
    { code: "no_streaming" },
    { code: "held_back" },
    { code: "content_type", text },
    { code: "redirect" },
    { code: "malformed", text },
    { code: "malformed", text: "a page of HTML" },
    { code: "too_large", limit: 16 },
    { code: "no_environments" },
    { code: "empty_list" },
    { code: "unreachable", text },
    { code: "tls", text },
    ...STAGES.map((stage) => ({ code: "timed_out", stage }) as const),
    { code: "closed_early" },
    { code: "disconnected" },
    { code: "context", attributes: 31 },
    { code: "superseded" },
    { code: "closed" },
  ];
  expect(problems.map(problemText)).toEqual(tables.problems);
});

test("the sentences of notices are Rust's, apart from that of an interceptor that returns a failure", () => {
  const notices: Notice[] = [
    { kind: "key_in_several_environments", feature: "F", answers: "E" },
    { kind: "comma_in_value", attribute: "plan" },
    { kind: "other_context", use: "" },
    { kind: "feature_not_found", feature: "F", meant: "G" },
    { kind: "feature_not_found", feature: "F" },
    { kind: "type_mismatch", feature: "F", type: "BOOLEAN", readAs: "STRING" },
    { kind: "attribute_not_read", attribute: "userKey", meant: "userkey" },
    { kind: "notices_left_out", of: "type_mismatch", reported: 20 },
    { kind: "override_refused", interceptor: "I", feature: "F", why: "W" },
    { kind: "interceptor_panicked", interceptor: "I" },
    { kind: "fell_back_to_polling" },
    { kind: "streams_held_back" },
    { kind: "store_ignored", source: { kind: "store", name: "redis-store" }, why: "W" },
    { kind: "store_ignored", source: { kind: "snapshot" }, why: "W" },
    { kind: "ignored", what: "W" },
  ];
  expect(notices.map(noticeText)).toEqual(tables.notices);
});
