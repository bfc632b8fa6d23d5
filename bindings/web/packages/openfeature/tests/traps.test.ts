import { ErrorCode, OpenFeature as Server } from "@openfeature/server-sdk";
import { OpenFeature as Web } from "@openfeature/web-sdk";
import { Client } from "fh-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { bytes, describeTraps } from "../../client/tests/engine/built.ts";
import { FeatureHubServerProvider } from "../src/server.ts";
import { FeatureHubWebProvider } from "../src/web.ts";
import { CLIENT_KEY, feature, strategy } from "./features.ts";

vi.mock("../../client/src/engine/wasm/lean.js", () =>
  vi.importActual("../../client/src/engine/wasm/lean_traps.js"),
);

let client: Client;
beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  client = new Client("", CLIENT_KEY, { mode: "offline", engine: bytes("lean_traps.wasm") });
  const features = ["panic while evaluating", "sound"].map((id) =>
    feature(id === "sound" ? "SOUND" : "BAD", "off", 1, {
      strategies: [strategy(id, "on", "userkey", "mara")],
    }),
  );
  client.offerFeatures("test", "environment", `[${features.join(",")}]`);
  await client.ready();
});
afterEach(async () => {
  await Promise.all([Server.close(), Web.close()]);
  client.close();
  vi.restoreAllMocks();
});

const FAILED = {
  ...{ value: "default", reason: "ERROR", errorCode: ErrorCode.GENERAL },
  errorMessage: "the engine failed on the feature",
};
const MATCHED = { value: "on", reason: "TARGETING_MATCH", variant: "sound" };
const MARA = { targetingKey: "mara" };

describeTraps("a feature on which the engine fails", () => {
  test("is a general error of the provider for servers, and other features have their values", async () => {
    await Server.setProviderAndWait(new FeatureHubServerProvider(client));
    const flags = Server.getClient();
    expect(await flags.getStringDetails("BAD", "default", MARA)).toMatchObject(FAILED);
    expect(await flags.getStringDetails("SOUND", "default", MARA)).toMatchObject(MATCHED);
    expect(await flags.getStringDetails("BAD", "default", MARA)).toMatchObject(FAILED);
    expect(console.error).toHaveBeenCalledTimes(1);
  });

  test("is a general error of the provider for pages, and other features have their values", async () => {
    await Web.setContext(MARA);
    await Web.setProviderAndWait(new FeatureHubWebProvider(client));
    const flags = Web.getClient();
    expect(flags.getStringDetails("BAD", "default")).toMatchObject(FAILED);
    expect(flags.getStringDetails("SOUND", "default")).toMatchObject(MATCHED);
    expect(console.error).toHaveBeenCalledTimes(1);
  });
});
