/** Returns the message of an error, or the text of anything else that was thrown. The conversion to text may throw, too. */
export function errorText(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return "an object without a text";
  }
}
