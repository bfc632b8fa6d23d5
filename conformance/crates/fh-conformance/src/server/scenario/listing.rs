//! Lists of the scenarios of servers, for the terminal and as a page.

use super::ALL;

/// Returns a line with the id and the name of each scenario.
#[must_use]
pub fn to_lines() -> String {
    ALL.iter().map(|scenario| format!("{:<11} {}\n", scenario.id, scenario.name)).collect()
}

const INTRODUCTION: &str = "\
# Server scenarios

This page lists the requirements for every Edge. Each scenario runs over real sockets, with a client that was written for the scenarios. That client sees every
byte, and can send malformed requests, which no HTTP library sends. Each request carries the scenario's id in the header `x-test-scenario` and in the baggage,
so that logs can be searched for it. The page is rendered by `fh-conformance server list --markdown`.

`fh-conformance server run` runs the scenarios against a server of one of these kinds:

* `--url http://127.0.0.1:8903` tests a running server. The server must serve the state that `fh-conformance server state scenarios` prints. Scenarios that need
  another state or other settings are reported as not run. With `--admin-key`, the scenarios that need another state run too: they replace the
  state through the admin API of this project.
* `--fh target/release/fh` starts one process of `fh serve` for each scenario. The scenarios can rewrite its state file and send it signals.
  With `--relay`, a relay in front of this process is tested.
* `--target FILE` tests any other Edge. The file has the URL of the server, and the ids and keys that the server uses for the environments and accounts of the
  scenarios. `fh-conformance server target` prints a commented file. With `state: scenarios`, the state of the scenarios was created on the server by hand. With
  `state: unknown`, only keys are known: a client-evaluated and a server-evaluated key that may read, and perhaps a key that may write, with the features that
  it may change. Each changed feature is restored after the scenario. A scenario that needs something that the file lacks is reported as not run, with the name
  of what is missing. No output shows a key: `${reader.clientKey}` stands in its place.

All kinds have the reports and the baselines of `fh-conformance sdk`: `--json`, `--junit`, `--evidence`, `--baseline`, `--write-baseline`.

CI runs the scenarios against `fh serve`, and against a relay of it.
`tests/server/targets.rs` runs them by target files: against an Edge with other ids and keys, with keys alone, and against the fake Edge, whose failures are in
`conformance/baselines/fake-edge.json`.
";

/// The beginnings of ids and the headings of the page.
const HEADINGS: [(&str, &str); 4] =
    [("S-GET-", "Polling"), ("S-SSE-", "Streams"), ("S-PUT-", "Changes"), ("S-OPS-", "Operation")];

/// Returns the scenarios as a page.
#[must_use]
pub fn to_markdown() -> String {
    let mut out = INTRODUCTION.to_owned();
    for (prefix, heading) in HEADINGS {
        out.push_str(&format!(
            "\n## {heading}\n\n| id | name | what is checked |\n|---|---|---|\n"
        ));
        for scenario in ALL.iter().filter(|scenario| scenario.id.starts_with(prefix)) {
            let (id, name, checks) = (scenario.id, scenario.name, scenario.checks);
            out.push_str(&format!("| {id} | {name} | {checks} |\n"));
        }
    }
    out
}
