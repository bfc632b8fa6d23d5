// @vitest-environment happy-dom
import { act, cleanup, render, screen } from "@testing-library/react";
import { Client, type ClientOptions, type UsageEvent } from "fh-client";
import { type ReactNode, Suspense } from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, expect, test } from "vitest";

import {
  FeatureProvider,
  useFeatures,
  useJson,
  useReady,
  useString,
  useSuspenseFeature,
} from "../src/index.ts";
import { feature, FetchEdge, SERVER_KEY } from "./fetch_edge.ts";
import { offline } from "./offline.ts";

const MARA = { userkey: "mara" };
const [RED, LIMITS] = [feature("COLOUR", "red"), feature("LIMITS", { perDay: 3 })];

let edge: FetchEdge;
const clients: Client[] = [];
const rendered: string[] = [];
const used: string[] = [];
beforeEach(() => {
  edge = new FetchEdge();
});
afterEach(() => {
  cleanup();
  for (const client of clients.splice(0)) client.close();
  rendered.length = 0;
  used.length = 0;
});

/** Returns a client of the Edge that has not been given the document of the server. */
function unhydrated(options: ClientOptions = {}): Client {
  const observe = (event: UsageEvent): void => {
    if (event.kind === "evaluated") used.push(`${event.feature.key} ${String(event.feature.value)}`);
  };
  const client = new Client("http://edge", SERVER_KEY, {
    ...{ fetch: edge.fetch, onNotice: () => undefined, storage: null, shareAcrossTabs: false },
    observers: [{ observer: { dispatch: "inline", observe } }],
    ...options,
  });
  clients.push(client);
  return client;
}

/** Returns the document of a server with these features for the user. */
function dehydrated(...features: readonly string[]): string {
  return offline(features, { context: MARA }).context(MARA).dehydrate();
}

/** Makes the client ready with these features, and waits until React has rendered them. */
async function answer(client: Client, ...features: readonly string[]): Promise<void> {
  await act(async () => {
    edge.streams.at(-1)!.list(...features);
    await client.ready();
  });
}

function Colour(): ReactNode {
  const text = `${useString("COLOUR", "none")} ${String(useReady())}`;
  rendered.push(text);
  return <p role="status">{text}</p>;
}

/** The page of the user, with a document that has the red colour unless another one is given. */
function page(client: Client, content: ReactNode = <Colour />, document = dehydrated(RED)): ReactNode {
  return (
    <FeatureProvider client={client} context={MARA} hydrate={document}>
      {content}
    </FeatureProvider>
  );
}

test("a client without the document changes no text, and renders nothing again, when its list has the same values", async () => {
  const client = unhydrated({ context: MARA });
  const app = page(client);
  const root = document.createElement("div");
  root.innerHTML = renderToString(app);
  rendered.length = 0;
  const texts: string[] = [];
  const hydrated = await act(() => Promise.resolve(hydrateRoot(root, app)));
  texts.push(root.textContent);
  expect(client.readiness).toBe("NOT_READY");
  await answer(client, RED);
  texts.push(root.textContent);
  expect([texts, rendered]).toEqual([["red true", "red true"], ["red true"]]);
  await act(async () => {
    edge.streams[0]!.feature(feature("COLOUR", "blue", 2));
    await new Promise((resolve) => client.onChange("COLOUR", resolve));
  });
  expect([root.textContent, rendered]).toEqual(["blue true", ["red true", "blue true"]]);
  expect(used).toEqual(["COLOUR red", "COLOUR blue"]);
  act(() => {
    hydrated.unmount();
  });
});

test("another value in the first list changes the text once, and counts as one use", async () => {
  const client = unhydrated({ context: MARA });
  render(page(client));
  await answer(client, feature("COLOUR", "blue"));
  expect([rendered, used]).toEqual([["red true", "blue true"], ["COLOUR blue"]]);
});

test("components below a provider without a document show the values of the one above, and do not suspend", async () => {
  function Others(): ReactNode {
    const limits = useJson("LIMITS", { perDay: 0 });
    const keys = useFeatures().map(({ key }) => key);
    const text = `${String(useSuspenseFeature("COLOUR", "none"))} ${JSON.stringify(limits)} ${keys.join(" ")}`;
    rendered.push(text);
    return <p>{text}</p>;
  }
  const client = unhydrated({ context: MARA });
  const content = (
    <FeatureProvider>
      <Suspense fallback={<p>loading</p>}>
        <Others />
      </Suspense>
    </FeatureProvider>
  );
  render(page(client, content, dehydrated(RED, LIMITS)));
  await answer(client, RED, LIMITS);
  expect(rendered[0]).toBe('red {"perDay":3} COLOUR LIMITS');
  expect(new Set(rendered)).toEqual(new Set(rendered.slice(0, 1)));
});

test("an override of the client replaces a value of the document", () => {
  const client = unhydrated({ context: MARA });
  client.overrides.set("COLOUR", "green");
  render(page(client));
  expect(rendered).toEqual(["green true"]);
});

test("the values of the document stay if the Edge refuses the client", async () => {
  edge.refusal = 404;
  const client = unhydrated({ context: MARA });
  render(page(client));
  await act(async () => {
    await client.statusWhen(({ readiness }) => readiness === "FAILED");
  });
  expect(rendered).toEqual(["red true", "red false"]);
});

test("a client that is ready for another context shows the values of the document until its list for the context", async () => {
  const client = unhydrated({ context: { userkey: "fred" } });
  await answer(client, feature("COLOUR", "blue"));
  const activated = new Promise<void>(
    (resolve) =>
      (edge.onStream = () => {
        resolve();
      }),
  );
  render(page(client));
  await act(() => activated);
  await answer(client, RED);
  expect(new Set(rendered)).toEqual(new Set(["red true"]));
});

test("the values of the document are not shown for a later context", async () => {
  const client = unhydrated();
  const hydrate = offline([RED]).dehydrate();
  render(
    <FeatureProvider client={client} hydrate={hydrate}>
      <Colour />
    </FeatureProvider>,
  );
  await answer(client, RED);
  const evaluated = client.setContext({ userkey: "fred" });
  await act(async () => {
    await client.statusWhen(({ readiness }) => readiness === "NOT_READY");
  });
  expect(screen.getByRole("status").textContent).toBe("none false");
  await answer(client, feature("COLOUR", "blue"));
  await evaluated;
  expect(screen.getByRole("status").textContent).toBe("blue true");
});
