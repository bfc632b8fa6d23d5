//! Tests of the parts of a state: values, keys, and ids that occur twice.

use fh_edge::Uuid;
use fh_edge::state::{InvalidJson, Json, ServiceKey, State};

#[test]
fn kept_as_written() {
    for text in ["1e3", "7.50", r#"{"b":1,"a":[]}"#, r#""\u0041""#, "null"] {
        let json = Json::parse(text).unwrap();
        assert_eq!(json.as_str(), text);
        assert_eq!(serde_json::to_string(&json).unwrap(), text);
        assert_eq!(serde_json::from_str::<Json>(text).unwrap(), json);
    }
    let spread = "{ \"a b\" :\t[ 1.0 ,\r\n2 ],\n\"c \\\" d\": \"e \\\\\" , \"f\" : \" \" }";
    let compact = "{\"a b\":[1.0,2],\"c \\\" d\":\"e \\\\\",\"f\":\" \"}";
    assert_eq!(Json::parse(spread).unwrap().as_str(), compact);
    assert!(Json::parse("1 2").is_err());
    assert!(Json::parse("").is_err());
}

#[test]
fn half_a_character_is_none() {
    for (text, escape) in [
        (r#""\ud800""#, r"\ud800"),
        (r#"{"a":["x\uDFFFy"]}"#, r"\uDFFF"),
        (r#"{"\ud83d":1}"#, r"\ud83d"),
        (r#""\ud83d\ud83d\udc22""#, r"\ud83d"),
        (r#""\ud83dx\udc22""#, r"\ud83d"),
        (r#""\ud83d\n\udc22""#, r"\ud83d"),
        (r#"["\ud83d","\udc22"]"#, r"\ud83d"),
        (r#""\\\udc22""#, r"\udc22"),
    ] {
        let what = format!("{escape} in a text is half of a surrogate pair");
        assert_eq!(Json::parse(text), Err(InvalidJson(what.clone())), "{text}");
        let error = serde_json::from_str::<Json>(text).unwrap_err().to_string();
        assert!(error.starts_with(&what), "{error}");
    }
    for text in [r#""\ud83d\udc22\u0041""#, r#""\\ud800""#, r#""\\\\ud800 é\"""#] {
        assert_eq!(Json::parse(text).unwrap().as_str(), text);
    }
}

#[test]
fn texts() {
    assert_eq!(Json::text("a\"b\n").as_str(), r#""a\"b\n""#);
    assert_eq!(Json::text("a\"b\n").as_text().unwrap(), "a\"b\n");
    assert_eq!(Json::boolean(true).as_text(), None);
    assert!(Json::parse("null").unwrap().is_null());
}

#[test]
fn keys_are_not_shown_and_travel() {
    assert_eq!(format!("{:?}", ServiceKey::new("secret*x").unwrap()), "***");
    assert!(ServiceKey::new("secret*x").unwrap().is_client_evaluated());
    for bad in ["", "a b", "a/b", "a\"", "a%2A", "a?b", "a+b", "a${b}", &"k".repeat(401)] {
        let error = ServiceKey::new(bad).unwrap_err();
        assert!(bad.is_empty() || !error.contains(bad), "{error}");
    }
}

/// Builds a state with these lists, and returns the error that the check finds.
fn found(features: &str, environments: &str, accounts: &str) -> String {
    let text = format!(
        r#"{{"features": [{features}], "environments": [{environments}], "accounts": [{accounts}]}}"#
    );
    let state: State = serde_json::from_str(&text).unwrap();
    state.check().map_or_else(|duplicate| duplicate.to_string(), |()| String::new())
}

fn feature(key: &str, id: u128) -> String {
    format!(r#"{{"key": "{key}", "id": "{}", "type": "STRING"}}"#, Uuid::from_u128(id))
}

#[test]
fn both_places_are_named() {
    let [a, b] = [feature("A", 1), feature("B", 2)];
    let account = |client: &str, server: &str| {
        format!(r#"{{"name": "x", "clientKey": [{client}], "serverKey": [{server}]}}"#)
    };
    let (one, same) = (r#"{"id": "71ed3c04-122b-4312-9ea8-06b2b8d6ceac"}"#, "\"a*b\"");
    assert_eq!(found(&format!("{a},{b}"), one, &account(same, "\"s\"")), "");
    let again = feature("A", 3);
    assert_eq!(
        found(&format!("{a},{b},{again}"), "", ""),
        "features[2]: there are two features with the key A: this feature, and features[0]"
    );
    let again = feature("C", 2);
    assert_eq!(
        found(&format!("{a},{b},{again}"), "", ""),
        "features[2]: features[1] has the same id"
    );
    let environments = format!(r#"{one},{{"id": "{}"}},{one}"#, Uuid::nil());
    assert_eq!(found("", &environments, ""), "environments[2]: environments[0] has the same id");
    let accounts = format!("{},{}", account(same, ""), account("", &format!("\"s\",{same}")));
    assert_eq!(
        found("", "", &accounts),
        "accounts[1].serverKey[1]: accounts[0].clientKey[0] has the same key: a key can be used only once"
    );
}
