//! The program.

use serde_json::json;

use crate::client::Client;
use crate::program::Program;

#[test]
fn commands_change_the_server_and_show_its_record() {
    let (mut program, greeting) = Program::start(env!("CARGO_BIN_EXE_fh-test-featuresignals"));
    let address = greeting["address"].as_str().unwrap().parse().unwrap();
    let key = greeting["environment"]["serverKey"].as_str().unwrap();
    let mut connection = Client::connect(address);
    program.done(r#"{"do":"putFlag","record":{"key":"one","default_value":1.50}}"#);
    program.done(r#"{"do":"putState","name":"one","record":{"enabled":true,"default_value":2}}"#);
    assert_eq!(connection.map(key, "mara").text(), "{\"one\":2}\n");
    program.done(r#"{"do":"enable","name":"one","enabled":false}"#);
    assert_eq!(connection.map(key, "mara").text(), "{\"one\":1.5}\n");
    program.done(r#"{"do":"arm","fault":"unauthorized","route":"map","after":1}"#);
    let statuses = [connection.map(key, "mara").status, connection.map(key, "mara").status];
    assert_eq!(statuses, [200, 401]);
    program.done(r#"{"do":"clearFaults"}"#);
    program.done(r#"{"do":"arm","fault":{"tooManyRequests":{"retryAfter":2}},"next":1}"#);
    assert_eq!(connection.map(key, "mara").header("retry-after"), Some("2"));
    let counts = program.done(r#"{"do":"waitFor","requests":5,"answered":5,"openStreams":0}"#);
    assert_eq!((&counts["connections"], &counts["streams"]), (&json!(1), &json!(0)));
    let record = program.done(r#"{"do":"record"}"#);
    assert_eq!(record["requests"][0]["target"], "/v1/client/production/flags?key=mara");
    assert_eq!(record["requests"][3]["status"], 401);
    program.end();
}
