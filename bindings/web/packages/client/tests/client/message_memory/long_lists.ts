const rule = (values: string): string =>
  `{"attributes":[{"conditional":"EQUALS","fieldName":"userkey","type":"STRING","values":[${values}]}],"value":true}`;
const many = (count: number, element: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => element(at)).join(",");
const feature = (strategies: string): string =>
  `[{"key":"A","type":"BOOLEAN","value":false,"version":1,"strategies":[${strategies}]}]`;

/** The long lists that always load. */
export const LONG_LISTS: Readonly<Record<string, () => string>> = {
  "100,000 features": () =>
    `[${many(100_000, (at) => `{"id":"${at}","key":"new-checkout-${at}","type":"BOOLEAN","version":1,"value":true}`)}]`,
  "100,000 texts": () =>
    `[${many(100_000, (at) => `{"id":"${at}","key":"colour-${at}","type":"STRING","version":1,"value":"the colour ${at}"}`)}]`,
  "10,000 rules": () =>
    feature(many(10_000, (at) => `{"id":"${at}","name":"rule ${at}",${rule(`"user-${at}"`).slice(1)}`)),
  "1,000,000 values": () => feature(rule(many(1_000_000, (at) => `"user-${at + 1e6}"`))),
};
