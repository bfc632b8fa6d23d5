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

`fh-conformance server run` runs the scenarios against one of two servers:

* `--url http://127.0.0.1:8903` tests a running server. The server must serve the state that `fh-conformance server state scenarios` prints. Scenarios that need
  another state or other settings are reported as not run. With `--admin-key`, the scenarios that need another state run too: they replace the
  state through the admin API of this project.
* `--fh target/release/fh` starts one process of `fh serve` for each scenario. The scenarios can rewrite its state file and send it signals.

The tests of `fh-conformance` (`tests/server/scenarios.rs`) run the scenarios against an Edge in their own process, where all scenarios can run. There, the test
of `S-GET-001` is `scenarios::s_get_001_ok`, and so on. CI runs the scenarios against a separate `fh serve` as well.
";

/// The beginnings of ids and the headings of the page.
const HEADINGS: [(&str, &str); 4] =
    [("S-GET-", "Polling"), ("S-SSE-", "Streams"), ("S-PUT-", "Changes"), ("S-OPS-", "Operation")];

/// Returns the page `docs/edge-scenarios.md`.
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
