import { Client } from "fh-client";

const { edge = "", key = "" } = document.documentElement.dataset;
const user = /** @type {HTMLSelectElement} */ (document.getElementById("user"));
const text = /** @type {HTMLElement} */ (document.getElementById("text"));
const checkout = /** @type {HTMLButtonElement} */ (document.getElementById("checkout"));
const status = /** @type {HTMLOutputElement} */ (document.getElementById("status"));

const client = new Client(edge, key, { context: { userkey: user.value }, whileSwitching: "keep" });

function show() {
  text.textContent = client.string("OFFER", "No offer today.");
  checkout.hidden = !client.isEnabled("NEW_CHECKOUT");
}

client.onGeneration(show);
client.onStatus(() => {
  const { readiness, connection } = client.status;
  status.textContent = `${readiness}, ${connection}`;
});
user.addEventListener("change", () => {
  // A failure shows in the status; the client tries again.
  client.setContext({ userkey: user.value }).catch(() => undefined);
});
