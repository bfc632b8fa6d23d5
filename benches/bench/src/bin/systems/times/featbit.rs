//! The engine beside the crate of FeatBit.

use std::hint::black_box;

use fh_eval::featbit::{Compiler, Profile, explain};
use harness::workload::{Email, users};
use harness::{Bench, Column, Engine, Loader, Suite, nanos};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{EXPLAIN, Goal, Times, bench, least, name, print, time};
use crate::engines::{Ours, Peer};

const TARGETS: &str = "target list of 1,000";
const SEGMENT: &str = "segment";
const LOAD: &str = "load of 1,000 flags";
/// The least ratios of the crate's time to the engine's. W2 hashes with MD5 in both.
const GOALS: [(&str, f64); 10] = [
    ("W1", 3.0),
    ("W2", 1.2),
    ("W3", 3.0),
    ("W4re", 3.0),
    ("W4suf", 3.0),
    ("W5re", 3.0),
    ("W5suf", 3.0),
    (TARGETS, 3.0),
    (SEGMENT, 3.0),
    (LOAD, 2.0),
];
/// The longest time in which a segment of 1,000 flags is replaced, in nanoseconds.
const REPLACEMENT: f64 = 300_000.0;
const REPLACED: &str = "a segment of 1,000 flags is replaced";

const MEASURED: [Column; 7] =
    [Column::W1, Column::W2, Column::W3, Column::W4re, Column::W4suf, Column::W5re, Column::W5suf];

/// Measures both engines, and prints a table.
///
/// # Errors
/// If an engine refuses a payload, or the engines give different answers.
pub fn run(rounds: usize) -> Result<(), String> {
    compare()?;
    let suite = Suite::default();
    let mut benches = suite.benches::<Ours>(&MEASURED)?;
    // The crate's evaluation of all flags is another call, with a row of its own.
    let peer = suite.benches::<Peer>(&MEASURED)?;
    benches.extend(peer.into_iter().filter(|bench| bench.row == Peer::NAME));
    benches.push(explanation(&suite)?);
    let mut names: Vec<&str> = benches.iter().map(|bench| name(bench.column)).collect();
    for (name, payload) in [(TARGETS, targets()), (SEGMENT, segment())] {
        benches.push(lists::<Ours>(&payload)?);
        benches.push(lists::<Peer>(&payload)?);
        names.extend([name, name]);
    }
    benches.push(replacement()?);
    names.push(REPLACED);
    harness::run(&mut benches, rounds);
    let mut times: Times = names
        .iter()
        .zip(&benches)
        .map(|(name, bench)| ((*name, bench.row), least(bench)))
        .collect();
    let loaders = [Loader::new::<Ours>(1000), Loader::new::<Peer>(1000)];
    for (row, time) in Loader::run(loaders.into_iter().flatten().collect(), rounds.div_ceil(4)) {
        times.insert((LOAD, row), time);
    }
    println!("{:<38} {:>10} {:>10} {:>7} {:>7}", "workload", "fh-eval", "crate", "ratio", "goal");
    for (name, goal) in GOALS {
        let of = |row| time(&times, name, row);
        print(name, of(Ours::NAME), of(Peer::NAME), &Goal::AtLeast(goal));
    }
    let of = |workload| time(&times, workload, Ours::NAME);
    println!("{:<38} {:>10} {:>10}", "", "evaluate", "explain");
    print(EXPLAIN, of("W4re"), of(EXPLAIN), &Goal::AtMost(20.0));
    let missed = if of(REPLACED) > REPLACEMENT { "  MISSED" } else { "" };
    println!("{REPLACED:<38} {:>10}, goal ≤ {}{missed}", nanos(of(REPLACED)), nanos(REPLACEMENT));
    Ok(())
}

fn explanation(suite: &Suite) -> Result<Bench, String> {
    let engine = suite.load::<Ours>(Email::Regex)?.ok_or("no payload")?;
    let (user, key) =
        (Ours::user(&suite.user), suite.key(Column::Explain).ok_or("one flag")?.to_owned());
    Ok(bench(Ours::NAME, Column::Explain, move || {
        engine.0.get(black_box(&key)).map(|flag| explain(flag, black_box(&user)))
    }))
}

/// Compares the answers of both engines for all flags and users.
fn compare() -> Result<(), String> {
    let mut payloads: Vec<(String, Vec<String>)> = Vec::new();
    for email in [Email::Regex, Email::Suffix] {
        let workload = harness::workload::standard(1000, email);
        let keys = workload.flags.iter().map(|flag| flag.key.clone()).collect();
        payloads.push((harness::workload::render::featbit::render(&workload), keys));
    }
    payloads.extend([targets(), segment()].map(|payload| (payload, vec!["flag".to_owned()])));
    for (payload, keys) in payloads {
        let (ours, theirs) = (Ours::load(payload.clone())?, Peer::load(payload)?);
        for user in users() {
            let (a, b) = (ours.context(&user), theirs.context(&user));
            if let Some(key) = keys.iter().find(|key| ours.is_on(key, &a) != theirs.is_on(key, &b))
            {
                return Err(format!("{key}: the answers for {} differ", user.userkey));
            }
        }
    }
    Ok(())
}

/// Returns the keys of 1,000 users, of which the last one is the user of the benches.
fn keys() -> Vec<String> {
    let mut keys: Vec<String> = (0..999).map(|number| format!("user-{number:05}")).collect();
    keys.push(users()[0].userkey.clone());
    keys
}

fn flag(key: &str, targets: Value, rules: Value) -> Value {
    json!({
        "id": key, "key": key, "updatedAt": 1, "variationType": "boolean", "isEnabled": true, "disabledVariationId": "off",
        "variations": [{"id": "on", "value": "true"}, {"id": "off", "value": "false"}], "targetUsers": targets, "rules": rules,
        "fallthrough": {"includedInExpt": false, "variations": whole("off")}, "exptIncludeAllTargets": false, "isArchived": false,
    })
}

fn whole(id: &str) -> Value {
    json!([{"id": id, "rollout": [0.0, 1.0], "exptRollout": 0.0}])
}

fn payload(flags: Vec<Value>, segments: Value) -> String {
    let data = json!({"eventType": "full", "featureFlags": flags, "segments": segments});
    json!({"messageType": "data-sync", "data": data}).to_string()
}

fn targets() -> String {
    payload(
        vec![flag("flag", json!([{"keyIds": keys(), "variationId": "on"}]), json!([]))],
        json!([]),
    )
}

fn members() -> Value {
    json!({"id": "beta", "updatedAt": 1, "included": keys(), "excluded": [], "rules": [], "isArchived": false})
}

fn segment_flag(key: &str) -> Value {
    let condition = json!({"property": "User is in segment", "op": "", "value": "[\"beta\"]"});
    flag(
        key,
        json!([]),
        json!([{"name": "r", "includedInExpt": false, "conditions": [condition], "variations": whole("on")}]),
    )
}

fn segment() -> String {
    payload(vec![segment_flag("flag")], json!([members()]))
}

fn lists<E: Engine>(payload: &str) -> Result<Bench, String> {
    let engine = E::load(payload.to_owned())?;
    let (flag, context) = (engine.flag("flag"), engine.context(&users()[0]));
    Ok(bench(E::NAME, Column::W1, move || engine.is_on(black_box(&flag), black_box(&context))))
}

/// Replaces the one segment that 1,000 flags name.
fn replacement() -> Result<Bench, String> {
    let flags = (0..1000).map(|number| segment_flag(&format!("flag-{number}"))).collect();
    let before = Ours::load(payload(flags, json!([members()])))?.0;
    let json = RawValue::from_string(members().to_string()).map_err(|why| why.to_string())?;
    let segment =
        Compiler::new(Profile::Server).segment(&json).map_err(|why| format!("{why:?}"))?;
    Ok(bench(Ours::NAME, Column::W1, move || {
        black_box(&before).with_segment("beta", Some(black_box(&segment)))
    }))
}
