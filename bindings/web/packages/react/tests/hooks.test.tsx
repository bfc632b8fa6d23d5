// @vitest-environment happy-dom
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import type { Client, FeatureDetail, UsageEvent } from "fh-client";
import { type ReactNode, useLayoutEffect, useReducer } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, describe, expect, test, vi } from "vitest";

import {
  Feature,
  FeatureProvider,
  useBoolean,
  useClient,
  useDetail,
  useFeature,
  useFeatureContext,
  useFeatures,
  useHeldUpdates,
  useJson,
  useNumber,
  useReady,
  useString,
} from "../src/index.ts";
import { feature } from "./fetch_edge.ts";
import { change, offline } from "./offline.ts";
import "./patience.ts";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

/** Renders below a provider of the client. */
function renderWith(client: Client, children: ReactNode): ReturnType<typeof render> {
  return render(<FeatureProvider client={client}>{children}</FeatureProvider>);
}

describe("values", () => {
  function Values(): ReactNode {
    const shown = [
      useBoolean("YES", false),
      useBoolean("NONE"),
      useString("COLOUR", "blue"),
      useString("NONE", "blue"),
      useNumber("PRICE", 1),
      useNumber("COLOUR", 1),
      useJson("LIMITS"),
      useJson("NULL", "default"),
      useJson("BROKEN", "default"),
      useFeature("PRICE", 3),
      useFeature("NONE", 3),
      useFeature("NULL", 3),
    ];
    return <p role="status">{JSON.stringify(shown)}</p>;
  }

  test("are those of the features, or the defaults", () => {
    const broken = '{"id":"B","key":"BROKEN","type":"JSON","version":1,"value":"{"}';
    const client = offline([
      ...[feature("YES", true), feature("COLOUR", "red"), feature("PRICE", 7.5)],
      ...[feature("LIMITS", { perDay: 3 }), feature("NULL", null, 1, { type: "JSON" }), broken],
    ]);
    renderWith(client, <Values />);
    expect(JSON.parse(screen.getByRole("status").textContent)).toEqual([
      ...[true, null, "red", "blue", 7.5, 1],
      ...[{ perDay: 3 }, null, "default", 7.5, 3, null],
    ]);
  });

  test("of a component without a provider are an error", () => {
    expect(() => render(<Values />)).toThrow("there is no FeatureProvider above this component");
  });

  test("are the latest on every mount", async () => {
    const client = offline([feature("COLOUR", "red")]);
    const rendered: string[] = [];
    function Colour(): ReactNode {
      rendered.push(useString("COLOUR", "none"));
      return null;
    }
    const view = renderWith(client, <Colour />);
    view.unmount();
    await change(client, feature("COLOUR", "blue", 2));
    renderWith(client, <Colour />);
    expect(rendered).toEqual(["red", "blue"]);
  });

  test("that change between the rendering and the effects are not missed", async () => {
    const client = offline([feature("COLOUR", "red")]);
    const order: string[] = [];
    client.onChange("COLOUR", () => order.push("changed"));
    const subscribe = client.onGeneration.bind(client);
    vi.spyOn(client, "onGeneration").mockImplementation((call) => {
      order.push("subscribed");
      return subscribe(call);
    });
    function Colour(): ReactNode {
      order.push(useString("COLOUR", "none"));
      useLayoutEffect(() => {
        client.offerFeature("test", "environment", feature("COLOUR", "blue", 2));
        // React's scheduler yields after 5 ms. Listeners are called before it goes on with the effects.
        const now = performance.now.bind(performance);
        vi.spyOn(performance, "now").mockImplementation(() => now() + 1000);
      }, []);
      return null;
    }
    // Not `render`, within which all effects run before a listener is called.
    const root = createRoot(document.createElement("div"));
    root.render(
      <FeatureProvider client={client}>
        <Colour />
      </FeatureProvider>,
    );
    await waitFor(() => {
      expect(order).toEqual(["red", "changed", "subscribed", "blue"]);
    });
    root.unmount();
  });
});

describe("rendering", () => {
  /** Components that count how often they are rendered. */
  function counted(keys: readonly string[]): { counts: Map<string, number>; all: ReactNode } {
    const counts = new Map<string, number>();
    function One({ name }: { readonly name: string }): ReactNode {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      return <p>{JSON.stringify(useFeature(name))}</p>;
    }
    return { counts, all: keys.map((key) => <One key={key} name={key} />) };
  }

  const keys = Array.from({ length: 100 }, (_, at) => `F${at}`);
  const value = (at: number): unknown => [true, "text", 7.5, { at }][at % 4];
  const all = (version: number, changed?: number): string[] =>
    keys.map((key, at) =>
      at === changed ? feature(key, { other: true }, version) : feature(key, value(at)),
    );

  test.each([
    ["a feature", (client: Client) => change(client, feature("F3", { other: true }, 2))],
    [
      "the whole list",
      async (client: Client) => {
        client.offerFeatures("test", "environment", `[${all(2, 3).join(",")}]`);
        await Promise.resolve();
      },
    ],
  ])("one of 100 components is rendered when one of 100 features changes, with %s", async (_, update) => {
    const client = offline(all(1));
    const { counts, all: components } = counted(keys);
    renderWith(client, components);
    expect([...counts.values()]).toEqual(keys.map(() => 1));
    await act(() => update(client));
    expect([...counts].filter(([, times]) => times > 1)).toEqual([["F3", 2]]);
  });

  test("no component is rendered for a rendering of the parent with equal attributes, or for another feature", async () => {
    const client = offline([feature("F0", true)], { context: { userkey: "mara", plan: ["gold", "beta"] } });
    const { counts, all: components } = counted(["F0"]);
    let renderParent: () => void = () => undefined;
    let parents = 0;
    function Parent(): ReactNode {
      const [, again] = useReducer((times: number) => times + 1, 0);
      renderParent = again;
      parents++;
      return (
        <FeatureProvider client={client} context={{ userkey: "mara", plan: ["gold", "beta"] }}>
          {components}
        </FeatureProvider>
      );
    }
    render(<Parent />);
    expect(screen.getByText("true")).toBeTruthy();
    act(() => {
      renderParent();
    });
    await act(() => change(client, feature("OTHER", "x")));
    expect([parents, counts.get("F0")]).toEqual([2, 1]);
  });

  test("of details follows the version and the lock, and keeps the detail otherwise", async () => {
    const client = offline([feature("COLOUR", "red")]);
    const details: FeatureDetail[] = [];
    function Detail(): ReactNode {
      details.push(useDetail("COLOUR"));
      return null;
    }
    renderWith(client, <Detail />);
    await act(() => change(client, feature("OTHER", "x")));
    await act(() => change(client, feature("COLOUR", "red", 2, { l: true })));
    expect(details.map(({ version, isLocked }) => [version, isLocked])).toEqual([
      [1, false],
      [2, true],
    ]);
  });

  test("of all features follows each of them", async () => {
    const client = offline([feature("A", "1")]);
    const lists: string[] = [];
    function List(): ReactNode {
      lists.push(
        useFeatures()
          .map(({ key, value: shown }) => `${key}=${String(shown)}`)
          .join(" "),
      );
      return null;
    }
    renderWith(client, <List />);
    await act(() => change(client, feature("B", "2")));
    await act(async () => {
      client.overridesChanged();
      await Promise.resolve();
    });
    expect(lists).toEqual(["A=1", "A=1 B=2"]);
  });

  test("counts one use for each value that a component shows", async () => {
    const used: string[] = [];
    const observe = (event: UsageEvent): void => {
      if (event.kind === "evaluated") used.push(`${event.feature.key} ${String(event.feature.value)}`);
    };
    const client = offline([feature("COLOUR", "red"), feature("OTHER", "x")], {
      observers: [{ observer: { dispatch: "inline", observe } }],
    });
    const { all: components } = counted(["COLOUR"]);
    renderWith(client, components);
    await act(() => change(client, feature("OTHER", "y", 2)));
    await act(() => change(client, feature("COLOUR", "blue", 2)));
    expect(used).toEqual(["COLOUR red", "COLOUR blue"]);
  });
});

test("a component shows its children while its feature is on", async () => {
  const client = offline([feature("NEW", false)]);
  renderWith(
    client,
    <Feature on="NEW" fallback={<p>old</p>}>
      <p>new</p>
    </Feature>,
  );
  expect(screen.queryByText("old")).toBeTruthy();
  await act(() => change(client, feature("NEW", true, 2)));
  expect([screen.queryByText("old"), screen.queryByText("new")?.textContent]).toEqual([null, "new"]);
});

test("held updates are shown by their keys, and are released together or singly", async () => {
  const client = offline([feature("A", "1"), feature("B", "1")]);
  client.catchUpdates();
  const seen: string[] = [];
  let release: (keys?: Iterable<string>) => void = () => undefined;
  function Held(): ReactNode {
    const updates = useHeldUpdates();
    release = updates.release;
    seen.push(`${updates.held.join("+")}:${String(useFeature("A"))}${String(useFeature("B"))}`);
    return null;
  }
  renderWith(client, <Held />);
  await act(() => change(client, feature("A", "2", 2)));
  await act(() => change(client, feature("B", "2", 2)));
  await act(async () => {
    release(["A"]);
    await Promise.resolve();
  });
  await act(async () => {
    release();
    await Promise.resolve();
  });
  expect(seen).toEqual([":11", "A:11", "A+B:11", "B:21", ":22"]);
});

test("readiness, client and context are those of the provider, and a provider below can have another context", async () => {
  const client = offline([], { context: { userkey: "mara" } });
  const seen: unknown[] = [];
  function Scope({ name }: { readonly name: string }): ReactNode {
    const context = useFeatureContext();
    const attributes =
      "attributes" in context ? Object.fromEntries(context.attributes as Map<string, unknown>) : "none";
    seen.push([name, useReady(), useClient() === client, attributes]);
    return null;
  }
  renderWith(
    client,
    <>
      <Scope name="outer" />
      <FeatureProvider context={{ userkey: "mara" }}>
        <FeatureProvider>
          <Scope name="inner" />
        </FeatureProvider>
      </FeatureProvider>
    </>,
  );
  expect(seen).toEqual([
    ["outer", true, true, "none"],
    ["inner", true, true, { userkey: ["mara"] }],
  ]);
  seen.length = 0;
  await act(async () => {
    client.close();
    await client.closed();
  });
  expect(seen.map((each) => (each as unknown[])[1])).toEqual([false, false]);
});
