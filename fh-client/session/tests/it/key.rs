//! API keys and lists of them.

use fh_session::{ApiKey, ApiKeys, KeyError};

#[test]
fn valid_and_invalid_keys() {
    for text in ["e/k", " e/k\n", "default/e/k", "e/k*y"] {
        assert_eq!(&**ApiKey::parse(text).unwrap().environment(), "e", "{text}");
    }
    for (text, error) in [
        ("", KeyError::Empty),
        ("  ", KeyError::Empty),
        ("key", KeyError::Shape),
        ("/k", KeyError::Shape),
        ("e/", KeyError::Shape),
        ("a/b/", KeyError::Shape),
        ("a/b/c/d", KeyError::Shape),
        ("e/..", KeyError::Dots),
        ("../k*", KeyError::Dots),
        ("./e/k", KeyError::Dots),
        ("e/k y", KeyError::Character),
        ("e/k\u{7}", KeyError::Character),
        ("\"e/k\"", KeyError::Character),
    ] {
        assert_eq!(ApiKey::parse(text), Err(error), "{text:?}");
    }
    assert_eq!(ApiKey::parse(&format!("e/{}", "k".repeat(2000))), Err(KeyError::TooLong));
}

#[test]
fn lists_are_of_one_kind() {
    let keys = ApiKeys::parse(["e/a*", "f/b*", "e/a*"]).unwrap();
    assert_eq!(keys.iter().map(ApiKey::expose).collect::<Vec<_>>(), ["e/a*", "f/b*"]);
    assert!(keys.are_several());
    assert_eq!(ApiKeys::parse(["e/a*", "f/b"]), Err(KeyError::Mixed));
    assert_eq!(ApiKeys::parse(Vec::<String>::new()), Err(KeyError::Empty));
}

#[test]
fn the_secret_is_not_shown() {
    let keys = ApiKeys::parse(["e/secret*", "f/hidden*"]).unwrap();
    let shown = format!("{keys:?} {} {}", keys.first(), keys.fingerprint());
    assert!(!shown.contains("secret") && !shown.contains("hidden"), "{shown}");
}
