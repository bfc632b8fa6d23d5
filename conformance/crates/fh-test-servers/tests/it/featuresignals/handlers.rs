//! The recorded answers of the server's handlers on a store in memory.

use std::collections::BTreeMap;

use fh_test_servers::featuresignals::TestServer;
use serde::Deserialize;

use crate::featuresignals::data::{self, Ruleset, Step, Texts};
use crate::featuresignals::exchange::Connection;
use crate::featuresignals::step::{difference, replay};

#[derive(Deserialize)]
struct Handlers {
    ruleset: Ruleset<Texts>,
    cases: Vec<Step>,
}

#[derive(Deserialize)]
struct Flag {
    id: String,
    key: String,
}

#[derive(Deserialize)]
struct State {
    flag_id: String,
}

#[test]
fn all_recorded_requests_but_those_of_impressions_are_answered_alike() {
    let file: Handlers = data::read("featuresignals/http.json");
    let server = TestServer::start().unwrap();
    let mut keys = BTreeMap::new();
    for text in &file.ruleset.flags {
        let flag: Flag = serde_json::from_str(text.get()).unwrap();
        server.put_flag(text.get()).unwrap();
        keys.insert(flag.id, flag.key);
    }
    for text in &file.ruleset.states {
        let state: State = serde_json::from_str(text.get()).unwrap();
        server.environment().put_state(&keys[&state.flag_id], text.get()).unwrap();
    }
    assert!(file.ruleset.segments.is_empty());
    let mut connection = Connection::open(&server);
    let (track, other): (Vec<&Step>, Vec<&Step>) =
        file.cases.iter().partition(|step| step.request.path == "/v1/track");
    let none = Vec::new();
    for step in &other {
        let answer = replay(&mut connection, &none, &step.request);
        assert_eq!(difference(&none, step, &answer), None);
    }
    assert_eq!((track.len(), other.len()), (6, 25));
}
