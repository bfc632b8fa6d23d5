//! The commented target file that `server target` prints.

use std::fmt::Write as _;

use serde_json::Value;

use crate::server::scenario::{Identifiers, StateKnowledge, standard};

/// The kind of a printed target file.
pub type Template = StateKnowledge;

const HEAD: &str = "\
# A server for `fh-conformance server run --target FILE`.
#
# ${NAME} is replaced by the environment variable NAME, so that this file holds no keys. No output of the program shows a key.
# A scenario that needs something that this file lacks is reported as not run, with the name of what is missing.

name: my-edge                   # the subject of reports and baselines
# version: 1.2.3                # its exact version; absent: as /info/version says, or `unknown`
url: http://127.0.0.1:8085      # http://HOST[:PORT][/PREFIX]
# monitor: http://127.0.0.1:8701   # the URL of health and metrics
profile: client                 # how the server evaluates percentages: `client` hashes the id of a feature, `edge` that of its value
";

const SCENARIOS: &str = "
# The server has the state that `fh-conformance server state scenarios` prints, created by hand: its features, values, strategies,
# environments and accounts, under ids and keys of the server. Scenarios change its features, and restore them.
state: scenarios

environments:                   # the ids on this server
";

const UNKNOWN: &str = "
# Only keys are known. Scenarios that need certain values or strategies are not run.
state: unknown

# A key is ID/KEY, as an SDK gets it. All keys are of one environment.
accounts:
  reader:                       # may only read
    clientKey: ${READER_CLIENT_KEY}
    serverKey: ${READER_SERVER_KEY}
  # writer:                     # may read, lock, unlock and change values
  #   clientKey: ${WRITER_CLIENT_KEY}

# Features that the writer may change. They must be unlocked and have a value. Scenarios change them, and restore them.
# features:
#   boolean: MY_FLAG
#   string: MY_TEXT
#   number: MY_NUMBER
#   json: MY_JSON
";

/// Returns a commented target file.
#[must_use]
pub fn template(kind: Template) -> String {
    match kind {
        StateKnowledge::Scenarios => format!("{HEAD}{SCENARIOS}{}", names()),
        StateKnowledge::Unknown => format!("{HEAD}{UNKNOWN}"),
    }
}

/// Returns the environments and accounts of the scenarios' state.
fn names() -> String {
    let state = standard();
    let list = |name: &str| state.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    for environment in list("environments") {
        let name = text(&environment, "name");
        let _ = match &*name {
            "upstream" => writeln!(
                out,
                "  # {name}: {{ id: {}, profile: edge, splitValueId: {} }}   # the id of the value of SPLIT",
                text(&environment, "id"),
                Identifiers::standard()
                    .environments
                    .get("upstream")
                    .and_then(|known| known.split_value_id.clone())
                    .unwrap_or_default()
            ),
            _ => writeln!(out, "  {name}: {}", text(&environment, "id")),
        };
    }
    out.push_str("\naccounts:                       # the keys without the environment; the same for all its environments\n");
    for account in list("accounts") {
        let name = text(&account, "name");
        let mut permissions: Vec<String> = Vec::new();
        for (id, list) in
            account.get("permissions").and_then(Value::as_object).into_iter().flatten()
        {
            let known = Identifiers::standard().environments.iter();
            let names = known.filter(|(_, known)| known.id == *id).map(|(name, _)| name.as_str());
            let list: Vec<&str> =
                list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            permissions.extend(names.map(|name| format!("{name} {}", list.join("+"))));
        }
        let _ = writeln!(out, "  {name}:   # {}", permissions.join(", "));
        for (member, kind) in [("clientKey", "CLIENT"), ("serverKey", "SERVER")] {
            if account.get(member).is_some() {
                let variable = name.to_uppercase().replace('-', "_");
                let _ = writeln!(out, "    {member}: ${{{variable}_{kind}_KEY}}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::target::TargetFile;

    fn variable(name: &str) -> Option<String> {
        let star = if name.contains("CLIENT") { "*" } else { "" };
        Some(format!("{name}{star}"))
    }

    #[test]
    fn the_printed_files_are_valid() {
        let text = template(StateKnowledge::Scenarios);
        let file = TargetFile::parse(&text, &variable).unwrap();
        assert_eq!(file.identifiers.lacks(), ["environments.upstream"]);
        let whole = text.replace("  # upstream:", "  upstream:");
        let file = TargetFile::parse(&whole, &variable).unwrap();
        assert!(file.identifiers.lacks().is_empty());
        let key = |name: &str| {
            let star = if name.contains("CLIENT") { "*" } else { "" };
            Some(format!("6f1c0a52-8d3e-4b7f-9a10-2b3c4d5e6f01/{name}{star}"))
        };
        let text = template(StateKnowledge::Unknown);
        let file = TargetFile::parse(&text, &key).unwrap();
        assert!(file.identifiers.features.is_empty());
        let features =
            "# writer# features#   boolean#   string#   number#   json#   clientKey: ${W";
        let whole = features.split('#').skip(1).fold(text, |text, line| {
            let line = line.trim_start();
            text.replace(&format!("# {line}"), line)
                .replace(&format!("#   {line}"), &format!("  {line}"))
        });
        let file = TargetFile::parse(&whole, &key).unwrap();
        assert_eq!(file.identifiers.features.len(), 4);
        assert!(file.identifiers.accounts["writer"].client.is_some());
    }

    #[test]
    fn no_file_holds_a_key() {
        for kind in [StateKnowledge::Scenarios, StateKnowledge::Unknown] {
            let text = template(kind);
            for (name, secret) in Identifiers::standard().secrets() {
                assert!(!text.contains(secret), "{name}");
            }
        }
    }
}
