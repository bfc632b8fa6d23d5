//! Secrets, and the tokens that are made of them.

use fh_session::featbit::internal::token;
use fh_session::featbit::{Secret, SecretError};
use serde_json::Value;

#[test]
fn secrets_of_other_forms_are_accepted_without_an_environment() {
    for text in ["abc", "0123456789", &"x".repeat(45), &"*".repeat(44)] {
        assert_eq!(&*Secret::parse(text).unwrap().environment(), "unknown", "{text}");
    }
    let known = Secret::parse("_-_--z8--0-_7__-_fz7-gzN3u_6q7iEm3ZlVEMyIRAA==").unwrap();
    assert_eq!(&*known.environment(), "ffeeddcc-bbaa-4988-b766-554433221100");
}

#[test]
fn texts_that_cannot_be_sent_are_refused() {
    assert_eq!(Secret::parse(" \t"), Err(SecretError::Empty));
    for text in ["a b", "a\nb", "é"] {
        assert_eq!(Secret::parse(text), Err(SecretError::Character), "{text}");
    }
}

#[test]
fn the_tokens_of_the_published_sdk_are_the_same() {
    let text = include_str!("../../../../../conformance/data/imported/featbit/token.json");
    let vectors: Value = serde_json::from_str(text).unwrap();
    let vectors = vectors["encode"]["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 9);
    for vector in vectors {
        let secret = Secret::parse(vector["secret"].as_str().unwrap()).unwrap();
        let (millis, share) =
            (vector["unixMillis"].as_i64().unwrap(), vector["random"].as_f64().unwrap());
        assert_eq!(token(&secret, millis, share), vector["token"].as_str().unwrap(), "{vector}");
    }
}

#[test]
fn short_secrets_and_odd_times_do_no_harm() {
    for (secret, millis, share) in [("a", 5, 0.999), ("ab", -5, 0.0), ("=", 0, 0.5)] {
        assert!(!token(&Secret::parse(secret).unwrap(), millis, share).is_empty());
    }
}
