/**
 * Returns a JSON document as the text of a `<script type="application/json">` element. No text of the document can end the element, begin a
 * comment, or end a line of a script. The text is the same JSON document.
 *
 * @example
 * ```ts
 * const html = `<script type="application/json" id="flags">${toScript(mara.dehydrate())}</script>`;
 * // in the page:
 * const state = document.getElementById("flags")?.textContent ?? "";
 * const client = new Client(url, apiKey, { hydrate: state });
 * ```
 */
export function toScript(state: string): string {
  return state.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
