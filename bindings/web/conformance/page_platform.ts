import { Client } from "fh-client";

import type { AdapterPlatform } from "./platform.ts";

const BROWSER = /Chrome\/[\d.]+/.exec(navigator.userAgent)?.[0].replace("/", " ");

/** The adapter in a page. */
export const PLATFORM: AdapterPlatform = {
  name: "fh-web-chromium",
  runtime: BROWSER ?? navigator.userAgent,
  cannot: {
    "http.identify": "the preflight of an Edge refuses the header x-sdk",
    "http.redirects": "a browser follows redirects itself, and shows a page only the last answer",
    "http.connections":
      "a browser opens at most six connections to one Edge with HTTP/1.1, and keeps them open after the last request",
    "http.proxy": "the user of the browser sets its proxy, a page cannot",
    "tls.custom_ca": "the user of the browser sets its authorities, a page cannot",
    store: "a page has no files",
    fork: "a page has no processes",
  },
  ignored: ({ proxy, ca_pem, store }) =>
    Object.entries({ proxy, ca_pem, store }).flatMap(([name, given]) => (given ? [name] : [])),
  // The clients of a scenario must not see what an earlier one has stored.
  start: ({ edge_url, keys }, options) =>
    new Client(edge_url, keys, { ...options, storage: null, shareAcrossTabs: false }),
  fullEngine: () => new URL("./wasm/full.wasm", location.href),
};
