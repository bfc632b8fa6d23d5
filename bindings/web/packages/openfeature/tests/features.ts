import { Client, type ClientOptions } from "fh-client";

import { closing } from "../../client/tests/client/offline.ts";
import { FetchEdge, feature } from "../../react/tests/fetch_edge.ts";

export { CLIENT_KEY } from "../../client/tests/client/scripted_edge.ts";
export { AT_ONCE, FetchEdge, feature, OUTAGES, SERVER_KEY } from "../../react/tests/fetch_edge.ts";

/** Returns a client of the Edge, which is closed after the test. */
export function clientOf(edge: FetchEdge, apiKey: string, options: ClientOptions = {}): Client {
  return closing(new Client("http://edge", apiKey, { fetch: edge.fetch, ...options }));
}

/** Returns an Edge that sends these features on each stream. */
export function edgeWith(...features: readonly string[]): FetchEdge {
  const edge = new FetchEdge();
  edge.onStream = (stream) => {
    stream.list(...features);
  };
  return edge;
}

/** Returns an Edge that evaluates `COLOUR` for a server-evaluated key: its value is the context. */
export function evaluatingEdge(): FetchEdge {
  const edge = new FetchEdge();
  edge.onStream = (stream) => {
    stream.list(feature("COLOUR", stream.context === "" ? "none" : stream.context), feature("SAME", true));
  };
  return edge;
}

/** Returns a strategy that matches contexts with this value of the attribute. */
export function strategy(
  id: string,
  value: unknown,
  attribute: string,
  wanted: unknown,
  type = "STRING",
): object {
  return { id, value, attributes: [{ fieldName: attribute, type, conditional: "EQUALS", values: [wanted] }] };
}

/** The features of the tests. `FLAG` is true in New Zealand, and for Fred by a rollout to everybody of his name. */
export const FEATURES = [
  feature("FLAG", false, 3, {
    l: true,
    fp: { team: "cash" },
    strategies: [
      strategy("kiwi", true, "country", "new_zealand"),
      {
        ...strategy("all", true, "userkey", "fred"),
        percentage: 1_000_000,
        percentageAttributes: ["userkey"],
      },
    ],
  }),
  feature("TEXT", "hello"),
  feature("FRACTION", 7.5),
  feature("HUGE", 1, 1).replace('"value":1', '"value":1e400'),
  feature("THEME", { colour: "red", deep: { on: true, none: null }, list: [1, 2.5] }),
  feature("LIST", [1]),
  feature("UNSET", "x").replace('"value":"x"', '"value":null'),
  feature("BROKEN", {}).replace('"value":"{}"', '"value":"{"'),
  feature("NULL", {}).replace('"value":"{}"', '"value":"null"'),
];
