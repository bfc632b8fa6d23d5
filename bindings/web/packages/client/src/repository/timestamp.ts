/* eslint no-restricted-globals: "off" -- of `Date`, this module uses only functions of their arguments, not the clock */

/** A time in UTC as a text, such as `2026-11-21T08:30:00.000Z`. */

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z in milliseconds since 1970. */
const [EARLIEST, LATEST] = [-62_135_596_800_000, 253_402_300_799_999];

/** Returns a time in milliseconds since 1970 in the form `YYYY-MM-DDTHH:MM:SS.mmmZ`, clamped to the years 1 to 9999. */
export function isoText(millis: number): string {
  return new Date(clamped(millis)).toISOString();
}

const FORM =
  /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d)(?::(\d\d)(?:\.(\d{0,9}))?)?(?:(?:[Zz]|([+-])(\d\d):(\d\d)(?::(\d\d))?)(?:\[[^[\]]+\])?)?$/;

/**
 * Parses a date-time as the profile `client` does, and returns the milliseconds since 1970; `undefined` for any other text. A
 * missing offset means UTC. Digits after the milliseconds are cut off.
 */
export function parseIso(text: string): number | undefined {
  const [, date, clock, second = "00", fraction = "", sign, ...offset] = FORM.exec(text) ?? [];
  if (date === undefined || clock === undefined) return undefined;
  const local = Date.parse(`${date}T${clock}:${second}.${fraction.padEnd(3, "0").slice(0, 3)}Z`);
  // A day that its month does not have, and the hour 24, become another day.
  if (!(local >= EARLIEST) || !isoText(local).startsWith(date)) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = offset.map((part: string | undefined) => Number(part ?? 0));
  const difference = hours * 3600 + minutes * 60 + seconds;
  if (minutes > 59 || seconds > 59 || difference > 18 * 3600) return undefined;
  return clamped(local - (sign === "-" ? -difference : difference) * 1000);
}

function clamped(millis: number): number {
  return Math.min(Math.max(millis, EARLIEST), LATEST);
}
