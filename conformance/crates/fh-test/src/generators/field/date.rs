//! Dates and date-times.

use crate::generators::choices::Choices;

const DATES: &[&str] = &[
    "2024-02-29",
    "2024-02-28",
    "2024-03-01",
    "2023-02-29",
    "2000-02-29",
    "1900-02-29",
    "2024-12-31",
    "2025-01-01",
    "0001-01-01",
    "9999-12-31",
    "0000-01-01",
    "-0001-01-01",
    "2030-03-17",
    "2030-03-16",
    "2030-03-18",
    "2024-02-29Z",
    "2024-02-29+01:00",
    "2024-02-29-13:30",
    "2024-2-9",
    "2024-02",
    "not-a-date",
    "",
    "20240229",
    "2024-02-29T00:00:00Z",
    " 2024-02-29",
    "2024-13-01",
    "2024-00-10",
    "2024-04-31",
    "+12024-01-01",
    "２０２４-02-29",
];

const DATE_TIMES: &[&str] = &[
    "2024-02-29T10:15:30Z",
    "2024-02-29T10:15:30.000Z",
    "2024-02-29T10:15Z",
    "2024-02-29T12:15:30+02:00",
    "2024-02-29T10:15:30",
    "2024-02-29T10:15:30.5Z",
    "2024-02-29T10:15:30.500000000Z",
    "2024-02-29T10:15:30.5000000001Z",
    "2024-02-29t10:15:30z",
    "2024-02-29T24:00:00Z",
    "2024-02-29T23:59:60Z",
    "2024-02-29T10:15:30+0100",
    "2024-02-29T10:15:30+18:00",
    "2024-02-29T10:15:30+18:01",
    "2024-02-29T10:15:30-00:30",
    "2024-02-29 10:15:30Z",
    "2024-02-29",
    "not-a-time",
    "",
    "2024-02-30T10:15:30Z",
    "2024-02-29T10:15:30+01:00:30",
    "0001-01-01T00:00:00+18:00",
    "9999-12-31T23:59:59-18:00",
    "2024-02-29T10:15:30Z[UTC]",
    "2030-03-17T17:46:40Z",
    "2030-03-17T17:46:39.999Z",
];

/// Draws a date, which may be malformed.
pub(super) fn draw_date(choices: &mut Choices<'_>) -> String {
    if choices.chance(3, 4) {
        return choices.one(DATES).to_owned();
    }
    let (year, month) = (choices.between(1999, 2034), choices.between(1, 12));
    format!("{year:04}-{month:02}-{:02}", choices.between(1, 31))
}

/// Draws a date-time, which may be malformed.
pub(super) fn draw_date_time(choices: &mut Choices<'_>) -> String {
    if choices.chance(3, 4) {
        return choices.one(DATE_TIMES).to_owned();
    }
    let (year, month, day) =
        (choices.between(2023, 2025), choices.between(1, 12), choices.between(1, 28));
    let (hour, minute) = (choices.between(0, 23), choices.between(0, 59));
    let fraction = choices.one(&["", ".0", ".123", ".999999999"]);
    let offset = choices.one(&["Z", "+00:00", "+01:00", "-05:30", "", "+14:00"]);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:07{fraction}{offset}")
}

/// Returns another spelling of the same day, or a neighbouring day.
pub(super) fn other_date(value: &str, twist: u8) -> Option<String> {
    match twist % 12 {
        0 => Some(format!("{value}Z")),
        1 => Some(format!("{value}+05:45")),
        2 => Some(format!("{value}T00:00:00Z")),
        3 => value.strip_suffix('8').map(|start| format!("{start}9")),
        4 => value.strip_suffix('7').map(|start| format!("{start}8")),
        _ => None,
    }
}

/// Returns another spelling of the same date-time, or one shortly before or after it.
pub(super) fn other_date_time(value: &str, twist: u8) -> Option<String> {
    let local = value.strip_suffix('Z')?;
    match twist % 12 {
        0 => Some(format!("{local}+00:00")),
        1 => Some(local.to_owned()),
        2 => Some(format!("{local}.000Z")),
        3 => Some(format!("{local}.001Z")),
        4 => Some(value.to_lowercase()),
        5 => Some(format!("{local}+01:00")),
        6 => Some(format!("{local}-00:01")),
        _ => None,
    }
}
