// @vitest-environment happy-dom
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { Client } from "fh-client";
import { type ReactNode, StrictMode, Suspense } from "react";
import { afterEach, beforeEach, expect, test } from "vitest";

import {
  FeatureProvider,
  type FeatureProviderProps,
  useClient,
  useString,
  useSuspenseFeature,
} from "../src/index.ts";
import { feature, FetchEdge, SERVER_KEY } from "./fetch_edge.ts";
import { offline } from "./offline.ts";
import "./patience.ts";

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
  await waitFor(() => {
    expect(edge.streams).toHaveLength(1);
  });
  edge.streams[0]!.list(feature("COLOUR", "red"));
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
  await waitFor(() => {
    expect(edge.streams).toHaveLength(1);
  });
  expect(screen.queryByText("none")).toBeNull();
  await act(async () => {
    edge.streams[0]!.list(feature("COLOUR", "red"));
    await [...clients][0]!.ready();
  });
  await screen.findByText("red");
  expect([edge.streams.length, edge.open, clients.size]).toEqual([1, 1, 1]);
});

test("two providers have a client each, also with the same settings", async () => {
  const view = render(
    <>
      {provider(<Colour />)}
      {provider(<Colour />)}
    </>,
  );
  await waitFor(() => {
    expect(edge.streams).toHaveLength(2);
  });
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
  const view = render(provider(<Colour />, { context: { userkey: "mara" } }));
  await screen.findByText("red");
  view.rerender(provider(<Colour />, { context: { userkey: "mara" } }));
  view.rerender(provider(<Colour />, { context: { userkey: "fred" } }));
  await screen.findByText("blue");
  expect(edge.streams.map(({ context }) => context)).toEqual(["userkey=mara", "userkey=fred"]);
  expect(clients.size).toBe(1);
});

test("a suspended component shows the fallback until the client is ready", async () => {
  render(
    provider(
      <Suspense fallback={<p>loading</p>}>
        <SuspendingColour />
      </Suspense>,
    ),
  );
  expect(screen.getByText("loading")).toBeTruthy();
  await waitFor(() => {
    expect(edge.streams).toHaveLength(1);
  });
  edge.streams[0]!.list(feature("COLOUR", "red"));
  await screen.findByText("red");
  expect(screen.queryByText("loading")).toBeNull();
});

test("a suspended component shows the default if the Edge refuses the client", async () => {
  edge.refusal = 404;
  render(
    provider(
      <Suspense fallback={<p>loading</p>}>
        <SuspendingColour />
      </Suspense>,
    ),
  );
  await screen.findByText("none");
});

test("a provider needs a client", () => {
  expect(() => render(<FeatureProvider>text</FeatureProvider>)).toThrow(
    "a FeatureProvider needs a client, or a URL and an API key",
  );
});
