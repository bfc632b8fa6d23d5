/** A time in UTC as a text, such as `2026-11-21T08:30:00.000Z`. The modules of this folder do not use `Date`. */

const DAY = 86_400_000;
/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z in milliseconds since 1970. */
const [EARLIEST, LATEST] = [-62_135_596_800_000, 253_402_300_799_999];

/** Returns a time in milliseconds since 1970 in the form `YYYY-MM-DDTHH:MM:SS.mmmZ`, clamped to the years 1 to 9999. */
export function isoText(millis: number): string {
  const time = Math.min(Math.max(Math.trunc(millis), EARLIEST), LATEST);
  // The calendar repeats after eras of 400 years, which begin in March, so that a leap day is the last day of its year.
  const days = Math.floor(time / DAY) + 719_468;
  const era = Math.floor(days / 146_097);
  const ofEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = ((fromMarch + 2) % 12) + 1;
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
  const ofDay = time - Math.floor(time / DAY) * DAY;
  const part = (unit: number, modulo: number) => digits(Math.floor(ofDay / unit) % modulo, 2);
  const clock = `${part(3_600_000, 24)}:${part(60_000, 60)}:${part(1000, 60)}.${digits(ofDay % 1000, 3)}`;
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}T${clock}Z`;
}

const FORM =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{0,9}))?)?(?:(?:[Zz]|([+-])(\d\d):(\d\d)(?::(\d\d))?)(?:\[[^[\]]+\])?)?$/;

/**
 * Parses a date-time (evaluation 3.5, profile `client`), and returns the milliseconds since 1970; `undefined` for any other text. A
 * missing offset means UTC. Digits after the milliseconds are cut off.
 */
export function parseIso(text: string): number | undefined {
  const found = FORM.exec(text);
  if (!found) return undefined;
  const number = (group: number) => Number(found[group] ?? 0);
  const [year, month, day, hour, minute, second] = [
    number(1),
    number(2),
    number(3),
    number(4),
    number(5),
    number(6),
  ];
  const offset = number(9) * 3600 + number(10) * 60 + number(11);
  const isClock = hour < 24 && minute < 60 && second < 60;
  const isOffset = number(10) < 60 && number(11) < 60 && offset <= 18 * 3600;
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || !isClock || !isOffset) {
    return undefined;
  }
  const fromMarch = month <= 2 ? year - 1 : year;
  const era = Math.floor(fromMarch / 400);
  const yearOfEra = fromMarch - era * 400;
  const ofYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const ofEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + ofYear;
  const local = (era * 146_097 + ofEra - 719_468) * 86_400 + hour * 3600 + minute * 60 + second;
  const seconds = local - (found[8] === "-" ? -offset : offset);
  const millis = Number((found[7] ?? "").padEnd(3, "0").slice(0, 3));
  return Math.min(Math.max(seconds * 1000 + millis, EARLIEST), LATEST);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function digits(number: number, width: number): string {
  return String(number).padStart(width, "0");
}
