//! Control of a server by lines of JSON, so that tests in other languages can drive it. A line is an object whose member `do` is the name of a
//! command. Its answer is an object with the member `ok`, and with an `error` if that is false.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::server::recorder::{Counts, Recorder};

/// The members of a successful answer beside `ok`, or the error.
pub(crate) type Outcome = Result<Map<String, Value>, String>;

/// A server that is driven by lines of JSON.
pub(crate) trait Control {
    /// Everything that the server has seen.
    type Record: Clone + Counts + Default + Serialize;

    /// Returns the members of the first line that the program prints.
    fn greeting(&self) -> Value;

    /// Returns the record of the server.
    fn recorder(&self) -> &Recorder<Self::Record>;

    /// Executes a command other than `record` and `waitFor`. Members that it does not take are errors.
    fn command(&self, name: &str, arguments: &mut Arguments) -> Outcome;
}

/// The members of a line.
#[derive(Debug)]
pub(crate) struct Arguments(BTreeMap<String, Box<RawValue>>);

impl Arguments {
    /// Takes a member.
    pub(crate) fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, String> {
        self.optional(name)?.ok_or_else(|| format!("missing field `{name}`"))
    }

    /// Takes a member that may be absent.
    pub(crate) fn optional<T: DeserializeOwned>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, String> {
        let value = self.0.remove(name);
        value.map_or(Ok(None), |value| serde_json::from_str(value.get()).map_err(text))
    }

    fn end(&self) -> Result<(), String> {
        self.0.keys().next().map_or(Ok(()), |name| Err(format!("unknown field `{name}`")))
    }
}

/// Returns the text of an error.
pub(crate) fn text(error: impl fmt::Display) -> String {
    error.to_string()
}

/// Runs a server as a program: starts it on the port that the arguments name, prints the greeting, and executes the commands on the standard
/// input, one a line, until the input ends.
pub(crate) fn program<C: Control>(
    name: &str,
    start: impl FnOnce(u16) -> io::Result<C>,
) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let port = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Some(0),
        ["--port", number] => number.parse().ok(),
        _ => None,
    };
    let Some(port) = port else {
        eprintln!("usage: {name} [--port N]");
        return ExitCode::from(2);
    };
    match start(port).and_then(|control| serve(&control)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(control: &impl Control) -> io::Result<()> {
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
    let mut answer = Map::new();
    match executed(control, line) {
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

fn executed(control: &impl Control, line: &str) -> Outcome {
    let members = serde_json::from_str(line)
        .map_err(|error| format!("the line is no JSON object with a member \"do\": {error}"))?;
    let mut arguments = Arguments(members);
    let name: String = arguments.take("do")?;
    let members = match name.as_str() {
        "waitFor" => wait_for(control.recorder(), &mut arguments)?,
        "record" => control.recorder().read(|record| serde_json::to_value(record)).map_err(text)?,
        _ => Value::Object(control.command(&name, &mut arguments)?),
    };
    arguments.end()?;
    match members {
        Value::Object(members) => Ok(members),
        _ => Err("the record is no object".to_owned()),
    }
}

/// Waits for minimums of counts. A count whose name begins with `open` is exact.
fn wait_for<R: Clone + Counts + Default>(
    recorder: &Recorder<R>,
    arguments: &mut Arguments,
) -> Result<Value, String> {
    let timeout = arguments.optional("timeoutMs")?.unwrap_or(10_000);
    let mut wanted: Vec<(&str, usize)> = Vec::new();
    for (name, _) in R::default().counts() {
        wanted.extend(arguments.optional(name)?.map(|count| (name, count)));
    }
    arguments.end()?;
    let is_met = |record: &R| {
        let counts = record.counts();
        wanted.iter().all(|(name, count)| match name.starts_with("open") {
            true => counts.contains(&(*name, *count)),
            false => counts.iter().any(|(known, seen)| known == name && seen >= count),
        })
    };
    let record = recorder.wait(Duration::from_millis(timeout), is_met).map_err(text)?;
    let counts = record.counts().into_iter();
    Ok(counts.map(|(name, count)| (name.to_owned(), Value::from(count))).collect())
}
