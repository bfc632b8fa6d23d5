// @vitest-environment happy-dom
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import { EdgeFeatureHubConfig, FeatureHub as Shared } from "fh-client/featurehub";
import { type ReactNode, StrictMode, Suspense } from "react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import {
  FeatureHub,
  type FeatureHubProps,
  useFeature,
  useFeatureHub,
  useFeatureHubClient,
} from "../src/featurehub.tsx";
import { feature, FetchEdge, SERVER_KEY } from "./fetch_edge.ts";
import { opened } from "./patience.ts";

let edge: FetchEdge;
beforeEach(() => {
  edge = new FetchEdge();
  vi.stubGlobal("fetch", edge.fetch);
});
afterEach(() => {
  cleanup();
  Shared.setConfig(undefined);
  Shared.setContext(undefined);
  vi.unstubAllGlobals();
});

function Colour(): ReactNode {
  const isSame = useFeatureHubClient() === useFeatureHub().client;
  return <p>{isSame && useFeature("COLOUR", "none")}</p>;
}

function wrapper(children: ReactNode, props: FeatureHubProps = {}): ReactNode {
  return (
    <FeatureHub url="http://edge" apiKey={SERVER_KEY} connectionType="streaming" userKey="mara" {...props}>
      {children}
    </FeatureHub>
  );
}

test.each([
  ["in strict mode", StrictMode],
  ["alone", Suspense],
])(
  "the children are shown with features, which they follow, and the stream ends with them, %s",
  async (_, Mode) => {
    const view = render(<Mode>{wrapper(<Colour />)}</Mode>);
    const stream = await opened(edge);
    expect(stream.context).toBe("userkey=mara");
    expect(view.container.textContent).toBe("");
    stream.list(feature("COLOUR", "red"));
    await screen.findByText("red");
    stream.feature(feature("COLOUR", "blue", 2));
    await screen.findByText("blue");
    view.unmount();
    await waitFor(() => {
      expect([edge.streams.length, edge.open]).toEqual([1, 0]);
    });
  },
);

test("another user gets other values, also by the former name of the property", async () => {
  const view = render(wrapper(<Colour />));
  (await opened(edge)).list(feature("COLOUR", "red"));
  await screen.findByText("red");
  view.rerender(
    <FeatureHub url="http://edge" apiKey={SERVER_KEY} connectionType="streaming" username="fred">
      <Colour />
    </FeatureHub>,
  );
  const stream = await opened(edge, 2);
  expect(stream.context).toBe("userkey=fred");
  stream.list(feature("COLOUR", "blue"));
  await screen.findByText("blue");
});

test.each([true, false])(
  "a user who changes while the Edge is away has the values once it is back, also if they are equal (with waiting: %j)",
  async (waitForReady) => {
    const view = render(wrapper(<Colour />, { waitForReady }));
    (await opened(edge)).list(feature("COLOUR", "red"));
    await screen.findByText("red");
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    edge.refusal = 503;
    view.rerender(wrapper(<Colour />, { waitForReady, userKey: "fred" }));
    await waitFor(() => {
      expect(view.container.textContent).toBe(waitForReady ? "" : "none");
    });
    edge.refusal = undefined;
    (await opened(edge, 2)).list(feature("COLOUR", "red"));
    await screen.findByText("red");
  },
);

test("without waiting, the children show defaults", async () => {
  const view = render(wrapper(<Colour />, { waitForReady: false }));
  expect(view.container.textContent).toBe("none");
  (await opened(edge)).list(feature("COLOUR", "red"));
  await screen.findByText("red");
});

describe("with the static FeatureHub", () => {
  test("its configuration is used and not closed", async () => {
    const config = new EdgeFeatureHubConfig("http://edge", SERVER_KEY).streaming();
    Shared.set(config, config.newContext());
    const view = render(
      <FeatureHub>
        <Colour />
      </FeatureHub>,
    );
    (await opened(edge)).list(feature("COLOUR", "red"));
    await screen.findByText("red");
    view.unmount();
    render(<Colour />);
    await screen.findByText("red");
    expect(edge.open).toBe(1);
    config.close();
  });
});

test("a hook without a component above is an error", () => {
  expect(() => render(<Colour />)).toThrow("there is no FeatureHub above this component");
});
