//! Reads the public types from the sources, so that a new type is not forgotten.

use std::fs;
use std::path::Path;

/// The crates and the folders of their sources.
const CRATES: [(&str, &str); 10] = [
    ("fh_repository", "fh-client/repository/src"),
    ("fh_session", "fh-client/session/src"),
    ("fh_client", "fh-client/src"),
    ("fh_edge", "server/edge/src"),
    ("fh_files", "fh-client/files/src"),
    ("fh_listen", "server/listen/src"),
    ("fh_openfeature", "fh-client/integrations/openfeature/src"),
    ("fh_opentelemetry", "fh-client/integrations/opentelemetry/src"),
    ("fh_redis", "fh-client/integrations/redis/src"),
    ("fh_segment", "fh-client/integrations/segment/src"),
];

/// Types of fields that can hold a secret.
const TEXTS: [&str; 14] = [
    "String",
    "str",
    "u8",
    "Bytes",
    "Params",
    "EdgeUrl",
    "SecretUrl",
    "PathBuf",
    "ApiKey",
    "ApiKeys",
    "ServiceKey",
    "AdminKey",
    "RelayOptions",
    "Client",
];

/// Types that are not shown, with the reason.
const EXCEPTIONS: [(&str, &str); 13] = [
    ("fh_session::Event", "one event of a stream as it was received; no log or error shows it"),
    ("fh_repository::RawUpdate", "an update as it was received: features and their rules, no keys"),
    ("fh_listen::LoggedRequest", "the application's `RequestLog` removes secrets from its text"),
    ("fh_edge::Topic", "its text is a name of the program's own code, such as that of a flag"),
    (
        "fh_client::SeenRequest",
        "what a test sent to an Edge in memory, for the failures of that test",
    ),
    ("fh_repository::OverrideChanges", "its text is its name alone"),
    ("fh_session::FlagMap", "values of flags as they were received; it implements no `Debug`"),
    ("fh_client::UsedProxy", "host and port of a proxy, without its password"),
    ("fh_session::SplitList", "features of a snapshot file and their rules, no keys"),
    ("fh_edge::Survey", "names and counts that a database gives, without its address"),
    ("fh_edge::Server", "the name and the address of a server that a database gives"),
    ("fh_edge::ClusterStatus", "figures, and the name that the operator gave the server"),
    ("fh_edge::Finding", "a mistake in the features of a file, which hold no keys"),
];

/// Returns the public types that hold text or implement `Debug` by hand, such as `fh_client::Client`.
pub(crate) fn types_with_text() -> impl Iterator<Item = String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    for (package, folder) in CRATES {
        let mut files = Vec::new();
        collect(&root.join(folder), &mut files);
        let all: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        for text in &all {
            for (name, body) in declared(text) {
                let by_hand = all.iter().any(|text| text.contains(&format!("Debug for {name} ")));
                if by_hand || holds_text(body) {
                    found.push(format!("{package}::{name}"));
                }
            }
        }
    }
    assert!(found.len() > 60, "only {found:?}");
    found.retain(|name| !EXCEPTIONS.iter().any(|(exception, _)| exception == name));
    found.into_iter()
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// Returns the names of the public types of a source, with the text of their fields.
fn declared(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let starts = text.match_indices("\npub ").map(|(at, _)| &text[at + 5..]);
    starts.filter_map(|rest| {
        let rest = rest.strip_prefix("struct ").or_else(|| rest.strip_prefix("enum "))?;
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
        let (name, rest) = rest.split_at(end);
        let line = rest.lines().next()?;
        let body = match line.ends_with('{') {
            true => &rest[..rest.find("\n}")?],
            false => line,
        };
        Some((name, body))
    })
}

fn holds_text(body: &str) -> bool {
    let code = body.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .any(|word| TEXTS.contains(&word))
}
