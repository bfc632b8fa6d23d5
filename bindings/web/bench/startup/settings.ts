/** What a page does: it is written into the page as JSON. */
export interface StartSettings {
  readonly url: string;
  readonly key: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The key of a feature that is on for these attributes. */
  readonly feature: string;
  readonly hydrate?: string | undefined;
}

/** The id of the element with the settings. */
export const ELEMENT = "settings";

/** Returns the settings of the page. */
export function settingsOfPage(): StartSettings {
  return JSON.parse(document.getElementById(ELEMENT)?.textContent ?? "") as StartSettings;
}

/** The mark of the first right answer. */
export const ANSWERED = "answered";
