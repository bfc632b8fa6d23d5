//! The form of messages.

use fh_session::featbit::internal::{Event, Message, MessageText};

#[test]
fn messages_are_told_apart() {
    for (text, expected) in [
        (
            r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[1],"segments":[{},null]}}"#,
            Some((Event::Full, 1, 2)),
        ),
        (
            r#"{"messageType":"data-sync","data":{"eventType":"patch","featureFlags":[]}}"#,
            Some((Event::Patch, 0, 0)),
        ),
        (r#"{"messageType":"data-sync","data":{"eventType":"news","featureFlags":[]}}"#, None),
        (r#"{"messageType":"pong","data":{}}"#, None),
        ("{}", None),
    ] {
        let found = match Message::parse(&text.into()).unwrap() {
            Message::Sync(sync) => Some((sync.event, sync.flags.len(), sync.segments.len())),
            Message::Pong | Message::Other => None,
        };
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn unreadable_messages_are_errors() {
    for text in [
        "",
        "[",
        "[]",
        r#"{"messageType":"data-sync"}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"full","segments":[]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":null,"segments":[]}}"#,
        r#"{"messageType":"data-sync","data":{"eventType":"full","userKeyId":"bob","featureFlags":[]}}"#,
    ] {
        assert!(Message::parse(&text.into()).is_err(), "{text}");
    }
    assert!(MessageText::of(b"\xff").parse().is_err());
}
