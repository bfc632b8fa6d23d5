//! Clients whose connection is cut after any byte, and who come back.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::clock;

const FEATURES: &str = r#"[
    {"id": "00000000-0000-4000-8000-00000000000a", "key": "A", "type": "STRING"},
    {"id": "00000000-0000-4000-8000-00000000000b", "key": "B", "type": "STRING"},
    {"id": "00000000-0000-4000-8000-00000000000c", "key": "C", "type": "STRING"},
    {"id": "00000000-0000-4000-8000-00000000000d", "key": "D", "type": "STRING"}
]"#;
/// A value that a rule on the time changes after the year 2001.
const BY_TIME: &str = r#"{"value": "before", "version": 1, "strategies": [{"id": "s", "value": "after", "attributes": [
    {"fieldName": "now", "type": "DATETIME", "conditional": "GREATER_EQUALS", "values": ["2001-01-01T00:00:00Z"]}]}]}"#;

/// The state of a client: its features by id, and the last event id, taken when an event is complete and when its line is.
#[derive(Clone, Default, PartialEq)]
struct Held {
    features: BTreeMap<String, Value>,
    id: String,
    id_of_line: String,
}

/// A client that reads the lines of a stream as the standard for event streams says.
#[derive(Clone, Default)]
struct Reader {
    held: Held,
    event: String,
    data: String,
}

impl Reader {
    fn read(&mut self, text: &str) {
        text.lines().for_each(|line| self.line(line));
    }

    fn line(&mut self, line: &str) {
        match line.split_once(": ") {
            Some(("event", name)) => self.event = name.to_string(),
            Some(("id", id)) => self.held.id_of_line = id.to_string(),
            Some(("data", data)) => self.data = data.to_string(),
            _ => self.dispatch(),
        }
    }

    fn dispatch(&mut self) {
        self.held.id = self.held.id_of_line.clone();
        let data: Value = serde_json::from_str(&self.data).unwrap_or_default();
        let id = |feature: &Value| feature["id"].as_str().unwrap().to_string();
        let features = &mut self.held.features;
        match &*self.event {
            "features" => {
                let all = data.as_array().unwrap();
                *features = all.iter().map(|feature| (id(feature), feature.clone())).collect();
            }
            "feature" => drop(features.insert(id(&data), data)),
            "delete_feature" => drop(features.remove(&id(&data))),
            _ => {}
        }
        (self.event, self.data) = Default::default();
    }
}

/// The states: the former one, the one of the change, and a third one.
fn publish(stage: &mut Stage, which: usize) {
    let values = [
        format!(
            r#"{{"A": {{"value": "a", "version": 1}}, "B": {{"value": "b", "version": 1}}, "C": {{"value": "c", "version": 1}}, "D": {BY_TIME}}}"#
        ),
        format!(
            r#"{{"B": {{"value": "bb", "version": 2}}, "C": {{"value": "cc", "version": 2}}, "D": {BY_TIME}}}"#
        ),
        format!(
            r#"{{"A": {{"value": "aa", "version": 3}}, "C": {{"value": "c", "version": 3}}, "D": {BY_TIME}}}"#
        ),
    ];
    // A feature without a value is not in the file.
    let all: Vec<Value> = serde_json::from_str(FEATURES).unwrap();
    let kept = all
        .iter()
        .filter(|feature| values[which].contains(&format!("{}: {{\"value\"", feature["key"])));
    let kept: Vec<&Value> = kept.collect();
    stage.state = state(&serde_json::to_string(&kept).unwrap(), &values[which]);
    let now = if which == 0 { 0 } else { clock::now().as_millis() };
    stage.publish_at(now);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_comes_back_after_a_cut_gets_what_a_new_client_gets() {
    for key in [CLIENT, SERVER] {
        let mut stage = Stage::serving();
        publish(&mut stage, 0);
        let mut stream = stage.open(key, "a=1", None);
        let mut text = read(&mut stream).0;
        publish(&mut stage, 1);
        text += &read(&mut stream).0;
        assert!(text.matches("event: ").count() > 4, "{text}");
        // The states of the client after each byte. Bytes of an incomplete line change nothing.
        let (mut reader, mut states) = (Reader::default(), vec![Held::default()]);
        for line in text.lines() {
            reader.line(line);
            states.push(reader.held.clone());
        }
        states.dedup();
        for next in [0, 1, 2] {
            publish(&mut stage, next);
            tokio::task::yield_now().await;
            let mut new = Reader::default();
            new.read(&read(&mut stage.open(key, "a=1", None)).0);
            for held in &states {
                // tokio limits the operations of a task between two yields.
                tokio::task::yield_now().await;
                let quoted = format!("\"{}\"", held.id);
                for id in [&held.id, &held.id_of_line, &quoted] {
                    let id = Some(&**id).filter(|_| !held.id_of_line.is_empty());
                    let mut back = Reader { held: held.clone(), ..Reader::default() };
                    back.read(&read(&mut stage.open(key, "a=1", id)).0);
                    let features = (&back.held.features, &new.held.features);
                    assert_eq!(features.0, features.1, "{key}, state {next}, id {id:?}");
                }
            }
        }
    }
}
