//! A replay accepts the recorded answers with other etags and versions, and reports every other difference.

use std::time::Duration;

use fh_conformance::server::replay::{Deviations, Pace, Report, replay};
use fh_conformance::server::transcript::{Step, Told, Transcript};
use serde_json::{Value, json};

use crate::playback::Playback;

fn recorded() -> Transcript {
    Transcript::recorded().unwrap()
}

fn pace() -> Pace {
    Pace { patience: Duration::from_secs(1), quiet: Duration::from_millis(1), ..Pace::default() }
}

/// Replays against a server whose answers were changed.
fn replayed(deviations: &Deviations, change: impl FnOnce(&mut Transcript)) -> Report {
    let mut played = recorded();
    change(&mut played);
    let server = Playback::of(played);
    replay(&server.base, &recorded(), deviations, pace()).unwrap()
}

/// Returns the differences that are found if the answer of one step is changed.
fn found(step: &str, change: impl FnOnce(&mut Step)) -> Vec<String> {
    let report = replayed(&Deviations::default(), |transcript| {
        change(transcript.steps.iter_mut().find(|each| each.name == step).unwrap());
    });
    assert!(!report.is_clean());
    report.rows.iter().map(|row| format!("{}: {}", row.step, row.place)).collect()
}

fn everywhere(transcript: &mut Transcript, change: impl Fn(&str) -> String) {
    let text = |value: &mut String| *value = change(value);
    for step in &mut transcript.steps {
        step.response.headers.get_mut("etag").map(text);
        for event in step.response.events.iter_mut().flatten() {
            event.id.as_mut().map(text);
        }
    }
}

fn versions(value: &mut Value, change: fn(i64) -> i64) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_i64().filter(|_| name == "version") {
                    Some(version) => *member = change(version).into(),
                    None => versions(member, change),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| versions(item, change)),
        _ => {}
    }
}

fn events(step: &mut Step) -> &mut Vec<Told> {
    step.response.events.as_mut().unwrap()
}

#[test]
fn the_recording_is_what_was_recorded() {
    let report = replayed(&Deviations::default(), |_| {});
    assert!(report.is_clean() && report.rows.is_empty(), "{report}");
    assert_eq!((report.requests, report.events), (153, 39));
}

#[test]
fn etags_and_versions_are_the_servers() {
    let mut played = recorded();
    let first = played.steps[0].response.headers["etag"].trim_matches('"').to_owned();
    // Other tags with the same structure: each part is reversed.
    everywhere(&mut played, |etag| {
        let turned = |part: &str| part.chars().rev().collect::<String>();
        let inner = etag.trim_matches('"');
        let (tags, context) = inner.split_once("//").map_or((inner, None), |(t, c)| (t, Some(c)));
        let tags: Vec<String> = tags.split(';').map(turned).collect();
        let context =
            context.filter(|context| *context != "0").map(turned).or(context.map(str::to_owned));
        let inner = tags.join(";") + &context.map(|c| format!("//{c}")).unwrap_or_default();
        if etag.starts_with('"') { format!("\"{inner}\"") } else { inner }
    });
    for step in &mut played.steps {
        versions(&mut step.response.body, |version| version * 1000 + 7);
        for event in step.response.events.iter_mut().flatten() {
            versions(&mut event.data, |version| version * 1000 + 7);
        }
    }
    let server = Playback::of(played);
    let report = replay(&server.base, &recorded(), &Deviations::default(), pace()).unwrap();
    assert!(report.is_clean() && report.rows.is_empty(), "{report}");
    let requests = server.requests();
    let with = |part: &str| requests.iter().filter(|head| head.contains(part)).count();
    assert_eq!(with(&first), 0, "recorded etags are translated in requests");
    assert_eq!(with(&first.chars().rev().collect::<String>()), 11);
}

#[test]
fn every_part_of_an_answer_counts() {
    assert_eq!(
        found("get no key", |step| step.response.status = 404),
        ["get no key: headers.cache-control", "get no key: status"]
    );
    assert_eq!(
        found("put bool null", |step| step.response.body = "no".into()),
        ["put bool null: body"]
    );
    assert_eq!(
        found("get with slash", |step| {
            step.response.headers.remove("x-accel-buffering");
        }),
        ["get with slash: headers.x-accel-buffering"]
    );
    assert_eq!(
        found("get full server", |step| {
            step.response.body[0]["features"][0]["v"] = "leaked".into();
        }),
        ["get full server: body.0.features.FEATURE_BOOL.v"]
    );
    assert_eq!(
        found("cors get", |step| {
            step.response.headers.insert("access-control-allow-origin".into(), "http://x".into());
        }),
        ["cors get: headers.access-control-allow-origin"]
    );
}

#[test]
fn wrong_etags_are_differences() {
    // The tag of other content.
    let old = recorded().steps[0].response.headers["etag"].clone();
    assert_eq!(
        found("get at the end", |step| {
            step.response.headers.insert("etag".into(), old);
        }),
        ["get at the end: headers.etag"]
    );
    assert_eq!(
        found("if-none-match same", |step| {
            step.response.headers.insert("etag".into(), "\"other\"".into());
        }),
        ["if-none-match same: headers.etag"]
    );
    assert_eq!(
        found("stream context header", |step| events(step)[1].id = Some("tag".into())),
        ["stream context header: events.1.id"]
    );
}

#[test]
fn versions_that_do_not_rise_are_differences() {
    let string = |step: &mut Step, version: i64| {
        let features = step.response.body[0]["features"].as_array_mut().unwrap();
        let feature = features.iter_mut().find(|each| each["key"] == "FEATURE_STRING").unwrap();
        feature["version"] = version.into();
    };
    let place = ["get at the end: body.0.features.FEATURE_STRING.version"];
    assert_eq!(found("get at the end", |step| string(step, 1)), place, "that of another state");
    assert_eq!(found("get at the end", |step| string(step, 0)), place);
}

#[test]
fn missing_and_surplus_events_are_differences() {
    let lacking = found("stream last-event-id quoted current", |step| events(step).clear());
    assert_eq!(lacking, ["stream last-event-id quoted current: events.0"]);
    let doubled = found("stream extended client", |step| {
        let last = events(step)[1].clone();
        events(step).push(last);
    });
    assert_eq!(doubled, ["stream extended client: events.2"]);
    let turned = found("stream full client", |step| events(step).swap(0, 1));
    assert!(turned.contains(&"stream full client: events.0.event".to_owned()), "{turned:?}");
    let more = found("stream full server", |step| {
        events(step).push(Told { event: "bye".into(), id: None, data: json!({}) });
    });
    assert_eq!(more, ["stream full server: events.2"]);
    assert_eq!(
        found("stream unknown key", |step| step.response.ended_by_server = false),
        ["stream unknown key: endedByServer"]
    );
}

#[test]
fn an_allowed_difference_must_occur() {
    let entry =
        json!([{"when": {"steps": ["post"]}, "instead": {"status": 404}, "because": "so decided"}]);
    let deviations = Deviations::parse(&entry.to_string()).unwrap();
    let report = replayed(&deviations, |transcript| {
        let post = transcript.steps.iter_mut().find(|step| step.name == "post").unwrap();
        post.response.status = 404;
    });
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.rows[0].because, ["so decided"]);
    // For a server that answers as recorded, the entry is unused and the recorded answer is a failure.
    let report = replayed(&deviations, |_| {});
    assert_eq!(report.failures().count(), 1, "{report}");
    // An entry that applies but changes no answer is unused. An entry that applies to no step is idle, which is no failure.
    let entry = |when: Value| json!([{"when": when, "instead": {}, "because": "never"}]);
    let idle = entry(json!({"steps": ["no such step"]}));
    let report = replayed(&Deviations::parse(&idle.to_string()).unwrap(), |_| {});
    assert_eq!((report.is_clean(), &report.idle[..]), (true, &["no such step".to_owned()][..]));
    let vain = entry(json!({"method": "HEAD"}));
    let report = replayed(&Deviations::parse(&vain.to_string()).unwrap(), |_| {});
    assert_eq!((report.is_clean(), &report.unused[..]), (false, &["never".to_owned()][..]));
}
