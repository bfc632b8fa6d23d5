//! `instructions WORKLOAD COUNT` loads the standard payload and does one workload COUNT times. Two runs with different counts, under
//! a tool that counts instructions, give the instructions of one repetition. `cargo xtask bench instructions` runs this program.
//!
//! The package uses only items that `fh-eval` has had for long, because the same file is also compiled against old commits.

#![forbid(unsafe_code)]

use std::hint::black_box;

use fh_eval::{Attributes, Profile, Ruleset, Subject, Timestamp};
use harness::workload::{Email, Shape, User, render, standard, users};

/// The time of evaluations. No rule of the payload depends on it.
const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let workload = arguments.next().unwrap_or_default();
    let count = arguments.next().and_then(|count| count.parse().ok());
    let done = count.is_some_and(|count| run(&workload, count));
    if !done {
        eprintln!(
            "instructions: write `instructions WORKLOAD COUNT`, with a workload of benches/README.md, `load`, `lists evaluate` or `lists load`"
        );
        std::process::exit(2);
    }
}

/// Runs a workload `count` times. Returns false if there is no workload with this name.
fn run(name: &str, count: u32) -> bool {
    if let Some(workload) = name.strip_prefix("lists ") {
        return run_lists(workload, count);
    }
    let email = if name.ends_with("suf") { Email::Suffix } else { Email::Regex };
    let flags = standard(1_000, email);
    let payload = render::featurehub::render(&flags);
    let ruleset = load(&payload);
    let user = &users()[0];
    let context = attributes(user);
    let key = |shape| flags.representative(shape).key.clone();
    match name {
        "W1" => evaluate(&ruleset, &key(Shape::Plain), &context, count),
        "W2" => evaluate(&ruleset, &key(Shape::Rollout), &context, count),
        "W3" => evaluate(&ruleset, &key(Shape::Countries), &context, count),
        "W4re" | "W4suf" => evaluate(&ruleset, &key(Shape::TenRules), &context, count),
        "W5re" | "W5suf" => {
            for _ in 0..count {
                ruleset.evaluate_all(&Subject::new(black_box(&context), NOW), |_, evaluation| {
                    black_box(evaluation.is_enabled());
                });
            }
        }
        "C1" => {
            let key = key(Shape::Rollout);
            for _ in 0..count {
                evaluate(&ruleset, &key, &attributes(black_box(user)), 1);
            }
        }
        "load" => {
            for _ in 0..count {
                black_box(load(black_box(&payload)));
            }
        }
        _ => return false,
    }
    true
}

/// The features with long lists, and the texts of each list. Neighbouring lists share most of their texts.
const LISTS: (usize, usize) = (20, 5_000);

/// Evaluates or loads features whose rules hold long lists. Returns false if there is no workload with this name.
fn run_lists(name: &str, count: u32) -> bool {
    let features: Vec<String> = (0..LISTS.0).map(long_list).collect();
    let payload = format!("[{}]", features.join(","));
    let ruleset = load(&payload);
    let context = Attributes::builder().user_key("user-00004711").build();
    match name {
        "evaluate" => evaluate(&ruleset, "LIST_1", &context, count),
        "load" => {
            for _ in 0..count {
                black_box(load(black_box(&payload)));
            }
        }
        _ => return false,
    }
    true
}

/// Returns a feature with a rule for the users of a long list.
fn long_list(number: usize) -> String {
    let users: Vec<String> =
        (0..LISTS.1).map(|user| format!("\"user-{:08}\"", user + number * 100)).collect();
    format!(
        r#"{{"id":"{number}","key":"LIST_{number}","type":"BOOLEAN","version":1,"value":false,"strategies":[{{"id":"s","value":true,"attributes":[{{"fieldName":"userkey","type":"STRING","conditional":"EQUALS","values":[{}]}}]}}]}}"#,
        users.join(",")
    )
}

fn load(payload: &str) -> Ruleset {
    let ruleset = Ruleset::from_json(payload.as_bytes(), Profile::Client)
        .expect("the standard payload is valid");
    assert_eq!(ruleset.diagnostics().count(), 0, "every flag is read");
    ruleset
}

fn evaluate(ruleset: &Ruleset, key: &str, context: &Attributes, count: u32) {
    for _ in 0..count {
        let feature = ruleset.get(black_box(key)).expect("the flag is in the payload");
        black_box(feature.evaluate(&Subject::new(black_box(context), NOW)).is_enabled());
    }
}

fn attributes(user: &User) -> Attributes {
    Attributes::builder()
        .user_key(&user.userkey)
        .country(user.country)
        .version(&user.version)
        .attribute("email", user.email.as_str())
        .attribute("plan", user.plan)
        .build()
}
