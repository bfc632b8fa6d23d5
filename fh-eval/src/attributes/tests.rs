use super::*;
use crate::Timestamp;
use proptest::prelude::*;

fn all(attributes: &Attributes) -> Vec<(String, Vec<String>)> {
    attributes
        .iter()
        .map(|(name, values)| (name.to_string(), values.map(str::to_string).collect()))
        .collect()
}

#[test]
fn values_of_one_name_stand_together() {
    let attributes = Attributes::builder()
        .attribute("a", "1")
        .country("fiji")
        .attribute("a", 2)
        .attribute("country", ["samoa"])
        .user_key("x")
        .user_key("y")
        .attribute("empty", Vec::<String>::new())
        .attribute("none", None::<bool>)
        .attribute("nan", [f64::NAN, 1.5, 5.0])
        .build();
    let list = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        all(&attributes),
        [
            ("a".into(), list(&["1", "2"])),
            ("country".into(), list(&["fiji", "samoa"])),
            ("userkey".into(), list(&["x", "y"])),
            ("nan".into(), list(&["1.5", "5"])),
        ]
    );
    assert!(
        attributes.get("empty").is_none()
            && attributes.get("none").is_none()
            && attributes.get("A").is_none()
    );
}

/// The table is that of the clients in all languages.
#[test]
fn times_are_texts() {
    let file = include_str!("../../../conformance/attribute-texts.json");
    let table: serde_json::Value = serde_json::from_str(file).unwrap();
    for case in table["cases"].as_array().unwrap() {
        let (Some(instant), Some(text)) = (case["instant"].as_str(), case["text"].as_str()) else {
            continue;
        };
        let time: Timestamp = instant.parse().unwrap();
        let attributes = Attributes::builder().attribute("at", [time]).build();
        assert_eq!(attributes.get("at").unwrap().collect::<Vec<_>>(), [text], "{instant}");
    }
}

#[test]
fn attributes_after_row_254_are_found() {
    let mut builder = Attributes::builder().country("fiji");
    for number in 0..300 {
        builder = builder.attribute("n", number);
    }
    let attributes = builder
        .user_key("x")
        .device("watch")
        .attribute("n", "last")
        .session("s")
        .user_key("y")
        .build();
    let found =
        |name: &str| attributes.get(name).map(|values| values.collect::<Vec<_>>().join(" "));
    assert_eq!(found("country").as_deref(), Some("fiji"));
    assert_eq!(found("userkey").as_deref(), Some("x y"));
    assert_eq!(found("device").as_deref(), Some("watch"));
    assert_eq!(found("session").as_deref(), Some("s"));
    assert_eq!(found("platform"), None);
    assert_eq!(attributes.get("n").unwrap().len(), 301);
}

#[test]
fn json_contexts() {
    let context = Attributes::from_json(
        r#"{"a": 1e3, "b": [true, [1], {"x": 1}, null, "t\u00e9xt"], "c": null, "d": [], "e": {"f": 1}, "a": "last", "\ud800": "x"}"#,
    )
    .unwrap();
    assert_eq!(
        all(&context),
        [
            ("b".to_string(), vec!["true".to_string(), "téxt".to_string()]),
            ("a".to_string(), vec!["last".to_string()]),
            ("\u{fffd}".to_string(), vec!["x".to_string()]),
        ]
    );
    for json in ["", "null", "[]", "1", r#"{"a"}"#, "{} {}"] {
        assert_eq!(Attributes::from_json(json), Err(InvalidContext::NotAnObject), "{json}");
    }
    let many = format!("{{\"a\":[{}1]}}", "1,".repeat(Attributes::MAX_FROM_JSON));
    assert_eq!(Attributes::from_json(&many), Err(InvalidContext::TooLarge));
}

#[test]
fn equality_ignores_the_order_of_names() {
    let build = |names: [&str; 2]| {
        Attributes::builder().attribute(names[0], "v").attribute(names[1], "v").build()
    };
    assert_eq!(build(["a", "b"]), build(["b", "a"]));
    assert_ne!(build(["a", "b"]), build(["a", "c"]));
    assert_ne!(build(["a", "b"]), build(["a", "a"]));
}

proptest! {
    #[test]
    fn heads_are_the_first_eight_bytes(text in ".{0,12}") {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(bytes.len().max(8), 0);
        prop_assert_eq!(head(text.as_bytes()), u64::from_le_bytes(*bytes.first_chunk().unwrap()));
    }

    #[test]
    fn short_comparisons_are_comparisons(a in "[ab]{0,40}", b in "[ab]{0,40}", cut in 0_usize..40) {
        prop_assert_eq!(same(a.as_bytes(), b.as_bytes()), a == b);
        let changed: String = a.chars().enumerate().map(|(i, c)| if i == cut { 'c' } else { c }).collect();
        prop_assert_eq!(same(a.as_bytes(), changed.as_bytes()), a == changed);
        prop_assert!(same(a.as_bytes(), a.as_bytes()));
    }

    #[test]
    fn behaves_as_a_map_of_lists(given in prop::collection::vec(("[a-c]|country|abcdefgh[xy]|abcdefgh[a-z]{2}", "[a-z]{0,10}"), 0..200)) {
        let mut builder = Attributes::builder();
        let mut model: Vec<(String, Vec<String>)> = Vec::new();
        for (name, value) in given {
            builder = builder.attribute(&name, &value);
            match model.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => values.push(value),
                None => model.push((name, vec![value])),
            }
        }
        let attributes = builder.build();
        prop_assert_eq!(&all(&attributes), &model);
        for (name, values) in &model {
            let found: Vec<_> = attributes.get(name).unwrap().collect();
            prop_assert_eq!(&found, values);
        }
    }
}
