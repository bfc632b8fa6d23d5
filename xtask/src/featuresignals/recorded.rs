//! The recorded requests, and their answers byte by byte.

use std::fs;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::http::{Answer, get, post};
use super::live_server::{LiveServer, hexadecimal};
use crate::output::say;
use crate::shell::root;

/// The recorded requests and answers.
const ANSWERS: &str = "conformance/data/imported/featuresignals-live/answers-1.json";
/// The number of different answers that are printed.
const SHOWN: usize = 3;
/// The number of characters that are printed of an answer.
const SHOWN_LENGTH: usize = 600;

#[derive(Deserialize)]
struct Answers {
    flag_keys: Box<RawValue>,
    steps: Vec<Step>,
}

/// The requests for one context.
#[derive(Deserialize)]
struct Step {
    context: Box<RawValue>,
    bulk: Recorded,
    client: Recorded,
    single: Vec<Recorded>,
}

#[derive(Deserialize)]
struct Recorded {
    /// The path of a request for the map of a client, else empty.
    #[serde(default)]
    path: String,
    /// The flag of a request for a single flag.
    flag_key: Option<Box<RawValue>>,
    /// The SHA-256 of the answer's bytes.
    sha256: String,
    /// The decoded answer.
    body: Box<RawValue>,
}

/// The numbers of one kind of requests.
struct Count {
    kind: &'static str,
    requests: usize,
    equal: usize,
}

/// Sends the recorded requests to the server, and prints how many answers have the recorded bytes.
///
/// # Errors
/// An answer differs.
pub(super) fn replay(server: &LiveServer) -> Result<(), String> {
    let failed = |why: &dyn std::fmt::Display| format!("{ANSWERS}: {why}");
    let text = fs::read_to_string(root().join(ANSWERS)).map_err(|why| failed(&why))?;
    let answers: Answers = serde_json::from_str(&text).map_err(|why| failed(&why))?;
    let (address, key) = (server.address(), format!("X-API-Key: {}\r\n", server.api_key()));
    let mut counts = ["bulk", "client", "single"].map(Count::new);
    let [bulk, client, single] = &mut counts;
    let keys = answers.flag_keys.get();
    for step in &answers.steps {
        let context = step.context.get();
        let body = format!(r#"{{"flag_keys":{keys},"context":{context}}}"#);
        bulk.add(post(address, "/v1/evaluate/bulk", &key, &body)?, &step.bulk, context);
        let path = &step.client.path;
        client.add(get(address, path, &key)?, &step.client, path);
        for recorded in &step.single {
            let flag_key = recorded.flag_key.as_deref().map_or("null", RawValue::get);
            let body = format!(r#"{{"flag_key":{flag_key},"context":{context}}}"#);
            single.add(post(address, "/v1/evaluate", &key, &body)?, recorded, &body);
        }
    }
    say!("\n{}", table(&counts));
    let different: usize = counts.iter().map(|count| count.requests - count.equal).sum();
    match different {
        0 => Ok(()),
        _ => Err(format!("{different} answers differ from the recorded ones")),
    }
}

impl Count {
    fn new(kind: &'static str) -> Self {
        Self { kind, requests: 0, equal: 0 }
    }

    /// Adds an answer, and prints it if it is one of the first that differ.
    fn add(&mut self, answer: Answer, recorded: &Recorded, request: &str) {
        self.requests += 1;
        let digest = hexadecimal(&hmac_sha256::Hash::hash(&answer.body));
        if answer.status == 200 && digest == recorded.sha256 {
            self.equal += 1;
        } else if self.requests - self.equal <= SHOWN {
            let start = |text: &str| text.chars().take(SHOWN_LENGTH).collect::<String>();
            let (kind, status) = (self.kind, answer.status);
            let given = String::from_utf8_lossy(&answer.body);
            say!("{kind}, {}", start(request));
            say!("    recorded: 200 {}", start(recorded.body.get()));
            say!("    given:    {status} {}", start(given.trim_end()));
        }
    }
}

/// Returns the table of the numbers.
fn table(counts: &[Count]) -> String {
    let line =
        |kind: &str, requests: &str, equal: &str| format!("{kind:<8}{requests:>8}{equal:>13}");
    let row =
        |count: &Count| line(count.kind, &count.requests.to_string(), &count.equal.to_string());
    let all = Count {
        kind: "all",
        requests: counts.iter().map(|count| count.requests).sum(),
        equal: counts.iter().map(|count| count.equal).sum(),
    };
    let mut lines = vec![line("kind", "requests", "equal bytes")];
    lines.extend(counts.iter().map(row));
    lines.push(row(&all));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_aligned_columns() {
        let counts = [
            Count { kind: "bulk", requests: 150, equal: 149 },
            Count { kind: "single", requests: 600, equal: 600 },
        ];
        let expected = "\
kind    requests  equal bytes
bulk         150          149
single       600          600
all          750          749";
        assert_eq!(table(&counts), expected);
    }
}
