// Answers the requests to the Edge of the READMEs, so that their examples run as they are. A rule gives New Zealand the new checkout.
const rule = {
  id: "new-zealand",
  value: true,
  attributes: [{ conditional: "EQUALS", fieldName: "country", values: ["new_zealand"], type: "STRING" }],
};
const features = [
  {
    id: "1",
    key: "NEW_CHECKOUT",
    type: "BOOLEAN",
    version: 1,
    value: false,
    l: false,
    strategies: [rule],
  },
  { id: "2", key: "COLOUR", type: "STRING", version: 1, value: "red", l: false },
];

globalThis.fetch = (url) => {
  if (!String(url).startsWith("https://edge.example/features/")) throw new Error(`no request to ${url}`);
  const event = `event: features\ndata: ${JSON.stringify(features)}\n\n`;
  const body = new ReadableStream({
    start: (stream) => {
      stream.enqueue(new TextEncoder().encode(event));
    },
  });
  return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }));
};
