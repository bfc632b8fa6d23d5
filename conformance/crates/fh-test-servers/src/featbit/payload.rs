//! The texts of the messages that the server sends.

/// The answer to an application-level ping.
pub(crate) const PONG: &str = r#"{"messageType":"pong","data":{}}"#;

/// Whether a message replaces all records of a client, or only those that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventType {
    Full,
    Patch,
}

/// Returns a message of type `data-sync` with the given records.
pub(crate) fn data_sync(event: EventType, flags: &[&str], segments: &[&str]) -> String {
    let event = match event {
        EventType::Full => "full",
        EventType::Patch => "patch",
    };
    let mut message =
        format!(r#"{{"messageType":"data-sync","data":{{"eventType":"{event}","featureFlags":["#);
    let size = |records: &[&str]| records.iter().map(|record| record.len() + 1).sum::<usize>();
    // The time in which a client gets a large message should not be the time in which a text grows.
    message.reserve(size(flags) + size(segments) + 64);
    push_list(&mut message, flags);
    message.push_str(r#"],"segments":["#);
    push_list(&mut message, segments);
    message.push_str("]}}");
    message
}

fn push_list(message: &mut String, records: &[&str]) {
    for (position, record) in records.iter().enumerate() {
        if position > 0 {
            message.push(',');
        }
        message.push_str(record);
    }
}

/// Returns the answer to an echo.
pub(crate) fn echo(data: &str) -> String {
    format!(r#"{{"messageType":"echo","data":{data}}}"#)
}
