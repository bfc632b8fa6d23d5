//! Any bytes as a state file: they are rejected without revealing a secret, or the state survives serialization.

use fh_edge::state::State;
use fh_edge::state::file::{Form, Options};

/// A text that no input contains by chance.
const SECRET: &str = "x7-s3cr3t-9";

pub fn run(bytes: &[u8]) {
    let options = Options::new().secrets(|name| match name {
        "CLIENT" => Some(format!("{SECRET}*")),
        "SERVER" => Some(SECRET.to_owned()),
        "ID" => Some("71ed3c04-122b-4312-9ea8-06b2b8d6ceac".to_owned()),
        "BAD" => Some(format!("{SECRET} {SECRET}")),
        _ => None,
    });
    let told = match State::from_bytes(bytes, &options) {
        Err(error) => {
            assert!(!error.problems().is_empty());
            error.problems().to_vec()
        }
        Ok(parsed) => {
            let json = serde_json::to_string(&parsed.state).expect("a state can be written");
            let again: State = serde_json::from_str(&json).expect("what was written can be read");
            assert_eq!(again, parsed.state);
            // A `$` in a text begins the name of a secret when it is read as a file. Large files are rejected.
            if parsed.form == Form::State && !json.contains('$') && json.len() < 1 << 20 {
                let read = State::from_text(&json, &options).expect("it is a state file as well");
                assert_eq!(read.state, parsed.state);
            }
            parsed.warnings
        }
    };
    assert!(told.len() <= 1_000);
    for problem in told {
        let line = problem.to_string();
        assert!(
            !line.contains(SECRET) || bytes.windows(SECRET.len()).any(|at| at == SECRET.as_bytes()),
            "{line}"
        );
        assert!(line.len() < 65_536, "{}", line.len());
    }
}
