//! Tokens, compared with those of FeatBit's Node SDK and with the checks of FeatBit's server.

use fh_test_servers::featbit::{SecretKind, token};
use serde_json::Value;

fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/imported/featbit/token.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn nine_tokens_are_generated_as_by_the_node_sdk() {
    let vectors = vectors();
    let vectors = vectors["encode"]["vectors"].as_array().unwrap();
    for vector in vectors {
        let secret = vector["secret"].as_str().unwrap();
        let (now, random) = (vector["unixMillis"].as_i64(), vector["random"].as_f64());
        assert_eq!(
            token::encode(secret, now.unwrap(), random.unwrap()),
            vector["token"],
            "{vector}"
        );
    }
    assert_eq!(vectors.len(), 9);
}

#[test]
fn sixteen_tokens_are_accepted_or_refused_for_the_same_reason() {
    let vectors = vectors();
    let check = &vectors["serverCheck"];
    let kind_of = |secret: &str| check["knownSecrets"][secret].as_str().and_then(SecretKind::parse);
    let cases = check["cases"].as_array().unwrap();
    for case in cases {
        let kind = SecretKind::parse(case["type"].as_str().unwrap()).unwrap();
        let token = case["token"].as_str().unwrap();
        let result = token::check(token, kind, case["nowMillis"].as_i64().unwrap(), kind_of);
        let result = match result {
            Ok(_) => "valid".to_owned(),
            Err(reason) => format!("invalid: {reason}"),
        };
        let expected = case["result"].as_str().unwrap().replace(" (exception -> invalid)", "");
        assert_eq!(result, expected, "{case}");
    }
    assert_eq!(cases.len(), 16);
}
