// @vitest-environment happy-dom
import {
  OpenFeature,
  OpenFeatureProvider,
  useBooleanFlagValue,
  useStringFlagValue,
} from "@openfeature/react-sdk";
import { act, cleanup, render, screen } from "@testing-library/react";
import { Suspense, type ReactNode } from "react";
import { afterEach, expect, test } from "vitest";

import "../../react/tests/patience.ts";
import { FeatureHubWebProvider } from "../src/web.ts";
import { clientOf, feature, FetchEdge, SERVER_KEY } from "./features.ts";

afterEach(async () => {
  cleanup();
  await OpenFeature.clearContexts();
  await OpenFeature.clearProviders();
});

let rendered = 0;
function Shop(): ReactNode {
  rendered++;
  const colour = useStringFlagValue("COLOUR", "grey");
  return <p>{`${colour} ${String(useBooleanFlagValue("NEW", false))}`}</p>;
}

test("the hooks of OpenFeature's React SDK follow the provider", async () => {
  const edge = new FetchEdge();
  const client = clientOf(edge, SERVER_KEY);
  OpenFeature.setProvider(new FeatureHubWebProvider(client));
  await act(async () => {
    render(
      <OpenFeatureProvider suspendUntilReady>
        <Suspense fallback={<p>loading</p>}>
          <Shop />
        </Suspense>
      </OpenFeatureProvider>,
    );
    await Promise.resolve();
  });
  expect(screen.getByText("loading")).toBeTruthy();
  await act(async () => {
    edge.streams[0]!.list(feature("COLOUR", "red"), feature("NEW", false), feature("OTHER", "x"));
    await client.ready();
  });
  await screen.findByText("red false");
  const before = rendered;
  await act(async () => {
    const changed = new Promise((resolve) => client.onChange("OTHER", resolve));
    edge.streams[0]!.feature(feature("OTHER", "y", 2));
    await changed;
  });
  expect(rendered).toBe(before);
  edge.streams[0]!.feature(feature("NEW", true, 2));
  await screen.findByText("red true");
});
