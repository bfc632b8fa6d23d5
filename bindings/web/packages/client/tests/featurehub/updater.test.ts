import { afterEach, expect, test, vi } from "vitest";

import { EdgeFeatureHubConfig, FeaturePostUpdater, FeatureUpdater } from "../../src/featurehub/index.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Answers requests with a status, and returns the bodies by URL. */
function answering(status: number): [url: string, body: unknown][] {
  const requests: [string, unknown][] = [];
  vi.stubGlobal("fetch", (url: string, { body }: RequestInit) => {
    requests.push([url, body]);
    return Promise.resolve(new Response(null, { status }));
  });
  return requests;
}

test("an updater sends updates in the published form, without a request for features", async () => {
  const requests = answering(200);
  const updater = new FeatureUpdater(new EdgeFeatureHubConfig("http://edge.example/hub/", "environment/key"));
  expect(await updater.updateKey("A", { value: true, lock: false })).toBe(true);
  expect(await updater.updateKey("B", { updateValue: true })).toBe(true);
  expect(
    await new FeaturePostUpdater().post("http://edge.example/features/a/b/c/A%20B", { lock: true }),
  ).toBe(true);
  expect(requests).toEqual([
    ["http://edge.example/hub/features/environment/key/A", '{"lock":false,"updateValue":true,"value":true}'],
    ["http://edge.example/hub/features/environment/key/B", '{"updateValue":true,"value":null}'],
    ["http://edge.example/features/a/b/c/A%20B", '{"lock":true}'],
  ]);
});

test("an updater returns false for an update that is rejected, empty, or cannot be sent", async () => {
  const requests = answering(404);
  const updater = new FeatureUpdater(new EdgeFeatureHubConfig("http://edge.example", "environment/key"));
  expect(await updater.updateKey("A", { value: 3 })).toBe(false);
  expect(requests).toHaveLength(1);
  expect(await updater.updateKey("A", { value: null })).toBe(false);
  expect(await new FeaturePostUpdater().post("nowhere", { value: 3 })).toBe(false);
  expect(requests).toHaveLength(1);
});
