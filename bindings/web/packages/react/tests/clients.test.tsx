// @vitest-environment happy-dom
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { Client, type ContextAttributes, type Notice } from "fh-client";
import { type ReactNode, StrictMode, Suspense } from "react";
import { afterEach, beforeEach, expect, test } from "vitest";

import {
  FeatureProvider,
  type FeatureProviderProps,
  useClient,
  useString,
  useSuspenseFeature,
} from "../src/index.ts";
import { sameOptions } from "../src/same_options.ts";
import { AT_ONCE, feature, FetchEdge, OUTAGES, SERVER_KEY } from "./fetch_edge.ts";
import { offline } from "./offline.ts";
import { opened } from "./patience.ts";

let edge: FetchEdge;
beforeEach(() => {
  edge = new FetchEdge();
});
afterEach(cleanup);

const clients = new Set<Client>();
function Colour(): ReactNode {
  clients.add(useClient());
  return <p>{useString("COLOUR", "none")}</p>;
}
function SuspendingColour(): ReactNode {
  clients.add(useClient());
  return <p>{String(useSuspenseFeature("COLOUR", "none"))}</p>;
}
beforeEach(() => {
  clients.clear();
});

const UNREADABLE = {
  get item(): never {
    throw new Error("there is no access");
  },
};

/** Returns options with observers that refer to each other in a circle. */
function cycle(...values: readonly number[]): object {
  const parts = values.map((value) => ({ value, next: undefined as object | undefined }));
  parts.forEach((part, at) => (part.next = parts[(at + 1) % parts.length]));
  return { observers: parts[0] };
}

/** Returns a provider that makes a client of the Edge. */
function provider(children: ReactNode, props: FeatureProviderProps = {}): ReactNode {
  const options = { fetch: edge.fetch, onNotice: () => undefined };
  return (
    <FeatureProvider url="http://edge" apiKey={SERVER_KEY} options={options} {...props}>
      {children}
    </FeatureProvider>
  );
}

test.each([
  ["in strict mode", StrictMode],
  ["alone", Suspense],
])("a made client has one stream, and is closed once, %s", async (_, Mode) => {
  const view = render(<Mode>{provider(<Colour />)}</Mode>);
  (await opened(edge)).list(feature("COLOUR", "red"));
  await screen.findByText("red");
  expect([edge.streams.length, edge.open, clients.size]).toEqual([1, 1, 1]);
  const [client] = clients;
  const closings: string[] = [];
  client!.onReadiness(({ readiness }) => closings.push(readiness));
  view.rerender(<Mode>{provider(<Colour />)}</Mode>);
  expect(edge.open).toBe(1);
  view.unmount();
  await client!.closed();
  expect([edge.streams.length, edge.open]).toEqual([1, 0]);
  expect(closings).toEqual(["READY", "CLOSED"]);
});

test("a given client is never closed", async () => {
  const client = offline([feature("COLOUR", "red")]);
  const view = render(
    <StrictMode>
      <FeatureProvider client={client}>
        <Colour />
      </FeatureProvider>
    </StrictMode>,
  );
  expect(screen.getByText("red")).toBeTruthy();
  view.unmount();
  await Promise.resolve();
  expect(client.readiness).toBe("READY");
});

test("renderings that React forgets use the same client", async () => {
  // Without a boundary above the provider, the whole tree is rendered again once the component can show a value.
  render(<StrictMode>{provider(<SuspendingColour />)}</StrictMode>);
  await opened(edge);
  expect(screen.queryByText("none")).toBeNull();
  await act(async () => {
    edge.streams[0]!.list(feature("COLOUR", "red"));
    await [...clients][0]!.ready();
  });
  await screen.findByText("red");
  expect([edge.streams.length, edge.open, clients.size]).toEqual([1, 1, 1]);
});

test("a rendering with other options uses another client", async () => {
  for (const identification of ["one", "other"]) {
    render(provider(<SuspendingColour />, { options: { fetch: edge.fetch, identification } }));
  }
  await opened(edge, 2);
  await act(async () => {
    for (const stream of edge.streams) stream.list(feature("COLOUR", "red"));
    await Promise.all([...clients].map((client) => client.ready()));
  });
  expect(await screen.findAllByText("red")).toHaveLength(2);
  expect(edge.streams).toHaveLength(2);
});

test("two providers have a client each, also with the same settings", async () => {
  const view = render(
    <>
      {provider(<Colour />)}
      {provider(<Colour />)}
    </>,
  );
  await opened(edge, 2);
  view.rerender(<>{provider(<Colour />)}</>);
  await waitFor(() => {
    expect(edge.open).toBe(1);
  });
});

test("another URL makes another client, and closes the former one", async () => {
  const view = render(provider(<Colour />));
  await waitFor(() => {
    expect(edge.open).toBe(1);
  });
  view.rerender(provider(<Colour />, { url: "http://other" }));
  await waitFor(() => {
    expect([edge.streams.length, edge.open]).toEqual([2, 1]);
  });
  expect(edge.streams[0]!.signal.aborted).toBe(true);
});

test("other attributes make the Edge evaluate the features again with a server-evaluated key, and equal attributes do not", async () => {
  const colours: Record<string, string> = { "userkey=mara": "red", "userkey=fred": "blue" };
  edge.onStream = (stream) => {
    stream.list(feature("COLOUR", colours[stream.context] ?? "unknown"));
  };
  const notices: Notice[] = [];
  const options = { fetch: edge.fetch, onNotice: (notice: Notice) => notices.push(notice) };
  const show = (userkey: string): ReactNode => provider(<Colour />, { options, context: { userkey } });
  const view = render(show("mara"));
  await screen.findByText("red");
  view.rerender(show("mara"));
  view.rerender(show("fred"));
  await screen.findByText("blue");
  expect(edge.streams.map(({ context }) => context)).toEqual(["userkey=mara", "userkey=fred"]);
  expect(clients.size).toBe(1);
  // The content reports its uses after the switch.
  expect(notices).toEqual([]);
});

test.each(OUTAGES.flatMap((outage) => ["blue", "red"].map((next) => [outage, next] as const)))(
  "attributes that change while the Edge is away (%s) have their values once it is back (%s)",
  async (outage, next) => {
    edge.onStream = (stream) => {
      stream.list(feature("COLOUR", stream.context === "userkey=mara" ? "red" : next));
    };
    const options = { ...AT_ONCE, fetch: edge.fetch };
    const view = render(provider(<Colour />, { options, context: { userkey: "mara" } }));
    await screen.findByText("red");
    edge.refusal = outage;
    view.rerender(provider(<Colour />, { options, context: { userkey: "fred" } }));
    await screen.findByText("none");
    const before = edge.requests;
    await waitFor(() => {
      expect(edge.requests).toBeGreaterThan(before + 1);
    });
    edge.refusal = undefined;
    await screen.findByText(next);
  },
);

test.each([
  [undefined, "red"],
  [404, "none"],
])(
  "a suspended component shows the fallback until the Edge has answered (%s): %s",
  async (refusal, shown) => {
    edge.refusal = refusal;
    edge.onStream = (stream) => {
      stream.list(feature("COLOUR", "red"));
    };
    const content = (
      <Suspense fallback={<p>loading</p>}>
        <SuspendingColour />
      </Suspense>
    );
    render(provider(content));
    expect(screen.getByText("loading")).toBeTruthy();
    await screen.findByText(shown);
    expect(screen.queryByText("loading")).toBeNull();
  },
);

test("a provider needs a client", () => {
  expect(() => render(<FeatureProvider>text</FeatureProvider>)).toThrow(
    "a FeatureProvider needs a client, or a URL and an API key",
  );
});

test("options may refer to themselves, and renderings that React forgets use the same client", async () => {
  const notices: Notice[] = [];
  const rendered = (): ReactNode => {
    // Each rendering has another list, and the one storage.
    const observers = [{ observer: { observe: () => undefined, all: [] as unknown[] } }];
    observers[0]!.observer.all.push(observers);
    const options = {
      fetch: edge.fetch,
      storage,
      observers,
      onNotice: (notice: Notice) => notices.push(notice),
    };
    const context = { userkey: "mara", orders: 5n } as unknown as ContextAttributes;
    return (
      <FeatureProvider url="http://edge" apiKey={SERVER_KEY} options={options} context={context}>
        <SuspendingColour />
      </FeatureProvider>
    );
  };
  const items = new Map<string, string>();
  const storage = {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => void items.set(name, value),
    removeItem: (name: string) => void items.delete(name),
    self: undefined as unknown,
  };
  storage.self = storage;
  const view = render(<StrictMode>{rendered()}</StrictMode>);
  view.rerender(<StrictMode>{rendered()}</StrictMode>);
  (await opened(edge)).list(feature("COLOUR", "red"));
  await screen.findByText("red");
  expect([edge.streams.length, edge.open, clients.size]).toEqual([1, 1, 1]);
  expect(notices).toEqual([{ kind: "attribute_ignored", attribute: "orders" }]);
});

test.each<[string, unknown, unknown, boolean]>([
  ["equal members", { interval: 1, headers: { a: "b" } }, { headers: { a: "b" }, interval: 1 }, true],
  ["another member", { interval: 1 }, { interval: 1, pace: 1 }, false],
  ["a missing member", { interval: 1, pace: undefined }, { interval: 1 }, true],
  ["another value", { context: { a: ["b"] } }, { context: { a: ["c"] } }, false],
  ["another type", { context: [] }, { context: {} }, false],
  ["an equal bigint", { context: { a: 5n } }, { context: { a: 5n } }, true],
  ["another bigint", { context: { a: 5n } }, { context: { a: 6n } }, false],
  ["functions", { fetch: () => 1 }, { fetch: () => 2 }, true],
  ["a function and none", { fetch: () => 1 }, { fetch: {} }, false],
  ["the same object that throws when it is read", { storage: UNREADABLE }, { storage: UNREADABLE }, true],
  ["other bytes", { engine: new Uint8Array([1]) }, { engine: new Uint8Array([1]) }, false],
  ["null", { storage: null }, { storage: {} }, false],
  ["equal cycles", cycle(1, 2), cycle(1, 2), true],
  ["cycles of another length", cycle(1, 1), cycle(1), true],
  ["another cycle", cycle(1, 2), cycle(1, 3), false],
])("options with %s", (_, former, next, isSame) => {
  expect([sameOptions(former, next), sameOptions(next, former)]).toEqual([isSame, isSame]);
});
