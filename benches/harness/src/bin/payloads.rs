//! Writes the standard payload in the formats of the engines, with the users and the answers, for benches that are written in another
//! language: `payloads FOLDER`.

use std::error::Error;
use std::fs;
use std::path::Path;

use harness::workload::{Email, Shape, Workload, render, standard, users};
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("name the folder to write to")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let write = |name: &str, text: String| fs::write(folder.join(name), text);
    for (name, flags, email) in [
        ("regex", 1000, Email::Regex),
        ("suffix", 1000, Email::Suffix),
        ("columns", 100, Email::Regex),
    ] {
        let workload = standard(flags, email);
        let formats = [
            ("featurehub", Some(render::featurehub::render(&workload))),
            ("unleash", Some(render::unleash::render(&workload))),
            ("eppo", render::eppo::render(&workload)),
            ("launchdarkly", Some(render::launchdarkly::render(&workload))),
            ("statsig", Some(render::statsig::render(&workload))),
            ("growthbook", render::growthbook::render(&workload)),
            ("configcat", render::configcat::render(&workload)),
            ("featbit", Some(render::featbit::render(&workload))),
            ("flipt", render::flipt::render(&workload)),
        ];
        for (format, text) in formats {
            if let Some(text) = text {
                write(&format!("{name}-{format}.json"), text)?;
            }
        }
        write(&format!("{name}.json"), described(&workload))?;
    }
    Ok(())
}

/// Returns the users, the keys that the workloads measure, and the answer of each flag for each user.
fn described(workload: &Workload) -> String {
    let users = users();
    let shapes = [
        ("W1", Shape::Plain),
        ("W2", Shape::Rollout),
        ("W3", Shape::Countries),
        ("W4", Shape::TenRules),
    ];
    let keys: serde_json::Map<String, serde_json::Value> = shapes
        .iter()
        .map(|(name, shape)| ((*name).to_owned(), json!(workload.representative(*shape).key)))
        .collect();
    let rollouts: Vec<&str> = workload
        .flags
        .iter()
        .filter(|flag| flag.shape == Shape::Rollout)
        .map(|flag| flag.key.as_str())
        .collect();
    let answers: serde_json::Map<String, serde_json::Value> = workload
        .flags
        .iter()
        .map(|flag| {
            let on: String =
                users.iter().map(|user| if flag.answer(user) { '1' } else { '0' }).collect();
            (flag.key.clone(), json!(on))
        })
        .collect();
    let version_numbers: Vec<_> = users.iter().map(|user| &user.version_number).collect();
    let described_users: Vec<_> = users
        .iter()
        .map(|user| {
            json!({"userkey": user.userkey, "country": user.country, "version": user.version,
                   "email": user.email, "plan": user.plan})
        })
        .collect();
    json!({"users": described_users, "versionNumbers": version_numbers, "keys": keys, "rollouts": rollouts,
           "answers": answers})
    .to_string()
}
