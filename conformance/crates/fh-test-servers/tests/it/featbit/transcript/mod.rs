//! The recorded conversation with FeatBit's evaluation server, held with the test server. Each step must be answered alike, or a rule leaves
//! it out. The rules have counts, so that no step is left out unseen.

mod dialogues;
mod dials;
mod expected;
mod frames;
mod plain;
mod pushes;

use std::collections::BTreeMap;

use fh_test_servers::featbit::{Environment, TestServer};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The header half of both secrets of environment `wire`, which some requests show.
const WIRE_SECRET: &str = "1G1E5StV9kK-PtwKHvKk8AmkUdoZcvh02ZmZ4_pG1nUw";

/// A reason why a step is not compared, or is answered differently on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// Routes on which the server evaluates: `client/latest-all` and `featureflag/evaluate`.
    EvaluatingRoute,
    /// Relay proxies, their agents and keys.
    RelayProxy,
    /// Preflight requests of browsers.
    Preflight,
    /// Data for sockets of type `client`.
    ClientData,
    /// A secret that FeatBit's server does not look up on HTTP. The test server answers 401.
    UnverifiedSecret,
    /// Changes of the database, of which FeatBit's server sees only the rows.
    DatabaseRows,
    /// Messages of the queue that FeatBit's server drops, so that they are no pushes.
    DroppedQueueMessage,
}

/// The number of parts that each rule leaves out. A part is a request, a dial, a message, a close, or what one socket got after an action.
const LEFT_OUT: [(Rule, usize); 7] = [
    (Rule::EvaluatingRoute, 96),
    (Rule::RelayProxy, 67),
    (Rule::Preflight, 10),
    (Rule::ClientData, 248),
    (Rule::UnverifiedSecret, 6),
    (Rule::DatabaseRows, 2),
    (Rule::DroppedQueueMessage, 12),
];

/// The number of parts that are compared.
const COMPARED: usize = 555;

#[derive(Deserialize)]
struct Transcript {
    environments: BTreeMap<String, EnvironmentId>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct EnvironmentId {
    id: String,
}

#[derive(Deserialize)]
pub(crate) struct Step {
    name: String,
    http: Option<plain::Exchange>,
    connect: Option<dials::Connect>,
    handshake: Option<dials::Handshake>,
    #[serde(default)]
    got: Vec<expected::Got>,
    socket: Option<dialogues::SocketOf>,
    dialogue: Option<Vec<dialogues::Said>>,
    actions: Option<Vec<pushes::Action>>,
}

/// The server with the environments of the recording, and the results so far.
pub(crate) struct Replay {
    server: TestServer,
    wire: Environment,
    empty: Environment,
    relay_key: &'static str,
    compared: usize,
    left_out: BTreeMap<Rule, usize>,
    failures: Vec<String>,
}

impl Replay {
    fn start(environments: &BTreeMap<String, EnvironmentId>) -> Self {
        let server = TestServer::start().unwrap();
        let half = WIRE_SECRET.get(22..).unwrap();
        let (wire, empty) = (&environments["wire"].id, &environments["empty"].id);
        let client = format!("{}{half}", "c".repeat(22));
        let wire = server.add_environment_with(wire, WIRE_SECRET, &client);
        let own = server.add_environment();
        // Its secrets have another id inside, which the server does not compare.
        let empty = server.add_environment_with(empty, &own.server_secret(), &own.client_secret());
        own.revoke_secrets();
        let failures = Vec::new();
        let (compared, left_out) = (0, BTreeMap::new());
        Self { server, wire, empty, relay_key: "rp-key", compared, left_out, failures }
    }

    /// Replaces the names of secrets.
    fn secrets(&self, text: &str) -> String {
        text.replace("<wire server secret>", &self.wire.server_secret())
            .replace("<wire client secret>", &self.wire.client_secret())
            .replace("<empty server secret>", &self.empty.server_secret())
            .replace("<relay proxy key>", self.relay_key)
    }

    fn environment(&self, name: &str) -> &Environment {
        match name {
            "wire" => &self.wire,
            "empty" => &self.empty,
            other => panic!("no environment {other}"),
        }
    }

    fn leave_out(&mut self, rule: Rule) {
        *self.left_out.entry(rule).or_default() += 1;
    }

    /// Counts a comparison, and notes the difference if there is one.
    fn compare(&mut self, name: &str, result: Result<(), String>) {
        self.compared += 1;
        if let Err(difference) = result {
            self.failures.push(format!("{name}: {difference}"));
        }
    }

    /// Fills an environment with the records of a full that FeatBit's server sent.
    fn load(&self, environment: &Environment, full: &str) {
        #[derive(Deserialize)]
        struct Full<'a> {
            #[serde(borrow)]
            data: Records<'a>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Records<'a> {
            #[serde(borrow)]
            feature_flags: Vec<&'a RawValue>,
            #[serde(borrow)]
            segments: Vec<&'a RawValue>,
        }
        let full: Full<'_> = serde_json::from_str(full).unwrap();
        let texts = |records: &[&'_ RawValue]| -> Vec<String> {
            records.iter().map(|record| record.get().to_owned()).collect()
        };
        let (flags, segments) = (texts(&full.data.feature_flags), texts(&full.data.segments));
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        environment.replace_all(&flags, &segments).unwrap();
    }
}

#[test]
fn every_step_is_answered_alike() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/imported/featbit-live");
    let text = std::fs::read_to_string(format!("{folder}/transcript.json")).unwrap();
    let transcript: Transcript = serde_json::from_str(&text).unwrap();
    let mut replay = Replay::start(&transcript.environments);
    for step in &transcript.steps {
        // The first fulls of the recording are the data of the environments.
        if let ("data-sync, server type", Some(said)) = (step.name.as_str(), &step.dialogue) {
            replay.load(&replay.wire, said[0].got[0].json.as_ref().unwrap().get());
        }
        if let ("data-sync, empty environment", Some(said)) = (step.name.as_str(), &step.dialogue) {
            replay.load(&replay.empty, said[0].got[0].json.as_ref().unwrap().get());
        }
    }
    for step in &transcript.steps {
        match step {
            Step { http: Some(exchange), .. } => replay.plain(&step.name, exchange),
            Step { connect: Some(connect), handshake: Some(handshake), .. } => {
                replay.dial(&step.name, connect, handshake, &step.got);
            }
            Step { socket: Some(socket), dialogue: Some(dialogue), .. } => {
                replay.dialogue(&step.name, socket, dialogue);
            }
            Step { socket: Some(socket), .. } => replay.close(&step.name, socket, &step.got),
            Step { actions: Some(actions), .. } => replay.pushes(actions),
            _ => panic!("{}: a step of an unknown form", step.name),
        }
    }
    assert!(replay.failures.is_empty(), "{}", replay.failures.join("\n"));
    let left_out: Vec<_> = replay.left_out.into_iter().collect();
    assert_eq!(
        (transcript.steps.len(), replay.compared, left_out),
        (420, COMPARED, LEFT_OUT.to_vec())
    );
}
