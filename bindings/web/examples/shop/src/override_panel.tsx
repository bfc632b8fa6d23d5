import { useState } from "react";

import { useClient, useFeatures } from "./flags.ts";

/** Shows each feature with the reason for its value, and replaces values for this page. */
export function OverridePanel() {
  const client = useClient();
  const features = useFeatures();
  const [key, setKey] = useState("NEW_CHECKOUT");
  const [text, setText] = useState("");
  return (
    <section aria-labelledby="features">
      <h2 id="features">Features</h2>
      <div className="table" role="region" aria-labelledby="features" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col">Value</th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {features.map((feature) => (
              <tr key={feature.key}>
                <th scope="row">{feature.key}</th>
                <td>{feature.text ?? String(feature.value)}</td>
                <td>{feature.interceptor ?? feature.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          client.overrides.set(key as never, parsed(text) as never);
        }}
      >
        <label>
          Feature{" "}
          <select
            value={key}
            onChange={({ target }) => {
              setKey(target.value);
            }}
          >
            {features.map((feature) => (
              <option key={feature.key}>{feature.key}</option>
            ))}
          </select>
        </label>
        <label>
          Value{" "}
          <input
            value={text}
            onChange={({ target }) => {
              setText(target.value);
            }}
          />
        </label>
        <button type="submit">Override</button>
        <button
          type="button"
          onClick={() => {
            client.overrides.clear();
          }}
        >
          Remove all overrides
        </button>
      </form>
    </section>
  );
}

/** Returns the value of a text: JSON if it is JSON, else the text itself. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
