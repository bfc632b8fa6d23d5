import { type ReactNode, version } from "react";
import { renderToString, version as domVersion } from "react-dom/server";
import { expect, test } from "vitest";

import { FeatureProvider, useReady, useString } from "../src/index.ts";
import { feature, FetchEdge, SERVER_KEY } from "./fetch_edge.ts";
import { offline } from "./offline.ts";

function Page(): ReactNode {
  return <p>{`${useString("COLOUR", "none")} ${String(useReady())}`}</p>;
}

test("the tests run with the React of their project", () => {
  expect([version, domVersion]).toEqual([process.env["REACT"], process.env["REACT"]]);
});

test("a server renders the values of a given client", () => {
  const client = offline([feature("COLOUR", "red")]);
  expect(
    renderToString(
      <FeatureProvider client={client}>
        <Page />
      </FeatureProvider>,
    ),
  ).toBe("<p>red true</p>");
});

test.each(["url", "client"])(
  "a provider with a %s renders the values that it is given to hydrate",
  (kind) => {
    const context = { userkey: "mara" };
    const hydrate = offline([feature("COLOUR", "red")], { context })
      .context(context)
      .dehydrate();
    const edge = new FetchEdge();
    const own = kind === "client" ? { client: offline([feature("COLOUR", "blue")], { context }) } : {};
    const props = {
      url: "http://edge",
      apiKey: SERVER_KEY,
      options: { fetch: edge.fetch },
      context,
      hydrate,
      ...own,
    };
    expect(
      renderToString(
        <FeatureProvider {...props}>
          <FeatureProvider>
            <Page />
          </FeatureProvider>
        </FeatureProvider>,
      ),
    ).toBe("<p>red true</p>");
    expect(edge.streams).toHaveLength(0);
  },
);

test.each([{}, { mode: "polling", interval: 30 } as const])(
  "a provider on a server makes no client that connects, with the options %o",
  (mode) => {
    const edge = new FetchEdge();
    const options = { ...mode, fetch: edge.fetch };
    expect(
      renderToString(
        <FeatureProvider url="http://edge" apiKey={SERVER_KEY} options={options}>
          <Page />
        </FeatureProvider>,
      ),
    ).toBe("<p>none false</p>");
    expect(edge.streams).toHaveLength(0);
  },
);
