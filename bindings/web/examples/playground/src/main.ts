import type { Client, ContextAttributes } from "fh-client";

import { CONTEXT, FEATURES } from "./example.ts";
import { offline } from "./offline.ts";
import type { RolloutRequest, RolloutResult } from "./rollout_worker.ts";

const input = (id: string): HTMLTextAreaElement => document.getElementById(id) as HTMLTextAreaElement;
const place = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;

const [features, context, problem] = [input("features"), input("context"), place("problem")];
const select = document.getElementById("feature") as HTMLSelectElement;
const worker = new Worker(new URL("./rollout_worker.ts", import.meta.url), { type: "module" });
/** The number of the last evaluation. Results of earlier ones are not shown. */
let run = 0;

features.value = JSON.stringify(FEATURES, undefined, 2);
context.value = JSON.stringify(CONTEXT);
for (const element of [features, context, select])
  element.addEventListener("input", () => {
    void show();
  });
worker.addEventListener("message", ({ data }: MessageEvent<RolloutResult>) => {
  if (data.run !== run) return;
  const rows = data.counts.map(([value, users]) => [
    value,
    String(users),
    `${((users / data.users) * 100).toFixed(1)} %`,
  ]);
  place("rollout").replaceChildren(...rows.map(row));
});
void show();

/** Evaluates the input, and shows the results, or the reason why there are none. */
async function show(): Promise<void> {
  const mine = ++run;
  try {
    const list: unknown = JSON.parse(features.value);
    if (!Array.isArray(list)) throw new Error("the features are no list");
    const attributes = JSON.parse(context.value) as ContextAttributes;
    const client = await offline(features.value);
    if (mine === run) await showResults(client, attributes, mine);
    client.close();
    if (mine === run) problem.textContent = "";
  } catch (error) {
    if (mine === run) problem.textContent = error instanceof Error ? error.message : String(error);
  }
}

async function showResults(client: Client, attributes: ContextAttributes, mine: number): Promise<void> {
  const user = client.context(attributes);
  const values = user.values();
  const rows = values.map(({ key, text, value, reason, variant }) =>
    row([key, text ?? String(value), reason, variant]),
  );
  place("values").replaceChildren(...rows);
  const chosen = values.find(({ key }) => key === select.value)?.key ?? values[0]?.key ?? "";
  select.replaceChildren(...values.map(({ key }) => new Option(key, key, false, key === chosen)));
  for (const element of document.querySelectorAll(".chosen")) element.textContent = chosen;
  worker.postMessage({ run: mine, features: features.value, key: chosen } satisfies RolloutRequest);
  const [diagnostics, { report }] = await Promise.all([client.diagnostics(), user.explain(chosen)]);
  if (mine !== run) return;
  place("explanation").textContent = JSON.stringify(report, undefined, 2);
  const items = diagnostics.map(({ severity, text }) => item(`${severity}: ${text}`, severity));
  place("diagnostics").replaceChildren(...(items.length > 0 ? items : [item("none", "")]));
}

/** Returns a row of a table, whose first cell is its heading. */
function row(texts: readonly string[]): HTMLTableRowElement {
  const element = document.createElement("tr");
  for (const [at, text] of texts.entries()) {
    const cell = document.createElement(at === 0 ? "th" : "td");
    if (at === 0) cell.scope = "row";
    cell.textContent = text;
    element.append(cell);
  }
  return element;
}

function item(text: string, kind: string): HTMLLIElement {
  const element = document.createElement("li");
  element.textContent = text;
  element.className = kind;
  return element;
}
