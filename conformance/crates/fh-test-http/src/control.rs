//! Control of a server by lines of JSON, so that tests in other languages can drive it. A line is an object whose member `do` is the name of a
//! command. Its answer is an object with the member `ok`, and with an `error` if that is false.

use std::io::{self, BufRead, Write};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The members of a successful answer beside `ok`, or the error.
pub type Outcome = Result<Map<String, Value>, String>;

/// A server that is driven by lines of JSON.
pub trait Control {
    /// Returns the members of the first line that the program prints.
    fn greeting(&self) -> Value;

    /// Executes the command of this name. `line` is its whole line.
    ///
    /// # Errors
    /// Returns the reason if the command is unknown, its arguments are malformed, or it fails.
    fn command(&self, name: &str, line: &str) -> Outcome;
}

#[derive(Deserialize)]
struct Head {
    r#do: String,
}

/// Reads the arguments of a command from its line.
///
/// # Errors
/// Returns the reason if the line does not have the members of `T`.
pub fn arguments<T: DeserializeOwned>(line: &str) -> Result<T, String> {
    serde_json::from_str(line).map_err(|error| error.to_string())
}

/// Prints the greeting, and executes the commands on the standard input, one a line, until the input ends.
///
/// # Errors
/// If the input or the output fails.
pub fn serve(control: &impl Control) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{}", control.greeting())?;
    output.flush()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        writeln!(output, "{}", answer(control, &line))?;
        output.flush()?;
    }
    Ok(())
}

fn answer(control: &impl Control, line: &str) -> Value {
    let head: Result<Head, String> = serde_json::from_str(line)
        .map_err(|error| format!("the line is no JSON object with a member \"do\": {error}"));
    let mut answer = Map::new();
    match head.and_then(|head| control.command(&head.r#do, line)) {
        Ok(members) => {
            answer.insert("ok".to_owned(), true.into());
            answer.extend(members);
        }
        Err(error) => {
            answer.insert("ok".to_owned(), false.into());
            answer.insert("error".to_owned(), error.into());
        }
    }
    Value::Object(answer)
}
