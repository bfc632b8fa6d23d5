//! The document with the values of one context.

use fh_eval::{Kind, Number, Timestamp, Value};
use fh_repository::{Bootstrap, BootstrapFeature, Reason};
use proptest::prelude::*;

fn read(json: &str) -> Result<Bootstrap, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

#[test]
fn only_this_format_is_read() {
    let document = r#"{"format":1,"generation":3,"time":"2026-11-21T00:00:00.500Z","context":null,"features":[],"later":1}"#;
    let read_back = read(document).unwrap();
    assert_eq!(read_back.time.to_string(), "2026-11-21T00:00:00.500Z");
    let why = read(&document.replace("\"format\":1", "\"format\":2")).unwrap_err();
    assert!(why.starts_with("unsupported format 2: this program reads format 1"), "{why}");
    let feature = r#"{"key":"A","type":"NUMBER","value":"1e400","version":1,"reason":"STATIC","variant":"default"}"#;
    let with = |feature: &str| document.replace("[]", &format!("[{feature}]"));
    assert!(read(&with(feature)).is_ok());
    for (from, to) in [
        ("STATIC", "BECAUSE"),
        ("\"NUMBER\"", "\"COLOUR\""),
        ("\"1e400\"", "[1]"),
        ("\"version\":1,", ""),
    ] {
        assert!(read(&with(&feature.replace(from, to))).is_err(), "{to}");
    }
}

fn value() -> impl Strategy<Value = (Option<Kind>, Option<Value>)> {
    let number = prop_oneof![
        any::<f64>().prop_filter("finite", |double| double.is_finite()).prop_map(|d| d.to_string()),
        any::<i64>().prop_map(|integer| integer.to_string()),
        "-?[0-9]{1,30}(\\.[0-9]{1,30})?(e-?[0-9]{1,3})?",
    ];
    prop_oneof![
        any::<bool>().prop_map(|value| (Some(Kind::Boolean), Some(Value::Bool(value)))),
        ".*".prop_map(|text| (Some(Kind::String), Some(Value::Text(text.into())))),
        ".*".prop_map(|text| (Some(Kind::Json), Some(Value::Json(text.into())))),
        ".*".prop_map(|text| (None, Some(Value::Text(text.into())))),
        number.prop_map(|text| { (Some(Kind::Number), Number::parse(&text).map(Value::Number)) }),
        Just((Some(Kind::String), None)),
    ]
}

proptest! {
    /// A document that was written is read back equal, with every digit of every number.
    #[test]
    fn round_trip(features in prop::collection::vec((".*", value(), any::<i64>(), ".*"), 0..8), generation: u64) {
        let features = features.into_iter().map(|(key, (kind, value), version, variant)| {
            BootstrapFeature {
                key: key.into(),
                kind,
                value,
                version,
                reason: Reason::Split,
                variant: variant.into(),
            }
        });
        let bootstrap = Bootstrap {
            generation,
            time: Timestamp::from_millis(1_709_249_400_123),
            context: Some("0f".into()),
            features: features.collect(),
        };
        let json = serde_json::to_string(&bootstrap).unwrap();
        prop_assert_eq!(read(&json).unwrap(), bootstrap, "{}", json);
    }
}
