import { expect, test } from "vitest";

import { Client } from "../../src/index.ts";
import { bytes, describeEngine } from "../engine/built.ts";
import { CLIENT_KEY, feature, list, ScriptedEdge, SERVER_KEY } from "./scripted_edge.ts";

const NUMBER = JSON.stringify({ key: "LIMIT", type: "NUMBER", value: 7.5 }).replace("7.5", "7.50");
const DOCUMENT = JSON.stringify({ key: "LIMITS", type: "JSON", value: '{"perDay": 3}' });
const NULL_DOCUMENT = JSON.stringify({ key: "NOTHING", type: "JSON", value: "null" });

test("the handle of a feature has the defaults and the texts of the reads by key", async () => {
  await using edge = await ScriptedEdge.start();
  using client = new Client(edge.url, SERVER_KEY);
  await edge.stream(feature("COLOUR", "red"), NUMBER, DOCUMENT, NULL_DOCUMENT);
  await client.ready();
  const [limit, limits, nothing] = [
    client.feature("LIMIT"),
    client.feature("LIMITS"),
    client.feature("NOTHING"),
  ];
  const [colour, missing] = [client.feature("COLOUR"), client.feature("MISSING")];
  const { exists, isSet, version, kind, isLocked } = colour;
  expect([exists, isSet, version, kind, isLocked]).toEqual([true, true, 1, "STRING", false]);
  expect([missing.exists, missing.isSet, colour.boolean(true)]).toEqual([false, false, true]);
  expect([limit.decimal("1"), colour.decimal("1"), missing.decimal("1"), missing.decimal()]).toEqual([
    "7.50",
    "1",
    "1",
    undefined,
  ]);
  expect([colour.value("blue"), missing.value("blue"), missing.value()]).toEqual(["red", "blue", undefined]);
  // The document null is a value, for which no default stands in.
  expect(nothing.value("blue")).toBeNull();
  expect([limits.rawJson(), limit.rawJson(), missing.rawJson()]).toEqual([
    '{"perDay": 3}',
    undefined,
    undefined,
  ]);
});

test("a snapshot has the status, the environments and the kind of evaluation of its time", async () => {
  await using edge = await ScriptedEdge.start();
  const client = new Client(edge.url, SERVER_KEY);
  const before = client.snapshot();
  await edge.stream(feature("COLOUR", "red"));
  await client.ready();
  const snapshot = client.snapshot();
  client.close();
  await client.closed();
  expect([before.status.readiness, snapshot.status.readiness, client.snapshot().status.readiness]).toEqual([
    "NOT_READY",
    "READY",
    "CLOSED",
  ]);
  expect(snapshot.status).toMatchObject({ connection: "streaming", source: { kind: "streaming" } });
  expect([before.environmentOf("COLOUR"), snapshot.environmentOf("COLOUR")]).toEqual([
    undefined,
    "environment",
  ]);
  const explained = await snapshot.explain("COLOUR");
  expect([explained.detail.value, explained.report]).toEqual(["red", undefined]);
});

describeEngine("with a client-evaluated key", () => {
  test("a snapshot reads the features of its time for several contexts", async () => {
    await using edge = await ScriptedEdge.start();
    using client = new Client(edge.url, CLIENT_KEY, { engine: bytes("lean.wasm") });
    const attributes = [{ fieldName: "userkey", type: "STRING", conditional: "EQUALS", values: ["mara"] }];
    const strategies = [{ id: "s", value: "green", attributes }];
    const { response } = await edge.stream(
      JSON.stringify({ ...JSON.parse(feature("COLOUR", "red")), strategies }),
    );
    await client.ready();
    const snapshot = client.snapshot();
    const mara = snapshot.of({ userkey: "mara" });
    response.write(list(feature("COLOUR", "blue", 2)));
    await client.statusWhen(() => client.string("COLOUR") === "blue");
    const later = snapshot.of({ userkey: "mara" });
    const reads = [snapshot, mara, later, snapshot.of({ userkey: "ada" })];
    expect(reads.map((read) => read.string("COLOUR"))).toEqual(["red", "green", "green", "red"]);
    expect(reads.map((read) => read.generation)).toEqual(Array(4).fill(snapshot.generation));
  });

  test("a snapshot explains the features of its time, and a handle the present ones", async () => {
    await using edge = await ScriptedEdge.start();
    using client = new Client(edge.url, CLIENT_KEY, {
      engine: bytes("lean.wasm"),
      fullEngine: bytes("full.wasm"),
    });
    const { response } = await edge.stream(feature("COLOUR", "red"));
    await client.ready();
    const mara = client.context({ userkey: "mara" });
    const snapshot = mara.snapshot();
    response.write(list(feature("COLOUR", "blue", 2)));
    await client.statusWhen(() => client.string("COLOUR") === "blue");
    const [then, now] = [await snapshot.explain("COLOUR"), await mara.feature("COLOUR").explain()];
    expect([then.detail.value, then.report]).toMatchObject(["red", { value: "red" }]);
    expect([now.detail.value, now.report]).toMatchObject(["blue", { value: "blue" }]);
  });
});
