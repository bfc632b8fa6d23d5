//! What a running FeatBit server said to clients with a server-side secret, replayed against the session. A plain model of the store, which
//! reads nothing but keys, times and `isArchived`, says what the session must then hold.

use std::collections::{BTreeMap, BTreeSet};

use fh_session::featbit::internal::store;

use super::*;

/// Reads a file of the conformance data.
fn read(text: &str) -> Value {
    // A lone surrogate, which no text of Rust can hold, becomes U+FFFD.
    serde_json::from_str(&fh_eval::internal::mend(text)).unwrap()
}

#[derive(serde::Deserialize)]
struct Transcript {
    steps: Vec<Box<serde_json::value::RawValue>>,
}

/// Returns the steps of the transcript. One of them echoes numbers that no double can hold, and is left out.
fn transcript() -> Vec<Value> {
    let text =
        include_str!("../../../../../conformance/data/imported/featbit-live/transcript.json");
    let transcript: Transcript = serde_json::from_str(&fh_eval::internal::mend(text)).unwrap();
    assert_eq!(transcript.steps.len(), 420);
    let steps = transcript.steps.iter().filter_map(|step| serde_json::from_str(step.get()).ok());
    let steps: Vec<Value> = steps.collect();
    assert_eq!(steps.len(), 419);
    steps
}

/// The versions of flags, each with `isArchived`, and the versions of segments.
#[derive(Default)]
struct Model {
    flags: BTreeMap<String, (i64, bool)>,
    segments: BTreeMap<String, i64>,
}

fn version(entity: &Value) -> i64 {
    entity["updatedAt"].as_str().unwrap().parse::<Timestamp>().unwrap().as_millis()
}

fn name(entity: &Value, member: &str) -> String {
    entity[member].as_str().unwrap().to_string()
}

impl Model {
    fn apply(&mut self, message: &Value) {
        let data = &message["data"];
        if data["eventType"] == "full" {
            *self = Self::default();
        }
        for flag in data["featureFlags"].as_array().unwrap() {
            let found = (version(flag), flag["isArchived"] == true);
            let known = self.flags.entry(name(flag, "key")).or_insert(found);
            *known = if known.0 < found.0 { found } else { *known };
        }
        for segment in data["segments"].as_array().unwrap() {
            let known = self.segments.entry(name(segment, "id")).or_insert(version(segment));
            *known = version(segment).max(*known);
        }
    }

    fn assert_holds(&self, driver: &TestDriver, note: &str) {
        let store = store(&driver.session);
        for (key, (version, is_archived)) in &self.flags {
            assert_eq!(store.flag_version(key), Some(*version), "{note}: {key}");
            assert_eq!(store.is_archived(key), *is_archived, "{note}: {key}");
            assert_eq!(store.ruleset().get(key).is_none(), *is_archived, "{note}: {key}");
        }
        for (id, version) in &self.segments {
            assert_eq!(store.segment_version(id), Some(*version), "{note}: {id}");
        }
        let served = self.flags.values().filter(|(_, is_archived)| !is_archived).count();
        assert_eq!(store.ruleset().len(), served, "{note}");
        let versions = self.flags.values().map(|(version, _)| *version);
        let cursor = versions.chain(self.segments.values().copied()).max().unwrap_or(0);
        assert_eq!(store.cursor(), cursor, "{note}");
    }
}

#[test]
fn recorded_conversations_of_server_type_sockets() {
    let (mut messages, mut synchronised) = (0, 0);
    for step in transcript() {
        if step["socket"]["type"] != "server" {
            continue;
        }
        let Some(dialogue) = step["dialogue"].as_array() else { continue };
        let mut driver = TestDriver::streaming();
        driver.open();
        let mut model = Model::default();
        for (position, said) in dialogue.iter().enumerate() {
            let note = format!("{}, message {position}", step["name"]);
            for got in said["got"].as_array().unwrap() {
                messages += 1;
                if let Some(code) = got["close"].as_u64() {
                    driver.end(End::Closed(Some(u16::try_from(code).unwrap())));
                } else if got.get("end").is_some() {
                    driver.end(End::Complete);
                } else if let Some(json) = got.get("json") {
                    driver.say(&json.to_string());
                    let is_full = json["data"]["eventType"] == "full";
                    // Patches wait until the first full message.
                    if json["messageType"] == "data-sync"
                        && (is_full || driver.status().readiness == Readiness::Ready)
                    {
                        model.apply(json);
                        model.assert_holds(&driver, &note);
                        synchronised += 1;
                    }
                }
                assert!(driver.notices.is_empty(), "{note}: {:?}", driver.notices);
            }
        }
        let is_ended = !driver.is_waiting();
        assert_eq!(driver.problem().is_some(), is_ended, "{}", step["name"]);
    }
    assert_eq!((messages, synchronised), (110, 18));
}

#[test]
fn recorded_pushes() {
    let steps = transcript();
    let pushes = steps.iter().find(|step| step["name"] == "pushes").unwrap();
    let received = |socket: &str| -> Vec<Value> {
        let actions = pushes["actions"].as_array().unwrap().iter();
        let received = actions.filter_map(|action| action["received"][socket].as_array());
        received.flatten().filter_map(|got| got.get("json")).cloned().collect()
    };
    let mut driver = TestDriver::streaming();
    driver.open();
    let (mut model, mut odd) = (Model::default(), 0);
    let messages = received("server");
    for (position, message) in messages.iter().enumerate() {
        driver.say(&message.to_string());
        if message["messageType"] == "data-sync" {
            // Some records were published without a time. They change nothing.
            let lists = [&message["data"]["featureFlags"], &message["data"]["segments"]];
            let mut entities = lists.into_iter().filter_map(Value::as_array).flatten();
            if entities.all(|entity| entity["updatedAt"].is_string()) {
                model.apply(message);
            } else {
                odd += 1;
            }
            model.assert_holds(&driver, &format!("push {position}"));
        }
    }
    assert_eq!(odd, 5);
    // A socket that never asked gets patches, and never becomes ready.
    let unsynchronised = received("server-unsynced");
    assert!(unsynchronised.len() >= 20 && messages.len() > unsynchronised.len());
    let mut driver = TestDriver::streaming();
    driver.open();
    for message in unsynchronised {
        driver.say(&message.to_string());
    }
    assert_eq!(driver.status().readiness, Readiness::NotReady);
    assert_eq!(driver.wait(), 10_000);
    assert_eq!(driver.problem(), Some(Problem::TimedOut(Stage::FirstEvent)));
}

#[test]
fn recorded_dials() {
    let mut counts = BTreeMap::new();
    for step in transcript() {
        let Some(got) = step["got"].as_array().filter(|_| step["connect"]["type"] == "server")
        else {
            continue;
        };
        let mut driver = TestDriver::streaming();
        driver.head(u16::try_from(step["handshake"]["status"].as_u64().unwrap()).unwrap());
        for got in got {
            if let Some(code) = got["close"].as_u64() {
                driver.end(End::Closed(Some(u16::try_from(code).unwrap())));
            }
            for after in got["after-ping"].as_array().into_iter().flatten() {
                driver.say(&after["json"].to_string());
            }
        }
        let state = (driver.status().readiness, driver.problem(), driver.status().connection);
        let expected = match got.first().and_then(|got| got["close"].as_u64()) {
            Some(4003) => (Readiness::Failed, Some(Problem::SecretRefused), Connection::Waiting),
            Some(_) => (Readiness::NotReady, Some(Problem::ClosedEarly), Connection::Waiting),
            None if step["handshake"]["status"] == 101 => {
                (Readiness::NotReady, None, Connection::Streaming)
            }
            None => (Readiness::NotReady, state.1.clone(), Connection::Waiting),
        };
        assert_eq!(state, expected, "{}", step["name"]);
        *counts.entry(format!("{:?} {}", state.0, state.2)).or_insert(0) += 1;
    }
    let counts: Vec<(&str, i32)> = counts.iter().map(|(state, count)| (&**state, *count)).collect();
    assert_eq!(
        counts,
        [("Failed waiting", 38), ("NotReady streaming", 16), ("NotReady waiting", 7)]
    );
}

#[test]
fn recorded_polls() {
    let mut statuses = BTreeMap::new();
    for step in transcript() {
        let http = &step["http"];
        let is_poll = http["path"].as_str().is_some_and(|path| {
            path.to_ascii_lowercase().starts_with("/api/public/sdk/server/latest-all")
        });
        if !is_poll || http["method"] != "GET" {
            continue;
        }
        let status = u16::try_from(http["response"]["status"].as_u64().unwrap()).unwrap();
        let body = &http["response"]["body"];
        let body = match body["text"].as_str() {
            Some(text) => text.to_string(),
            None if body["json"].is_null() => String::new(),
            None => body["json"].to_string(),
        };
        let mut driver = TestDriver::started(Mode::Polling(Duration::from_secs(30)));
        driver.answer(status, &body);
        let state = (driver.status().readiness, driver.problem());
        let expected = match status {
            // The recorded client had flags, which this one has not.
            200 if body.is_empty() => {
                assert!(matches!(state, (Readiness::NotReady, Some(Problem::Malformed(_)))));
                state.clone()
            }
            200 => (Readiness::Ready, None),
            400 => (Readiness::Failed, Some(Problem::BadRequest)),
            401 => (Readiness::Failed, Some(Problem::Unauthorised(401))),
            404 => (Readiness::Failed, Some(Problem::NotFound)),
            500 => (Readiness::NotReady, Some(Problem::ServerError(500))),
            _ => (Readiness::NotReady, Some(Problem::UnexpectedStatus(status))),
        };
        assert_eq!(state, expected, "{}", step["name"]);
        *statuses.entry(status).or_insert(0) += 1;
    }
    let statuses: Vec<(u16, i32)> = statuses.into_iter().collect();
    assert_eq!(statuses, [(200, 31), (400, 5), (401, 16), (500, 3)]);
}

/// The messages that one socket got while FeatBit's own back end created, changed and deleted flags and segments.
#[test]
fn messages_of_the_product_give_its_last_state() {
    let product =
        include_str!("../../../../../conformance/data/imported/featbit-live/product-sync.json");
    let product = read(product);
    let messages = product["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 112);
    let mut driver = TestDriver::streaming();
    driver.open();
    for message in messages {
        driver.say(&message.to_string());
    }
    let mut last = TestDriver::streaming();
    last.open();
    last.say(&product["end"].to_string());

    let end = &product["end"]["data"];
    let (replayed, expected) = (store(&driver.session), store(&last.session));
    let mut missing = BTreeSet::new();
    for flag in end["featureFlags"].as_array().unwrap() {
        let key = name(flag, "key");
        if replayed.flag_version(&key).is_none() {
            missing.insert(key);
            continue;
        }
        assert_eq!(replayed.flag_version(&key), expected.flag_version(&key), "{key}");
        assert_eq!(replayed.is_archived(&key), expected.is_archived(&key), "{key}");
        let Some(found) = replayed.ruleset().get(&key).map(|flag| read(flag.json())) else {
            continue;
        };
        // The full message has fewer members, and times with fewer digits.
        for (member, value) in flag.as_object().unwrap() {
            if member != "updatedAt" {
                assert_eq!(&found[member], value, "{key}: {member}");
            }
        }
    }
    // One flag was never published, because its key is too long for a table of the product.
    assert!(missing.iter().all(|key| key.starts_with("l64-")), "{missing:?}");
    for segment in end["segments"].as_array().unwrap() {
        let id = name(segment, "id");
        assert_eq!(replayed.segment_version(&id), expected.segment_version(&id), "{id}");
    }
    // No message tells that a flag or a segment was deleted.
    let keys = |driver: &TestDriver| -> BTreeSet<String> {
        store(&driver.session).ruleset().iter().map(|flag| flag.key().to_string()).collect()
    };
    let left: Vec<String> = keys(&driver).difference(&keys(&last)).cloned().collect();
    assert_eq!((missing.len(), left), (1, Vec::new()));
    assert!(replayed.flag_version("old-key").is_none(), "the key was changed to `new key`");
    assert!(replayed.flag_version("new key").is_some());
}
