//! The program.

use serde_json::json;

use crate::featbit::client::{Event, Socket, sync_request, target};
use crate::program::Program;

#[test]
fn commands_change_the_server_and_show_its_record() {
    let (mut program, greeting) = Program::start(env!("CARGO_BIN_EXE_fh-test-featbit"));
    let address = greeting["address"].as_str().unwrap().parse().unwrap();
    let secret = greeting["environment"]["serverSecret"].as_str().unwrap();
    program.done(r#"{"do":"putSegment","record":{"id":"s","n":1.0}}"#);
    program
        .done(r#"{"do":"arm","fault":{"upgradeStatus":{"status":429,"retryAfter":2}},"times":1}"#);
    let (answer, _) = Socket::dial(address, &target("server", secret), &[]);
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("2")));
    program.done(r#"{"do":"arm","fault":{"delaySync":1}}"#);
    let mut socket = Socket::open(address, secret);
    socket.send(&sync_request(0));
    let Event::Text(full) = socket.next() else { panic!("no text") };
    assert!(full.contains(r#"{"id":"s","n":1.0,"updatedAt""#), "{full}");
    program.done(r#"{"do":"script","route":"track","answers":["hang",{"delayed":9}]}"#);
    let counts = program.done(r#"{"do":"waitFor","openSockets":1,"messages":1,"upgrades":2}"#);
    assert_eq!((&counts["socketsOpened"], &counts["insights"]), (&json!(1), &json!(0)));
    let record = program.done(r#"{"do":"record"}"#);
    assert_eq!(record["upgrades"][0]["outcome"], json!({"status": 429}));
    assert_eq!(record["upgrades"][1]["outcome"], "opened");
    assert_eq!(record["messages"][0]["text"], sync_request(0));
    program.end();
}
