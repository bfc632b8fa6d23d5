/** A tab of the soak test. The search part of its URL has the URL of the Edge and the key. */
import { Client } from "fh-client";

import { type Done, use } from "./load.ts";

declare global {
  /** Returns what the tab has done. */
  var done: () => Done;
}

const search = new URLSearchParams(location.search);
globalThis.done = use(new Client(search.get("edge") ?? "", search.get("key") ?? ""));
