/** A page with `fh-client`, which marks the time of its first right answer. */
import { Client, type Context } from "fh-client";

import { ANSWERED, settingsOfPage } from "./settings.ts";

declare global {
  /** The context of the page. */
  var context: Context<Record<string, unknown>>;
}

const { url, key, attributes, feature, hydrate } = settingsOfPage();
const client = new Client(url, key, { context: attributes, ...(hydrate === undefined ? {} : { hydrate }) });
const context = client.context(attributes);
globalThis.context = context;
const check = (): void => {
  if (performance.getEntriesByName(ANSWERED).length === 0 && context.isEnabled(feature))
    performance.mark(ANSWERED);
};
client.onGeneration(check);
check();
