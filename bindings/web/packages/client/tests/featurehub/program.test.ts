import { createRequire } from "node:module";
import { expect, test } from "vitest";

import * as layer from "../../src/featurehub/index.ts";
import { CLIENT_KEY, describeServe, Served, SERVER_KEY, state } from "../client/serve.ts";
import { showOutputs } from "./outputs.ts";
import { program, type Sdk } from "./program.ts";

const published = createRequire(import.meta.url)("featurehub-javascript-node-sdk") as Sdk;

describeServe("a program with the names of the published SDK", () => {
  test("prints the same with the layer", async () => {
    const printed: string[][] = [];
    for (const sdk of [published, layer]) {
      await using served = await Served.start();
      const setColour = (colour: string): Promise<void> => served.change(state(colour));
      printed.push(
        await program(sdk, { url: served.url, clientKey: CLIENT_KEY, serverKey: SERVER_KEY, setColour }),
      );
    }
    const [theirs = [], ours = []] = printed;
    showOutputs("Node", theirs, ours);
    expect(ours).toEqual(theirs);
    expect(theirs.length).toBeGreaterThan(60);
  });
});
