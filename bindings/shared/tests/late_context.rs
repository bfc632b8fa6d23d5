//! First reads, which convert only the attributes that a feature reads, compared with reads of whole contexts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::{Arc, Mutex, OnceLock};

use fh_binding::late_context::{
    self, GivenAttributes, LateReads, RepositorySnapshot, WasRead, attributes,
};
use fh_binding::packed::PackedAttributes;
use fh_binding::settings::builder_from_json;
use fh_client::{Client, Flow, InterceptedRead, Interceptor, LockPolicy, System};
use fh_eval::AttributesBuilder;

/// The flags of each system: percentages of the default key and of attributes, rules, segments and prerequisites. A rule reads `plan`, a segment
/// or another flag `team`, and a percentage `country`.
const FLAGS: [(System, &str); 3] = [
    (
        System::FeatureHub,
        r#""mode": "offline", "bootstrap": [
        {"id": "1", "key": "RULE", "type": "BOOLEAN", "value": false, "strategies": [{"id": "s", "value": true, "attributes": [
            {"fieldName": "plan", "type": "STRING", "conditional": "EQUALS", "values": ["gold"]}]}]},
        {"id": "2", "key": "SHARE", "type": "BOOLEAN", "value": false, "strategies": [{"id": "s", "value": true, "percentage": 500000}]},
        {"id": "3", "key": "COUNTRY", "type": "BOOLEAN", "value": false, "strategies": [
            {"id": "s", "value": true, "percentage": 500000, "percentageAttributes": ["country", "team"]}]}]"#,
    ),
    (
        System::FeatBit,
        r#""mode": "offline", "bootstrap": {"messageType": "data-sync", "data": {"eventType": "full", "featureFlags": [
        {"id": "1", "key": "RULE", "variationType": "boolean", "isEnabled": true, "updatedAt": "2026-01-01T00:00:00Z", "isArchived": false,
         "disabledVariationId": "off", "variations": [{"id": "on", "value": "true"}, {"id": "off", "value": "false"}], "targetUsers": [],
         "rules": [{"id": "r", "name": "r", "dispatchKey": "country", "includedInExpt": false, "conditions": [
            {"id": "c", "property": "User is in segment", "op": null, "value": "[\"s\"]"}],
            "variations": [{"id": "on", "rollout": [0, 0.5], "exptRollout": 1}, {"id": "off", "rollout": [0.5, 1], "exptRollout": 1}]}],
         "fallthrough": {"dispatchKey": null, "includedInExpt": false, "variations": [{"id": "off", "rollout": [0, 1], "exptRollout": 1}]},
         "exptIncludeAllTargets": false, "tags": []}],
        "segments": [{"id": "s", "name": "s", "updatedAt": "2026-01-01T00:00:00Z", "isArchived": false, "included": [], "excluded": [], "rules": [
            {"id": "r", "name": "r", "conditions": [{"id": "c", "property": "team", "op": "Equal", "value": "web"}]}]}]}}"#,
    ),
    (
        System::FeatureSignals,
        r#""ruleset": {"flags": {"RULE": {"default_value": false, "prerequisites": ["TEAM"]}, "TEAM": {"default_value": false}},
        "states": {"RULE": {"enabled": true, "rules": [{"percentage": 10000, "value": true, "conditions": [
            {"attribute": "plan", "operator": "eq", "values": ["gold"]}]}]},
            "TEAM": {"enabled": true, "rules": [{"percentage": 5000, "value": true, "segment_keys": ["s"]}]}},
        "segments": {"s": {"match_type": "all", "rules": [{"attribute": "team", "operator": "eq", "values": ["web"]}]}}}"#,
    ),
];

/// Starts a client. Without listeners it has no observer either, also in a build of the whole workspace, where `fh-client` counts evaluations for
/// `metrics`; a first read of a client with an observer needs the whole context.
fn client(system: System, rest: &str) -> Client {
    let document = format!(r#"{{"system": "{}", "listeners": false, {rest}}}"#, system.as_str());
    builder_from_json(&document).unwrap().start().unwrap()
}

/// A context with attributes of any form.
struct LateContext<'a, G> {
    client: &'a Client,
    given: &'a G,
    was_read: WasRead,
    context: OnceLock<fh_client::Context>,
}

impl<G: GivenAttributes> late_context::LateContext for LateContext<'_, G> {
    type Given<'a> = G;

    fn first_read<R>(
        &self,
        read: impl FnOnce(&RepositorySnapshot, &G, &mut AttributesBuilder) -> Option<R>,
    ) -> Option<R> {
        let first = |snapshot: &_, builder: &mut _| read(snapshot, self.given, builder);
        self.was_read.is_first_read().then(|| late_context::first_read(self.client, first))?
    }

    fn context(&self) -> &fh_client::Context {
        self.context.get_or_init(|| self.client.context_of(attributes(self.given)))
    }
}

fn late<'a, G>(client: &'a Client, given: &'a G) -> LateContext<'a, G> {
    LateContext { client, given, was_read: WasRead::new(), context: OnceLock::new() }
}

/// Packs attributes of one text each.
fn packed(given: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in given {
        for (text, mark) in [(name, Some(u32::MAX)), (value, None)] {
            bytes.extend((text.len() as u32).to_le_bytes());
            bytes.extend(text.as_bytes());
            bytes.extend(mark.into_iter().flat_map(u32::to_le_bytes));
        }
    }
    bytes
}

/// Returns contexts of a user: with all attributes, without each one, and with each one repeated, at the end or with another value.
fn contexts(user: &str, key: &'static str) -> Vec<Vec<(&'static str, String)>> {
    let values = ["plan", "team", "country", "session", "unread", key].map(|name| {
        let value = match name {
            "plan" => "gold",
            "team" => "web",
            _ => user,
        };
        (name, value.to_string())
    });
    let mut all = vec![values.to_vec()];
    for at in 0..values.len() {
        let mut changed = values.to_vec();
        let (name, value) = changed.remove(at);
        all.push(changed.clone());
        changed.push((name, value.clone()));
        all.push(changed.clone());
        changed.push((name, format!("{value}-2")));
        all.push(changed.clone());
        changed.rotate_right(1);
        all.push(changed);
    }
    all
}

#[test]
fn first_reads_have_the_values_of_whole_contexts() {
    for (system, flags) in FLAGS {
        let client = client(system, flags);
        let mut on = 0;
        for user in 0..40 {
            for given in contexts(&format!("user-{user}"), system.user_key()) {
                let texts: Vec<(&str, &str)> = given.iter().map(|(n, v)| (*n, &**v)).collect();
                let bytes = packed(&texts);
                let given = PackedAttributes { bytes: &bytes, system };
                let whole = client.context_of(attributes(&given));
                for key in ["RULE", "SHARE", "COUNTRY", "TEAM", "MISSING"] {
                    let late = late(&client, &given);
                    let late = LateReads(&late);
                    let expected = whole.boolean(key);
                    for read in 0..3 {
                        let value = late.boolean(key);
                        assert_eq!(value, expected, "{system:?}, {key}, read {read}: {texts:?}");
                    }
                    assert_eq!(late.attributes(), whole.attributes());
                    on += usize::from(expected == Some(true));
                }
            }
        }
        assert!(on > 100, "{system:?}: {on}");
    }
}

/// Attributes that note the names that reads convert. The first conversion reads another feature.
struct Noted<'a>(&'a Client, &'a Mutex<Vec<String>>);

impl GivenAttributes for Noted<'_> {
    fn add(&self, attributes: &mut AttributesBuilder, is_read: &dyn Fn(&str) -> bool) {
        for name in ["country", "userkey", "plan"].into_iter().filter(|name| is_read(name)) {
            let is_first = self.1.lock().unwrap().is_empty();
            self.1.lock().unwrap().push(name.to_string());
            if is_first {
                assert_eq!(LateReads(&late(self.0, self)).boolean("RULE"), Some(true));
            }
            attributes.add(name, "gold");
        }
    }

    fn each_name(&self, each: &mut dyn FnMut(&str)) {
        ["country", "userkey", "plan"].into_iter().for_each(each);
    }
}

struct Silent;

impl Interceptor for Silent {
    fn name(&self) -> &str {
        "silent"
    }

    fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
        assert_eq!(ask.attributes.map(|all| all.iter().count()), Some(3));
        Flow::Continue
    }
}

#[test]
fn the_whole_context_is_made_by_the_second_read_or_for_an_interceptor() {
    let (system, flags) = FLAGS[0];
    let client = client(system, flags);
    let noted = Mutex::new(Vec::new());
    let given = Noted(&client, &noted);
    let taken = || std::mem::take(&mut *noted.lock().unwrap()).join(" ");
    let new = late(&client, &given);
    let share = LateReads(&new).boolean("SHARE");
    assert_eq!(taken(), "userkey plan", "the nested read converts the plan alone");
    noted.lock().unwrap().push(String::new());
    assert_eq!(LateReads(&new).boolean("SHARE"), share);
    assert_eq!(taken(), " country userkey plan");
    noted.lock().unwrap().push(String::new());
    assert_eq!(LateReads(&new).boolean("SHARE"), share);
    assert_eq!(taken(), "", "a third read converts nothing");
    client.intercept(Arc::new(Silent), LockPolicy::default()).detach();
    noted.lock().unwrap().push(String::new());
    assert_eq!(LateReads(&late(&client, &given)).boolean("SHARE"), share);
    assert_eq!(taken(), " country userkey plan");
}

#[test]
fn first_reads_report_misspelt_attributes() {
    let (system, flags) = FLAGS[0];
    let document = format!(r#"{{"system": "{}", {flags}}}"#, system.as_str());
    let client = builder_from_json(&document).unwrap().start().unwrap();
    let notices = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&notices);
    let _listener = client.on_notice(move |notice| kept.lock().unwrap().push(notice.to_string()));
    for _ in 0..3 {
        let bytes = packed(&[("userkey", "bob"), ("plann", "gold")]);
        let given = PackedAttributes { bytes: &bytes, system };
        assert_eq!(LateReads(&late(&client, &given)).boolean("RULE"), Some(false));
    }
    while notices.lock().unwrap().is_empty() {
        std::thread::yield_now();
    }
    let notices = notices.lock().unwrap().join("; ");
    assert_eq!(notices.matches("plann").count(), 1, "{notices}");
}
