//! Values of features in baggage (sdk-behaviour 5.4).

use std::sync::Arc;

use fh_eval::{Number, Value};
use fh_repository::baggage::{Added, AllowedKeys, BaggageOverrides, Flags, MOST_BYTES, NAME};
use fh_repository::{LockPolicy, Reason, Repository};
use proptest::prelude::*;
use serde_json::json;

use crate::repository::ready;

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

/// Returns keys and values as `key=value`; a null as the key alone.
fn shown(flags: &Flags) -> Vec<String> {
    let item = |(key, value): (&str, Option<&str>)| match value {
        Some(value) => format!("{key}={value}"),
        None => key.to_owned(),
    };
    flags.iter().map(item).collect()
}

#[test]
fn texts_are_read() {
    for (text, expected) in [
        ("", &[][..]),
        ("A", &["A"]),
        ("A=", &["A="]),
        ("A=true", &["A=true"]),
        ("A=true,B,C=17.50", &["A=true", "B", "C=17.50"]),
        // Both notations of published SDKs: Java writes `+`, JavaScript `%20`.
        ("A=some+text,B=some%20text,C=some%2Btext", &["A=some text", "B=some text", "C=some+text"]),
        // The items of a text need not be sorted.
        ("Z=1,A=2,M", &["A=2", "M", "Z=1"]),
        ("A=1,A=2,A", &["A=1"]),
        ("A,A=2", &["A"]),
        (",,A=1,,", &["A=1"]),
        ("=x,A=1", &["A=1"]),
        ("A=%7B%22a%22%3A%5B1%2C2%5D%7D", &["A={\"a\":[1,2]}"]),
        ("A=%c3%A9%F0%9F%90%A2,%C3%A9=1", &["A=é🐢", "é=1"]),
        // Invalid escapes stay unchanged, and invalid UTF-8 is replaced.
        ("A=100%,B=%,C=%4,D=%zz,E=%+1", &["A=100%", "B=%", "C=%4", "D=%zz", "E=% 1"]),
        ("A=%ff%C3", &["A=\u{fffd}\u{fffd}"]),
        ("A+B=1", &["A+B=1"]),
        ("A%2CB=1", &["A,B=1"]),
    ] {
        assert_eq!(shown(&Flags::parse(text)), expected, "{text:?}");
    }
    assert_eq!(Flags::parse("A=b=c").get("A"), Some(Some("b=c")));
}

#[test]
fn values_are_written_raw_sorted_and_encoded() {
    let mut flags = Flags::new();
    assert!(flags.is_empty());
    assert_eq!(flags.to_string(), "");
    for (key, value) in [
        ("b", Some(Value::Bool(false))),
        ("a", Some(Value::Bool(true))),
        ("Z", Some(Value::Number(Number::parse("17.50").unwrap()))),
        ("empty", Some(text(""))),
        ("null", None),
        ("text", Some(text("a b+c,d=e%f~é"))),
        ("json", Some(Value::Json(r#"{"a": [1]}"#.into()))),
        // In the order of UTF-16, 🐢 (a surrogate pair) comes before U+FFFD. In the order of bytes and code points it comes after it.
        ("\u{fffd}", Some(text("1"))),
        ("🐢", Some(text("2"))),
        ("a,b=c%d e", None),
    ] {
        assert_eq!(flags.add(key, value.as_ref()), Added::Yes, "{key}");
    }
    assert_eq!(
        flags.to_string(),
        "Z=17.50,a=true,a%2Cb%3Dc%25d%20e,b=false,empty=,json=%7B%22a%22%3A%20%5B1%5D%7D,null,\
         text=a%20b%2Bc%2Cd%3De%25f~%C3%A9,🐢=2,\u{fffd}=1"
    );
    assert_eq!(Flags::parse(&flags.to_string()).to_string(), flags.to_string());
    assert_eq!(flags.add("", None), Added::LeftOut, "a feature without a key cannot travel");
}

#[test]
fn the_first_value_is_kept() {
    let mut flags = Flags::parse("A=1,C");
    assert_eq!(flags.add("A", Some(&text("2"))), Added::WasThere);
    assert_eq!(flags.add("C", Some(&text("3"))), Added::WasThere);
    assert_eq!(flags.add("B", Some(&text("4"))), Added::Yes);
    flags.merge("D=5,B=6,A=7");
    assert_eq!(flags.to_string(), "A=1,B=4,C,D=5");
    flags.merge("D=5,B=6,A=7");
    assert_eq!(flags.to_string(), "A=1,B=4,C,D=5");
    assert_eq!(
        (flags.get("A"), flags.get("C"), flags.get("E")),
        (Some(Some("1")), Some(None), None)
    );
}

/// Returns the length of the text after the carrier has encoded every byte that is not unreserved.
fn carried(flags: &Flags) -> usize {
    let text = flags.to_string();
    let bytes = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => 1,
        _ => 3,
    });
    NAME.len() + 1 + bytes.sum::<usize>()
}

#[test]
fn no_more_is_written_than_fits() {
    let mut flags = Flags::new();
    assert_eq!(flags.add("HUGE", Some(&text(&"x".repeat(MOST_BYTES)))), Added::LeftOut);
    // `fhub=`, `FITS` and `%3D` take the rest, so that no byte is left.
    let fits = "x".repeat(MOST_BYTES - 5 - 4 - 3);
    assert_eq!(flags.add("FITS", Some(&text(&fits))), Added::Yes);
    assert_eq!(carried(&flags), MOST_BYTES);
    assert_eq!(flags.add("MORE", None), Added::LeftOut);
    assert_eq!(flags.add("FITS", Some(&text("other"))), Added::WasThere);
    assert_eq!(
        flags.left_out().to_string(),
        "the baggage is full, so 2 features were left out: HUGE, MORE"
    );
    assert!(!flags.left_out().is_empty());

    // Spaces are encoded twice: `%2520`.
    let mut flags = Flags::with_room(5 + 1 + 3 + 5 + 5);
    assert_eq!(flags.add("A", Some(&text("   "))), Added::LeftOut);
    assert_eq!(flags.add("A", Some(&text("  "))), Added::Yes);
    assert_eq!(Flags::with_room(0).add("A", None), Added::LeftOut);
}

#[test]
fn parsed_baggage_is_bounded() {
    let text: Vec<_> = (0..100_000).map(|number| format!("K{number}=1")).collect();
    let flags = Flags::parse(&text.join(","));
    assert_eq!(flags.to_string().len(), MOST_BYTES - 7, "as many as fit");
    assert_eq!(flags.iter().count() + flags.left_out().count, 100_000);
    assert_eq!(flags.left_out().keys.len(), 32, "not all of them are named");
    assert!(flags.left_out().to_string().ends_with(", ..."));
    assert_eq!(flags.get("K0"), Some(Some("1")));

    // Baggage that was carried before is kept, even if another carrier would have encoded it longer. There is no room for more.
    let dense = format!("A={}", "%20".repeat(2_700));
    let mut flags = Flags::parse(&dense);
    assert_eq!(flags.to_string(), dense);
    assert_eq!(flags.add("B", None), Added::LeftOut);
    assert_eq!(flags.left_out().count, 1);
}

#[test]
fn debug_output_has_no_values() {
    let debug = format!("{:?}", BaggageOverrides::new("A=private", AllowedKeys::All));
    assert!(debug.contains("\"A\"") && !debug.contains("private"), "{debug}");
}

proptest! {
    #[test]
    fn what_is_written_is_read(items in prop::collection::vec((".{1,12}", prop::option::of(".{0,12}")), 0..20)) {
        let mut flags = Flags::new();
        for (key, value) in &items {
            flags.add(key, value.as_deref().map(text).as_ref());
        }
        let read = Flags::parse(&flags.to_string());
        prop_assert_eq!(shown(&read), shown(&flags));
        let mut keys: Vec<_> = read.iter().map(|(key, _)| key.to_owned()).collect();
        keys.sort_by_key(|key| key.encode_utf16().collect::<Vec<_>>());
        prop_assert_eq!(keys, read.iter().map(|(key, _)| key.to_owned()).collect::<Vec<_>>());
    }
}

fn repository() -> Repository {
    ready(&json!([
        {"key": "FLAG", "type": "BOOLEAN", "value": true},
        {"key": "OFF", "type": "BOOLEAN", "value": false},
        {"key": "PRICE", "type": "NUMBER", "value": 1},
        {"key": "TEXT", "type": "STRING", "value": "server"},
        {"key": "LAYOUT", "type": "JSON", "value": "{}"},
        {"key": "LOCKED", "type": "STRING", "value": "server", "l": true},
    ]))
}

fn read(repository: &Repository, key: &str) -> String {
    let detail = repository.read().detail(key, None);
    let value = detail.value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    match detail.interceptor {
        Some(by) => {
            assert_eq!((&*by, detail.reason), ("baggage", Reason::Intercepted));
            format!("{value} by baggage")
        }
        None => value,
    }
}

#[test]
fn baggage_overrides_by_type() {
    for (text, key, expected) in [
        ("", "FLAG", "true"),
        ("A,Z=1", "FLAG", "true"),
        ("FLAG=false", "FLAG", "false by baggage"),
        ("FLAG=anything", "FLAG", "false by baggage"),
        ("FLAG", "FLAG", "false by baggage"),
        ("OFF=true", "OFF", "true by baggage"),
        ("OFF=TRUE", "OFF", "true by baggage"),
        ("OFF=yes", "OFF", "true by baggage"),
        ("OFF=1", "OFF", "true by baggage"),
        ("OFF=T", "OFF", "true by baggage"),
        ("OFF=on", "OFF", "false by baggage"),
        ("PRICE=17.650", "PRICE", "17.650 by baggage"),
        ("PRICE", "PRICE", "- by baggage"),
        ("PRICE=seventeen", "PRICE", "1"),
        ("TEXT=a+b%20c", "TEXT", "a b c by baggage"),
        ("TEXT=", "TEXT", " by baggage"),
        ("TEXT", "TEXT", "- by baggage"),
        ("LAYOUT=%7B%22a%22%3A1%7D", "LAYOUT", "{\"a\":1} by baggage"),
        ("LAYOUT=%7B", "LAYOUT", "{}"),
        ("NOBODY=true", "NOBODY", "true by baggage"),
        // The key may be the first, a middle or the last one. The order does not matter.
        ("TEXT=x,Z=1", "TEXT", "x by baggage"),
        ("A=1,TEXT=x,Z=1", "TEXT", "x by baggage"),
        ("Z=1,TEXT=x", "TEXT", "x by baggage"),
        ("TEXT2=1,TEX=2", "TEXT", "server"),
        ("LOCKED=x", "LOCKED", "server"),
    ] {
        let repository = repository();
        let overrides = BaggageOverrides::new(text, AllowedKeys::All);
        let _guard = repository.intercept(Arc::new(overrides), LockPolicy::Respect);
        assert_eq!(read(&repository, key), expected, "{text:?}");
    }
    let repository = repository();
    let overrides = Arc::new(BaggageOverrides::new("LOCKED=x,NOBODY=true", AllowedKeys::All));
    let _guard = repository.intercept(overrides, LockPolicy::Override);
    assert_eq!(read(&repository, "LOCKED"), "x by baggage");
    assert!(
        repository.read().is_enabled("NOBODY", None),
        "the text of an unknown feature can be any type"
    );
}

/// The interceptor that holds a text and the one that finds it at each read return the same values.
#[test]
fn only_allowed_keys_are_read() {
    struct Finding(AllowedKeys);
    impl fh_repository::Interceptor for Finding {
        fn name(&self) -> &str {
            "baggage"
        }
        fn intercept(&self, ask: &fh_repository::InterceptedRead<'_>) -> fh_repository::Flow {
            fh_repository::baggage::intercept(TEXT, ask, &self.0)
        }
    }
    const TEXT: &str = "FLAG,OFF=t,PRICE=2,TEXT=a+b,TEXT=c,%4EOBODY=1";
    for (allowed, expected) in [
        (
            AllowedKeys::All,
            ["false by baggage", "true by baggage", "a b by baggage", "1 by baggage"],
        ),
        (
            AllowedKeys::default(),
            ["false by baggage", "true by baggage", "a b by baggage", "1 by baggage"],
        ),
        (AllowedKeys::only(["TEXT", "OFF"]), ["true", "true by baggage", "a b by baggage", "-"]),
        (AllowedKeys::only::<&str>([]), ["true", "false", "server", "-"]),
    ] {
        let holding = Arc::new(BaggageOverrides::new(TEXT, allowed.clone()));
        let finding = Arc::new(Finding(allowed.clone()));
        for interceptor in [holding as Arc<dyn fh_repository::Interceptor>, finding] {
            let repository = repository();
            let _guard = repository.intercept(interceptor, LockPolicy::Respect);
            let said = ["FLAG", "OFF", "TEXT", "NOBODY"].map(|key| read(&repository, key));
            assert_eq!(said, expected, "{allowed:?}");
        }
    }
}
