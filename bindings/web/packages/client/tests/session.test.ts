import { expect, test } from "vitest";
import type { Input } from "../src/session/action.ts";
import { type Config, defaultConfig } from "../src/session/config.ts";
import { EdgeUrl, redirected } from "../src/session/edge_url.ts";
import { one } from "../src/session/feature_set/answer.ts";
import { type Effect, NONE, SEEN } from "../src/session/feature_set/environment.ts";
import { FeatureSet } from "../src/session/feature_set/mod.ts";
import { ApiKeys } from "../src/session/key.ts";
import { Session } from "../src/session/featurehub/mod.ts";
import { utf8 } from "../src/text/text.ts";
import { splitmix64 } from "./replayer.ts";
import { valid } from "./valid.ts";

/** Rules of which the committed conversations show only a part. */

function started(settings: Partial<Config> = {}) {
  const config = defaultConfig(valid(EdgeUrl.parse("http://edge")), valid(ApiKeys.parse(["e/k*"])));
  const session = new Session({ ...config, ...settings }, splitmix64("1"), redirected);
  let [now, requests] = [0, 0];
  const handle = (input: Input): void => {
    requests += session.handle(now, input).filter(({ type }) => type === "send").length;
  };
  /** Answers the request in flight, or the next one. */
  const open = (status: number, name: string, value: string): void => {
    if (session.status.nextAttempt !== undefined) {
      now = session.deadline ?? NaN;
      handle({ type: "tick" });
    }
    handle({ type: "opened", requestId: requests, head: { status, headers: [[name, value]] } });
  };
  /** Hands over bytes, so many milliseconds later. */
  const send = (bytes: Uint8Array, later = 0): void => {
    now += later;
    handle({ type: "bytes", requestId: requests, bytes });
  };
  handle({ type: "start" });
  return {
    session,
    handle,
    open,
    send,
    openPage: () => {
      open(200, "content-type", "text/html");
    },
    openStream: () => {
      open(200, "content-type", "text/event-stream");
    },
  };
}

test("the third answer of a wrong type ends streaming, and redirects between them do not count", () => {
  const { session, open, openPage } = started();
  openPage();
  openPage();
  open(302, "location", "/elsewhere");
  expect(session.status.problem?.code).toBe("content_type");
  openPage();
  expect(session.status.problem?.code).toBe("no_streaming");
});

test.each(["keys", "answer"])("answers of a wrong type are counted anew after other %s", (between) => {
  const { session, handle, open, openPage } = started();
  openPage();
  openPage();
  if (between === "answer") open(500, "a", "b");
  else handle({ type: "keys", commandId: 1, keys: valid(ApiKeys.parse(["e/other*"])) });
  openPage();
  expect(session.status.problem?.code).toBe("content_type");
});

test("`retry:` delays the next stream by at most 30 s", () => {
  const { session, handle, openStream, send } = started();
  openStream();
  send(utf8("retry: 99999999\n\nevent: features\ndata: []\n\n"));
  handle({ type: "closed", requestId: 1, end: { kind: "complete" } });
  expect(session.status.nextAttempt).toBe(30_000);
});

test.each([
  [9_999, "event: features\ndata: []\n\n", 30_000],
  [10_000, "event: features\ndata: []\n\n", 1_000],
  [10_000, ":\n", 30_000],
])("a stream of %d ms that begins with %j is followed by a delay of %d ms", (length, first, delay) => {
  const { session, open, openStream, send } = started({
    backoff: { initial: 1_000, cap: 30_000, jitter: 0 },
  });
  for (let failures = 0; failures < 5; failures++) open(503, "a", "b");
  openStream();
  const opened = session.lastContact ?? NaN;
  send(utf8(first));
  send(utf8("event: feature\ndata: [\n\n"), length);
  expect(session.status.nextAttempt).toBe(opened + length + delay);
});

test("a slow list has one second for each whole 1,024 bytes", () => {
  const others = { connect: 5_000, head: 12_000, poll: 12_000, bytes: 1_000_000 };
  const limits = { ...others, idle: 90_000, heldBack: 600_000 };
  const { session, openStream, send } = started({ limits });
  openStream();
  send(utf8(`:${"x".repeat(92 * 1024 + 1021)}\n`), 5_000);
  expect(session.deadline).toBe(92_000);
  send(utf8("\n"));
  expect(session.deadline).toBe(93_000);
});

test("a piece of a body is kept although the driver uses its memory again", () => {
  const { session, handle, open, send } = started({ mode: { kind: "once" } });
  open(200, "a", "b");
  const bytes = utf8('[{"id":"e","features":[]}]');
  send(bytes);
  bytes.fill(0);
  handle({ type: "closed", requestId: 1, end: { kind: "complete" } });
  expect([session.status.readiness, session.status.connection]).toEqual(["READY", "done"]);
});

test.each<[string, Effect]>([
  ['{"id":"a","key":"A","version":4}', NONE],
  ['{"id":"a","key":"A","version":5}', SEEN],
  ['{"id":"a","key":"A","version":0}', SEEN],
  ['{"id":"a","key":"A"}', SEEN],
  ['{"key":"A"}', SEEN],
  ['{"id":"a"}', SEEN],
  ['{"id":"other","key":"A","version":9}', NONE],
])("the delete %s of a feature of version 5", (json, effect) => {
  const features = new FeatureSet(valid(ApiKeys.parse(["e/k*"])));
  const held = '{"id":"a","key":"A","version":5}';
  features.list("e", [valid(one(held))], "edge", 0);
  expect(features.delete("e", valid(one(json)))).toBe(effect);
  expect(features.environment("e").features.has("A")).toBe(effect === NONE);
});

test.each([["7"], ['{"key":7}'], ['{"id":"c","key":"A","version":1}']])(
  "a list with the element %s, which is left out, is applied once",
  (unusable) => {
    const features = new FeatureSet(valid(ApiKeys.parse(["e/k*"])));
    const texts = ['{"id":"a","key":"A","version":1}', unusable, '{"id":"b","key":"B","version":1}'];
    const apply = (list: readonly string[]) =>
      features.list(
        "e",
        list.map((json) => valid(one(json))),
        "edge",
        0,
      );
    expect([apply(texts), apply(texts)]).toEqual([SEEN, NONE]);
    expect(apply(texts.toReversed())).not.toBe(NONE);
  },
);

test.each([
  [3_599_999, 9],
  [3_600_000, 5],
])("after lists of an older version for %d ms, version %d counts", (length, version) => {
  const features = new FeatureSet(valid(ApiKeys.parse(["e/k*"])));
  const list = (held: number, now: number) =>
    features.list("e", [valid(one(`{"id":"a","key":"A","version":${held}}`))], "edge", now);
  list(9, 0);
  for (const now of [1, 1_800_001, length + 1]) list(5, now);
  expect(features.environment("e").features.get("A")?.version).toBe(version);
});
