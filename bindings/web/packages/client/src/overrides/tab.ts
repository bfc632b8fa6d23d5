import type { OverrideEntry } from "./options.ts";
import type { Overrides } from "./overrides.ts";

/** The entry of `sessionStorage` with the overrides of a tab. */
const NAME = "fh:overrides";
/** The parameter of a link that overrides a feature: `?fh-override=KEY:value`. */
const PARAMETER = "fh-override";
/** The maximum size in characters of the entry. */
const MOST = 1_000_000;

/**
 * Keeps overrides in the tab's `sessionStorage`, so that they outlive reloads of the page. Overrides of the page's link replace those of the
 * entry, and always respect locks.
 *
 * @param takesLink - true to apply the overrides of the page's link
 * @param report - called with the reason if the storage or its entry cannot be used
 */
export function keepOverrides(overrides: Overrides, takesLink: boolean, report: (why: string) => void): void {
  const attempt = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      report(`the overrides of the tab: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  attempt(() => {
    for (const { key, value, evenIfLocked } of readEntries(sessionStorage.getItem(NAME)))
      overrides.set(key, value, { evenIfLocked });
  });
  if (takesLink && typeof location !== "undefined")
    for (const text of new URLSearchParams(location.search).getAll(PARAMETER)) {
      const end = text.indexOf(":");
      if (end < 0) overrides.delete(text);
      else overrides.set(text.slice(0, end), text.slice(end + 1));
    }
  const save = (): void => {
    attempt(() => {
      const entries = overrides.entries();
      if (entries.length > 0) sessionStorage.setItem(NAME, JSON.stringify(entries));
      else sessionStorage.removeItem(NAME);
    });
  };
  overrides.onChange = save;
  save();
}

/** @throws an error if the entry has another form than {@link keepOverrides} writes */
function readEntries(text: string | null): OverrideEntry[] {
  if (text === null) return [];
  let entries: unknown;
  try {
    if (text.length <= MOST) entries = JSON.parse(text);
  } catch {
    // The error would quote the entry.
  }
  const isEntry = (entry: unknown): entry is OverrideEntry => {
    const { key, evenIfLocked } = (entry ?? {}) as Partial<OverrideEntry>;
    return typeof key === "string" && typeof evenIfLocked === "boolean";
  };
  if (!Array.isArray(entries) || !entries.every(isEntry)) throw new Error("the entry has another form");
  return entries;
}
