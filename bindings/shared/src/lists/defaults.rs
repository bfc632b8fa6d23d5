//! The check that the defaults of the table are those of the client.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fh_client::testing::MemoryEdge;
use fh_client::{Client, Config, System};
use serde_json::json;

use super::json::default;
use crate::language::Spelling;
use crate::settings::{SETTINGS, Setting, apply_json};

/// Returns the session's settings of a client with a settings document.
fn config(document: &serde_json::Value) -> Config {
    let mut all = json!({ "url": "https://edge.example", "apiKeys": ["environment/key*"] });
    for (name, value) in document.as_object().unwrap() {
        all[name] = value.clone();
    }
    let seen: Arc<Mutex<Option<Config>>> = Arc::default();
    let place = Arc::clone(&seen);
    let builder = Client::from_environment().transport(MemoryEdge::new());
    let builder = apply_json(builder, &all.to_string()).unwrap();
    let builder = builder.configure(move |config| *place.lock().unwrap() = Some(config.clone()));
    builder.check().unwrap();
    seen.lock().unwrap().take().unwrap()
}

/// Returns the settings that a document can change, as text.
fn text(config: &Config) -> String {
    let durations: Vec<_> = config.durations().collect();
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {durations:?} {:?} {:?}",
        config.mode,
        config.context_placement,
        config.while_switching,
        config.backoff,
        config.return_within,
        config.refused,
        config.limits,
        config.profile,
    )
}

#[test]
fn the_defaults_of_the_table_are_those_of_the_client() {
    let usual = text(&config(&json!({})));
    let of_the_session = ["interval", "event_queue", "catch_updates", "listeners", "http1_only"];
    let is_checked = |setting: &Setting| setting.systems.have(System::FeatureHub);
    for setting in SETTINGS.iter().filter(|each| each.default.is_some() && is_checked(each)) {
        let name = Spelling::Camel.spell(setting.name);
        match setting.name {
            "interval" => {
                let given = config(&json!({ "mode": "polling", "interval": default(setting) }));
                assert_eq!(text(&given), text(&config(&json!({ "mode": "polling" }))), "{name}");
                let several = json!({ "apiKeys": ["environment/key*", "other/key*"] });
                assert_eq!(text(&given), text(&config(&several)), "{name}");
            }
            name if of_the_session.contains(&name) => {}
            _ => {
                assert_eq!(text(&config(&json!({ &name: default(setting) }))), usual, "{name}");
            }
        }
    }
}

/// A value other than the default changes the session's settings, so that no row of the table sets another setting than its own.
#[test]
fn each_setting_of_the_session_changes_its_own_part() {
    for (document, part) in [
        (json!({ "mode": "polling", "interval": 7 }), "Polling(7s)"),
        (json!({ "mode": "passive", "interval": 7 }), "Passive(7s)"),
        (json!({ "mode": "polling", "interval": 0 }), "Once"),
        (json!({ "mode": "once" }), "Once"),
        (json!({ "mode": "offline" }), "Offline"),
        (json!({ "contextPlacement": "query" }), "Query"),
        (json!({ "whileSwitching": "keep" }), "Keep"),
        (json!({ "profile": "edge" }), "Edge"),
        (
            json!({ "backoff": { "initial": 7 } }),
            "Backoff { initial: 7s, cap: 30s, jitter: 0.5 } 100ms",
        ),
        (
            json!({ "backoffWhenRefused": { "cap": 700, "jitter": 0 } }),
            "1s Backoff { initial: 60s, cap: 700s, jitter: 0.0 }",
        ),
        (json!({ "returnWithin": [0.2, 7] }), "200ms..=7s"),
        (
            json!({ "limits": { "connect": 1.5, "head": 2, "poll": 3, "idle": 4, "heldBack": 5, "bytes": 6 } }),
            "Limits { connect: 1.5s, head: 2s, poll: 3s, idle: 4s, held_back: 5s, bytes: 6 }",
        ),
        (json!({ "limits": { "idle": 7, "heldBack": null } }), "idle: 7s, held_back: 15s"),
    ] {
        let given = text(&config(&document));
        assert!(given.contains(part), "{document}: {given}");
    }
    let usual = config(&json!({}));
    for (name, _) in usual.durations() {
        let given = config(&json!({ Spelling::Camel.spell(name): 7 }));
        let expected = usual
            .durations()
            .map(|(each, time)| (each, if each == name { Duration::from_secs(7) } else { time }));
        assert!(given.durations().eq(expected), "{name}: {}", text(&given));
    }
}
