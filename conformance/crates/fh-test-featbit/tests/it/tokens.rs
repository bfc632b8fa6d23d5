//! Tokens, compared with those of FeatBit's Node SDK and with the checks of FeatBit's server.

use fh_test_featbit::{SecretKind, TestServer, token};
use serde_json::Value;

use crate::client::{Event, Socket};

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

/// The same cases on sockets: the clock of the server is set to the time of the case.
#[test]
fn the_same_tokens_open_sockets_or_close_them_with_4003() {
    let vectors = vectors();
    let check = &vectors["serverCheck"];
    let known = check["knownSecrets"].as_object().unwrap();
    let secret = |kind: &str| known.iter().find(|(_, it)| *it == kind).unwrap().0.as_str();
    let server = TestServer::start().unwrap();
    let _ = server.add_environment_with("vectors", secret("server"), secret("client"));
    for case in check["cases"].as_array().unwrap() {
        // A margin at the bounds: the real clock goes on between setting it and the check.
        let margin = match case["name"].as_str() {
            Some("30s late (inclusive)") => 5_000,
            Some("30.001s early") => -1,
            _ => 0,
        };
        let now = case["nowMillis"].as_i64().unwrap() - margin;
        server.set_clock_offset_ms(0);
        server.set_clock_offset_ms(now - server.now_ms());
        let (kind, token) = (case["type"].as_str().unwrap(), case["token"].as_str().unwrap());
        let target = format!("/streaming?type={kind}&token={token}");
        let (answer, socket) = Socket::dial(server.address(), &target, &[]);
        assert!(answer.header("date").is_some());
        let mut socket = socket.unwrap();
        // One millisecond later, the token of this case is valid.
        if case["result"] == "valid" || case["name"] == "30.001s early" {
            socket.send(r#"{"messageType":"ping","data":{}}"#);
            assert!(matches!(socket.next(), Event::Text(_)), "{case}");
            continue;
        }
        let close = Event::Close(4003, "invalid request, close by server".to_owned());
        assert_eq!(socket.next(), close, "{case}");
        assert_eq!(socket.next(), Event::End("connection closed"));
    }
}
