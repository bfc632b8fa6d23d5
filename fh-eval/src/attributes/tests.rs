use super::build::AttributeText;
use super::json::InvalidContext;
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

/// Returns the value of a row of the table of texts, which is that of the clients in all languages.
fn made(kind: &str, given: &str) -> Box<dyn AttributeText> {
    match kind {
        "text" => Box::new(given.to_string()),
        "boolean" => Box::new(given.parse::<bool>().unwrap()),
        "integer" | "integer of 64 bits" => Box::new(given.parse::<i64>().unwrap()),
        "unsigned integer of 64 bits" => Box::new(given.parse::<u64>().unwrap()),
        "double" => Box::new(given.parse::<f64>().unwrap()),
        "float" => Box::new(given.parse::<f32>().unwrap()),
        "time" => Box::new(given.parse::<Timestamp>().unwrap()),
        "nothing" => Box::new(None::<&str>),
        "optional text" => Box::new(Some(given.to_string())),
        "list of nothing" => Box::new([None::<&str>]),
        "list in a list" => Box::new([[given.to_string()]]),
        _ => panic!("{kind}"),
    }
}

#[test]
fn values_have_the_texts_of_the_table() {
    let file = include_str!("../../../conformance/attribute-texts.json");
    let table: serde_json::Value = serde_json::from_str(file).unwrap();
    let mut seen = 0;
    for case in table["cases"].as_array().unwrap() {
        let kind = case["kind"].as_str().unwrap();
        if !table["kinds"][kind].as_array().unwrap().contains(&"Rust".into()) {
            continue;
        }
        seen += 1;
        let (sent, of) = (case["but"].get("Rust").unwrap_or(&case["sent"]), case["of"].as_str());
        let given = case["given"].as_array().into_iter().flatten();
        let items: Vec<_> = given.map(|item| made(of.unwrap(), item.as_str().unwrap())).collect();
        let list: Vec<&dyn AttributeText> = items.iter().map(|item| &**item).collect();
        let single = of.is_none().then(|| made(kind, case["given"].as_str().unwrap()));
        let value = single.as_deref().unwrap_or(&list);
        let mut texts = Vec::new();
        value.each(&mut |text| texts.push(text.to_string()));
        assert_eq!((value.is_list(), texts), (sent.is_array(), texts_of(sent)), "{case}");
        #[cfg(feature = "first-row")]
        let system = |name: &str| case[name].as_str().map(str::to_string);
        #[cfg(feature = "featbit")]
        if value.is_list() && system("featbit").is_some() {
            assert_eq!(crate::featbit::property_text(&value), system("featbit"), "{case}");
        }
        #[cfg(feature = "featuresignals")]
        if value.is_list() && system("featuresignals").is_some() {
            let text = crate::featuresignals::attribute_text(&value);
            assert_eq!(text, system("featuresignals"), "{case}");
        }
    }
    assert!(seen > 40, "{seen} rows");
}

/// Returns the texts of a row: of a list, of a single value, or of nothing.
fn texts_of(sent: &serde_json::Value) -> Vec<String> {
    let texts = sent.as_array().map_or(std::slice::from_ref(sent), Vec::as_slice);
    texts.iter().filter_map(|text| text.as_str().map(str::to_string)).collect()
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
