//! Messages of clients.

use crate::featbit::json_text::{self, Members};

/// The server drops messages that are nested deeper.
const DEEPEST: usize = 64;
/// The first and the last millisecond of the years 1 to 9999.
const YEARS: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

/// A message that the server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequestMessage {
    Ping,
    /// The value to send back, without spaces between its tokens.
    Echo(String),
    /// The text of the member `data`.
    DataSync(String),
}

/// Reads a message. Returns nothing for a message that the server drops without an answer.
pub(crate) fn parse(text: &str) -> Option<RequestMessage> {
    let members = Members::parse(text).ok()?;
    if json_text::depth(text) > DEEPEST {
        return None;
    }
    let message_type = members.string("messageType")?;
    let data = members.get("data")?;
    match message_type.to_ascii_lowercase().as_str() {
        "ping" => Some(RequestMessage::Ping),
        "echo" => json_text::compact(data).map(RequestMessage::Echo),
        "data-sync" => Some(RequestMessage::DataSync(data.to_owned())),
        _ => None,
    }
}

/// Reads the timestamp of a `data-sync` request. Returns nothing if the server does not answer.
pub(crate) fn timestamp(data: &str) -> Option<i64> {
    let members = Members::parse(data).ok()?;
    let Some(text) = members.get("timestamp") else { return Some(0) };
    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return None;
    }
    // Any number that is no 64-bit integer counts as 0.
    Some(text.parse().unwrap_or(0)).filter(is_date)
}

/// Returns true if the server can convert a timestamp to a date.
pub(crate) fn is_date(timestamp: &i64) -> bool {
    YEARS.contains(timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps() {
        for (data, expected) in [
            ("{}", Some(0)),
            (r#"{"timestamp":5}"#, Some(5)),
            (r#"{"timestamp":-1}"#, Some(-1)),
            (r#"{"timestamp":1.0}"#, Some(0)),
            (r#"{"timestamp":9223372036854775808}"#, Some(0)),
            (r#"{"timestamp":9223372036854775807}"#, None),
            (r#"{"timestamp":"0"}"#, None),
            (r#"{"timestamp":null}"#, None),
            ("null", None),
        ] {
            assert_eq!(timestamp(data), expected, "{data}");
        }
    }
}
