import { afterEach, expect, test, vi } from "vitest";

import {
  EdgeFeatureHubConfig,
  FeatureHubEventSourceClient,
  LocalSessionInterceptor,
} from "../../src/featurehub/index.ts";
import { Texts } from "../client/texts.ts";
import { describeEngine } from "../engine/built.ts";
import { ClientFeatureRepository } from "../../src/featurehub/repository.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

const COLOUR = { id: "1", key: "COLOUR", version: 1, type: "STRING", value: "stored" } as const;

/** Returns a configuration whose Edge does not answer. */
function silent(key: string): EdgeFeatureHubConfig {
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  const config = new EdgeFeatureHubConfig("http://127.0.0.1:9", key);
  config.edgeServiceProvider((repository) => new FeatureHubEventSourceClient(config, repository));
  return config;
}

describeEngine("with a client-evaluated key", () => {
  test.each([
    ["1.x", "http://127.0.0.1:9/features?apiKey=env%2Fkey*"],
    ["2.x", "http://127.0.0.1:9/features?apiKey=env%2Fkey*&contextSha=0"],
  ])("features that %s has stored are served before the first answer", async (_version, name) => {
    vi.stubGlobal(
      "localStorage",
      new Texts({ [name]: JSON.stringify({ e: [{ id: "env", features: [COLOUR] }] }) }),
    );
    const config = silent("env/key*");
    const context = await config.newContext().build();
    expect(context.getString("COLOUR")).toBe("stored");
    config.close();
  });

  test("entries of testers override features that are not locked", async () => {
    const entries = new Texts({ fh_value_COLOUR: "mine", fh_value_LOCKED: "mine", fh_null_TITLE: "null" });
    const page = Object.assign(new EventTarget(), { localStorage: entries }) as unknown as Window;
    const repository = new ClientFeatureRepository();
    repository.addValueInterceptor(new LocalSessionInterceptor(page));
    repository.notify("features", [
      COLOUR,
      { ...COLOUR, id: "2", key: "LOCKED", l: true },
      { ...COLOUR, id: "3", key: "TITLE" },
    ]);
    await repository.client?.ready();
    expect(repository.getString("COLOUR")).toBe("mine");
    expect(repository.getString("LOCKED")).toBe("stored");
    expect(repository.isSet("TITLE")).toBe(false);
    const changed = new Promise((resolve) =>
      repository.feature("COLOUR").addListener((feature) => {
        resolve(feature.str);
      }),
    );
    entries.setItem("fh_value_COLOUR", "other");
    page.dispatchEvent(
      Object.assign(new Event("storage"), { key: "fh_value_COLOUR", oldValue: "mine", newValue: "other" }),
    );
    expect(await changed).toBe("other");
    entries.setItem("fh_url", "https://another.example/");
    repository.url = "https://edge.example/";
    expect(repository.getString("COLOUR")).toBe("stored");
    repository.close();
  });
});

test("stored features of a server-evaluated key are served for their context only", async () => {
  const url = "http://127.0.0.1:9/features?apiKey=env%2Fkey";
  const sha = "ah0fpC0cGRdVKiValAeSIFy2LMLv1mE6taP3XQA4UYs"; // of `userkey=fred`
  const entry = JSON.stringify({ e: [{ id: "env", features: [COLOUR] }] });
  vi.stubGlobal("localStorage", new Texts({ [`${url}&contextSha=${sha}`]: entry, [url]: entry }));
  const config = silent("env/key");
  await config.newContext().userKey("fred").build();
  expect(config.feature("COLOUR").str).toBe("stored");
  config.close();
  const other = silent("env/key");
  void other.newContext().userKey("mara").build();
  expect(other.client?.status.features).toBe(0);
  other.closeEdge();
});

test("meta tags of a page configure the layer, whatever their case", async () => {
  const tag = (name: string, content: string): object => ({ name, content });
  const tags = [
    tag("featurehub-url", "http://127.0.0.1:9"),
    tag("featurehub-apiKey", "env/key"),
    tag("FEATUREHUB-APIKEY", "env2/key"),
    tag("featurehub-client", "passive"),
    tag("featurehub-interval", "5000"),
    tag("featurehub-delayed-start", "yes"),
    tag("featurehub-Country", "new_zealand"),
    tag("viewport", "width=device-width"),
  ];
  vi.stubGlobal("document", { getElementsByTagName: () => tags });
  const page: { fhConfig?: unknown } = {};
  vi.stubGlobal("window", page);
  vi.resetModules();
  const { FeatureHub } = await import("../../src/featurehub/static.ts");
  expect(FeatureHub.isCompletelyConfigured()).toBe(true);
  expect(page.fhConfig).toBe(FeatureHub.config);
  expect(FeatureHub.config.getApiKeys()).toEqual(["env/key", "env2/key"]);
  expect([FeatureHub.config.edgeType, FeatureHub.config.edgeSupplierTimeout]).toEqual([1, 5000]);
  expect(FeatureHub.context.attributes).toEqual({ country: "new_zealand" });
  expect(FeatureHub.config.initialized).toBe(false);
});
