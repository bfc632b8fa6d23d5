//! The form of answers, and the errors of settings.

use fh_session::featuresignals::Endpoint;
use fh_session::featuresignals::internal::{Bulk, FlagMap, error_text};

#[test]
fn errors_say_what_is_wrong() {
    for (body, why) in [
        ("[]", "the body is no JSON object"),
        (r#"{"a": 1}"#, "the answer for the flag a is no object"),
        (r#"{"a": {"value": 1}}"#, "the answer for the flag a has no value or no reason"),
    ] {
        assert_eq!(Bulk::parse(body.as_bytes()).err().as_deref(), Some(why));
    }
    assert!(FlagMap::parse(b"\xff").is_err() && FlagMap::parse(b"<html>").is_err());
}

#[test]
fn the_sentence_of_an_error_is_found() {
    for (body, text) in [
        (
            r#"{"error":"unauthorized","message":"no such key","_links":[]}"#,
            Some("unauthorized: no such key"),
        ),
        (r#"{"error":"bad request"}"#, Some("bad request")),
        (r#"{"error":5,"message":" "}"#, None),
        ("<html>", None),
    ] {
        assert_eq!(error_text(body.as_bytes()).as_deref(), text);
    }
}

#[test]
fn errors_name_the_setting() {
    for (url, environment, text) in [
        ("ftp://h", "p", "the URL of the server begins with neither http:// nor https://"),
        ("http://h", " ", "the environment is empty"),
        ("http://h", "a/b", "the environment contains a slash"),
    ] {
        let error = Endpoint::parse(url, environment).unwrap_err().to_string();
        assert!(error.starts_with(text), "{error}");
    }
}
