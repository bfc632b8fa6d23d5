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
    let (flags, segments) = (flags.join(","), segments.join(","));
    format!(
        r#"{{"messageType":"data-sync","data":{{"eventType":"{event}","featureFlags":[{flags}],"segments":[{segments}]}}}}"#
    )
}

/// Returns the answer to an echo.
pub(crate) fn echo(data: &str) -> String {
    format!(r#"{{"messageType":"echo","data":{data}}}"#)
}
