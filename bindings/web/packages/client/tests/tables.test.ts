import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { attributesOf } from "../src/repository/attributes.ts";
import { type Notice, noticeText } from "../src/repository/notice.ts";
import { encode } from "../src/repository/percent.ts";
import { isRefusal, type Problem, problemText, type Stage } from "../src/repository/problem.ts";
import { contextHeader, contextSha, valuesWithCommas } from "../src/session/context_header.ts";
import { type Backoff, defaultConfig } from "../src/session/config.ts";
import { Delays, within } from "../src/session/delay.ts";
import { updateUrl } from "../src/test_updates/update.ts";
import { EdgeUrl, originOf, redirected, SecretUrl, shownUrl, URL_ERRORS } from "../src/session/edge_url.ts";
import { namesAnother } from "../src/session/feature_set/foreign.ts";
import { one } from "../src/session/feature_set/answer.ts";
import { identityOf } from "../src/session/feature_set/received.ts";
import { ApiKey, ApiKeys, KEY_ERRORS } from "../src/session/key.ts";
import { maxAge, responseClass, retryAfter } from "../src/session/response_class.ts";
import type { RequestKind } from "../src/session/action.ts";
import { Session } from "../src/session/session/mod.ts";
import { Decoder } from "../src/session/sse/mod.ts";
import { cut, utf8 } from "../src/text.ts";
import { CLIENT_TABLES } from "./client_tables.ts";
import { problem, sourceOf, splitmix64, type WrittenContext, type WrittenSource } from "./replayer.ts";
import { valid } from "./valid.ts";

const FOLDER = fileURLToPath(new URL("../../../equality/data/tables/", import.meta.url));

function camel(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Returns a session with an open stream after one event. */
function afterEvent(name: string, data: string): Session {
  const keys = valid(ApiKeys.parse(["e/k*"]));
  const config = defaultConfig(valid(EdgeUrl.parse("http://edge")), keys);
  const session = new Session(config, splitmix64("1"));
  session.handle(0, { type: "start" });
  const headers = [["content-type", "text/event-stream"]] as const;
  session.handle(0, { type: "opened", requestId: 1, head: { status: 200, headers } });
  session.handle(0, { type: "bytes", requestId: 1, bytes: utf8(`event: ${name}\ndata: ${data}\n\n`) });
  return session;
}

interface WrittenProblem {
  readonly code: string;
  readonly number?: number;
  readonly stage?: string;
  readonly text?: string;
}

/** Returns the problem that a table names. */
function problemOf({ code, number, stage, text }: WrittenProblem): Problem {
  const member = { too_large: "limit", context: "attributes" }[code] ?? "status";
  return {
    code,
    ...(number !== undefined && { [member]: number }),
    ...(stage !== undefined && { stage: (stage === "firstEvent" ? "first_event" : stage) as Stage }),
    ...(text !== undefined && { text }),
  } as Problem;
}

/** Returns the class of a response in the form of the tables. */
function classOf(found: ReturnType<typeof responseClass>): unknown {
  if (found.kind === "features") return { class: found.isLast ? "lastFeatures" : "features" };
  return {
    class: camel(found.kind),
    ...("problem" in found && { problem: problem(found.problem) }),
  };
}

interface StreamRow {
  readonly name: string;
  readonly stream: string;
  readonly limit: number;
}

/** A row with the result of decoding its stream. */
interface Decoded extends StreamRow {
  readonly events: readonly unknown[];
  readonly retry: number | null;
  readonly lines: number;
  readonly unfinished: number;
  readonly isTooLarge: boolean;
}

/** Decodes the chunks of a stream, and returns the result in the form of the tables. */
function decoded({ name, stream, limit }: StreamRow, chunks: readonly Uint8Array[]): Decoded {
  const decoder = new Decoder(limit);
  const events: unknown[] = [];
  let isTooLarge = false;
  for (const bytes of chunks) {
    const chunk = { bytes, at: 0 };
    for (let found = decoder.decode(chunk); found !== undefined; found = decoder.decode(chunk)) {
      isTooLarge = found === "too_large";
      if (found === "too_large") break;
      events.push([found.name, found.data, found.id ?? null]);
    }
  }
  const { retry = null, lines, unfinished } = decoder;
  return { name, stream, limit, events, retry, lines, unfinished, isTooLarge };
}

/** Decodes a stream whole, in single bytes, and cut at every position, which must give the same. */
function decodedHoweverCut(row: StreamRow): unknown {
  const bytes = new Uint8Array(Buffer.from(row.stream, "base64"));
  const whole = decoded(row, [bytes]);
  const singly = Array.from(bytes, (byte) => Uint8Array.of(byte));
  const cuts = Array.from(bytes, (_, at) => [bytes.subarray(0, at), bytes.subarray(at)]);
  for (const chunks of [singly, ...cuts]) {
    if (!isDeepStrictEqual(decoded(row, chunks), whole)) expect(decoded(row, chunks)).toEqual(whole);
  }
  return whole;
}

interface PairRow {
  readonly first: string;
  readonly second: string;
  readonly parts: readonly string[];
  readonly limit: number;
}

/** Decodes all streams of four parts that begin with these two, whole and in single bytes. The digest is of the results in order. */
function digestOfPair(row: PairRow): unknown {
  const digest = createHash("sha256");
  for (const third of row.parts) {
    for (const fourth of row.parts) {
      const text = `id:0\n${row.first}${row.second}${third}${fourth}\n\ndata:x\n\n`;
      const bytes = new TextEncoder().encode(text);
      const [whole, singly] = [[bytes], Array.from(bytes, (byte) => Uint8Array.of(byte))].map((chunks) => {
        const found = decoded({ name: "small", stream: "", limit: row.limit }, chunks);
        return JSON.stringify([found.events, found.retry, found.lines, found.unfinished, found.isTooLarge]);
      });
      if (singly !== whole) expect(singly, JSON.stringify(text)).toBe(whole);
      digest.update(`${whole ?? ""}\n`);
    }
  }
  return { ...row, digest: digest.digest("hex") };
}

/** Functions that compute the rows of a table again from their inputs. */
const TABLES = {
  keys: ({ text }: { text: string }) => {
    const key = ApiKey.parse(text);
    if (typeof key === "string") return { text, error: camel(key), message: KEY_ERRORS[key] };
    const { environment, kind } = key;
    return { text, key: key.expose(), environment, kind: `${kind}Evaluated`, shown: String(key) };
  },
  "key-lists": ({ texts }: { texts: readonly string[] }) => {
    const keys = ApiKeys.parse(texts);
    if (typeof keys === "string") return { texts, error: camel(keys) };
    return {
      texts,
      keys: keys.list.map((key) => key.expose()),
      kind: `${keys.kind}Evaluated`,
      areSeveral: keys.areSeveral,
      fingerprint: keys.fingerprint(),
    };
  },
  "base-urls": ({ text }: { text: string }) => {
    const url = EdgeUrl.parse(text);
    if (typeof url === "string") return { text, error: url, message: URL_ERRORS[url] };
    return { text, base: url.expose(), shown: shownUrl(url) };
  },
  "resource-urls": ({
    edge,
    keys: texts,
    context,
    feature,
  }: {
    edge: string;
    keys: readonly string[];
    context: WrittenContext;
    feature?: string;
  }) => {
    const base = valid(EdgeUrl.parse(edge));
    const keys = valid(ApiKeys.parse(texts));
    if (feature !== undefined) {
      const update = updateUrl(base, keys.first, feature)?.expose() ?? null;
      return { edge, keys: texts, feature, update };
    }
    const header = contextHeader(new Map(context)) ?? "";
    return {
      edge,
      keys: texts,
      context,
      poll: base.poll(keys, header).expose(),
      stream: base.stream(keys.first).expose(),
      streamWithContext: base.stream(keys.first, header === "" ? undefined : header).expose(),
    };
  },
  redirects: ({ from, location }: { from: string; location: string }) => {
    return { from, location, target: redirected(new SecretUrl(from), location)?.expose() ?? null };
  },
  origins: ({ url }: { url: string }) => ({
    url,
    origin: originOf(url),
    shown: shownUrl(new SecretUrl(url)),
  }),
  "percent-encoding": ({ text }: { text: string }) => ({ text, encoded: encode(text) }),
  "context-headers": ({ context }: { context: WrittenContext }) => {
    const attributes = new Map(context);
    const header = contextHeader(attributes);
    if (header === undefined) {
      const message = problemText({ code: "context", attributes: attributes.size });
      return { context, tooMany: attributes.size, message };
    }
    const withCommas = valuesWithCommas(attributes);
    return { context, header: header === "" ? null : header, sha: contextSha(header), withCommas };
  },
  environments: ({ environment, said }: { environment: string; said: string }) => {
    return { environment, said, isAnother: namesAnother(environment, said) };
  },
  delays: ({ seed, backoff, cap }: { seed: string; backoff: Backoff; cap: number }) => {
    const [random, delays] = [splitmix64(seed), new Delays()];
    const drawn = Array.from({ length: 40 }, () => delays.next(backoff, cap, random));
    return { seed, backoff, cap, delays: drawn };
  },
  "delays-after-a-drop": ({
    seed,
    returnWithin,
    backoff,
  }: {
    seed: string;
    returnWithin: readonly [number, number];
    backoff: Backoff;
  }) => {
    const [random, delays] = [splitmix64(seed), new Delays()];
    const afterDrop = Array.from({ length: 6 }, () => delays.afterDrop(returnWithin, backoff, random));
    const thenWithin = Array.from({ length: 6 }, () => within(returnWithin, random));
    return { seed, returnWithin, backoff, afterDrop, thenWithin };
  },
  shares: ({ seed }: { seed: string }) => ({ seed, shares: Array.from({ length: 20 }, splitmix64(seed)) }),
  "response-classes": ({
    kind,
    isConditional,
    status,
    headers,
  }: {
    kind: RequestKind;
    isConditional: boolean;
    status: number;
    headers: readonly (readonly [string, string])[];
  }) => {
    const result = classOf(responseClass(kind, isConditional, { status, headers }));
    return { kind, isConditional, status, headers, result };
  },
  "max-ages": ({ cacheControl }: { cacheControl: string }) => {
    const interval = maxAge({ status: 200, headers: [["cache-control", cacheControl]] }) ?? null;
    return { cacheControl, interval };
  },
  "retry-after": ({ retryAfter: value, date }: { retryAfter: string; date: string | null }) => {
    const headers: [string, string][] = [["retry-after", value]];
    if (date !== null) headers.push(["date", date]);
    return { retryAfter: value, date, delay: retryAfter({ status: 503, headers }) ?? null };
  },
  "cut-texts": ({ text, most }: { text: string; most: number }) => ({ text, most, cut: cut(text, most) }),
  versions: ({ token }: { token: string }) => {
    const received = valid(one(`{"id":"a","key":"A","version":${token}}`));
    return { token, version: identityOf(received).version ?? null };
  },
  "stale-values": ({ data }: { data: string }) => {
    const { connection, nextAttempt = null } = afterEvent("config", data).status;
    return { data, stops: connection === "halted", pause: connection === "paused" ? nextAttempt : null };
  },
  "failure-reasons": ({ data }: { data: string }) => {
    const found = afterEvent("failure", data).status.problem;
    return { data, problem: found ? problem(found) : null };
  },
  "attribute-numbers": ({ number }: { number: number }) => {
    return { number, text: attributesOf([["a", number]]).get("a")?.[0] ?? null };
  },
  "problem-texts": ({ problem: written }: { problem: WrittenProblem }) => {
    const found = problemOf(written);
    return { problem: written, isRefusal: isRefusal(found), text: problemText(found) };
  },
  "notice-texts": ({ notice }: { notice: { source?: WrittenSource; kind: string } }) => {
    const { source, ...rest } = notice;
    // A failed interceptor is one that throws here.
    const kind = rest.kind === "interceptor_failed" ? "interceptor_panicked" : rest.kind;
    const found = { ...rest, kind, ...(source && { source: sourceOf(source) }) } as Notice;
    const text = noticeText(found);
    return { notice, text: kind === rest.kind ? text : text.replace("panicked", "failed") };
  },
  streams: decodedHoweverCut,
  "small-streams": decodedHoweverCut,
  "streams-of-four-parts": digestOfPair,
  ...CLIENT_TABLES,
} satisfies Readonly<Record<string, (row: never) => unknown>>;

/** The table that `repository_tables.test.ts` reads. */
const OF_REPOSITORY = "repository";

describe("the tables that Rust wrote", { timeout: 60_000 }, () => {
  test("are all known", () => {
    const names = readdirSync(FOLDER).map((name) => name.replace(/\.json\.gz$/, ""));
    expect(names.filter((name) => name !== OF_REPOSITORY).sort()).toEqual(Object.keys(TABLES).sort());
  });

  test.each(Object.entries(TABLES))("%s", (name, compute) => {
    const rows = JSON.parse(
      gunzipSync(readFileSync(`${FOLDER}${name}.json.gz`)).toString(),
    ) as readonly object[];
    expect(rows.length).toBeGreaterThan(3);
    for (const row of rows) {
      const here = (compute as (row: object) => unknown)(row);
      if (!isDeepStrictEqual(here, row)) expect(here, JSON.stringify(row)).toEqual(row);
    }
  });
});
