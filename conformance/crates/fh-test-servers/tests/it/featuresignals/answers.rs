//! The 900 recorded answers of the complete server: each must have the recorded digest.

use std::fmt::Write;

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::featuresignals::data;
use crate::featuresignals::exchange::{Answer, Connection};
use fh_test_servers::featuresignals::TestServer;

#[derive(Deserialize)]
struct Answers {
    from: String,
    flag_keys: Vec<String>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    context: Box<RawValue>,
    bulk: Recorded,
    client: Recorded,
    single: Vec<Recorded>,
}

#[derive(Deserialize)]
struct Recorded {
    path: Option<String>,
    flag_key: Option<String>,
    sha256: String,
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[test]
fn all_recorded_answers_have_the_recorded_bytes() {
    let answers: Answers = data::read("featuresignals-live/answers-1.json");
    let server = TestServer::start().unwrap();
    server.set_time(Some(&answers.from)).unwrap();
    server.environment().replace_all(&data::text("featuresignals-live/state-1.json")).unwrap();
    let key = server.environment().server_key();
    let mut connection = Connection::open(&server);
    let mut equal = [0; 3];
    let mut check =
        |kind: usize, answer: Answer, recorded: &Recorded, what: &dyn std::fmt::Debug| {
            let is_equal = answer.status == 200 && digest(&answer.body) == recorded.sha256;
            assert!(is_equal, "{what:?}: {}", answer.text());
            equal[kind] += 1;
        };
    let keys = serde_json::to_string(&answers.flag_keys).unwrap();
    for step in &answers.steps {
        let context = step.context.get();
        let body = format!(r#"{{"flag_keys":{keys},"context":{context}}}"#);
        check(0, connection.post("/v1/evaluate/bulk", &key, &body), &step.bulk, &context);
        let path = step.client.path.as_deref().unwrap();
        let map = connection.ask("GET", path, &[("X-API-Key", &key)], b"");
        check(1, map, &step.client, &path);
        for single in &step.single {
            let flag_key = serde_json::to_string(&single.flag_key).unwrap();
            let body = format!(r#"{{"flag_key":{flag_key},"context":{context}}}"#);
            check(2, connection.post("/v1/evaluate", &key, &body), single, &body);
        }
    }
    assert_eq!(equal, [150, 150, 600]);
    assert_eq!(server.record().answered(), 900);
}
