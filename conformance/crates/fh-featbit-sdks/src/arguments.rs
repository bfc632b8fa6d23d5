//! The command line.

use std::path::PathBuf;

const USAGE: &str = "\
usage: fh-featbit-sdks adapter
       fh-featbit-sdks compare --data FOLDER [--faults ours|all] [--server PROGRAM] --ours NAME COMMAND --published NAME COMMAND ...
       fh-featbit-sdks start with the options of compare

`adapter` runs our client, driven by lines of JSON. `compare` runs adapters against test servers and prints tables. `start` prints one of
them, the start with 3,000 flags. COMMAND is a line of the shell. FOLDER is conformance/data. PROGRAM is `fh-test-featbit`; with it, the faults include those that last a minute. The program fails if one of our clients misses anything.";

/// A command of the program.
pub(crate) enum Command {
    Adapter,
    Compare(Arguments),
    Start(Arguments),
}

/// The arguments of `compare`.
pub(crate) struct Arguments {
    pub(crate) data: PathBuf,
    pub(crate) sdks: Vec<Sdk>,
    pub(crate) faults: Faults,
    /// The program of the test server, for the faults that need it as a process.
    pub(crate) server: Option<PathBuf>,
}

/// An SDK with the command of its adapter.
#[derive(Clone)]
pub(crate) struct Sdk {
    pub(crate) name: String,
    pub(crate) command: String,
    pub(crate) owner: Owner,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Ours,
    Published,
}

/// The SDKs whose behaviour under faults is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Faults {
    Unmeasured,
    Ours,
    All,
}

impl Arguments {
    /// Parses the command line. The error is the usage.
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Command, String> {
        let mut words = words;
        let command: fn(Self) -> Command = match words.next().as_deref() {
            Some("adapter") => return Ok(Command::Adapter),
            Some("compare") => Command::Compare,
            Some("start") => Command::Start,
            _ => return Err(USAGE.to_string()),
        };
        let (mut data, mut server, mut sdks) = (None, None, Vec::new());
        let mut faults = Faults::Unmeasured;
        while let Some(option) = words.next() {
            let mut value =
                || words.next().ok_or_else(|| format!("{option} needs a value\n{USAGE}"));
            match option.as_str() {
                "--data" => data = Some(PathBuf::from(value()?)),
                "--server" => server = Some(PathBuf::from(value()?)),
                "--faults" => {
                    faults = match value()?.as_str() {
                        "ours" => Faults::Ours,
                        "all" => Faults::All,
                        _ => return Err(USAGE.to_string()),
                    }
                }
                "--ours" => {
                    sdks.push(Sdk { name: value()?, command: value()?, owner: Owner::Ours });
                }
                "--published" => {
                    sdks.push(Sdk { name: value()?, command: value()?, owner: Owner::Published });
                }
                _ => return Err(format!("there is no option {option}\n{USAGE}")),
            }
        }
        let data = data.ok_or_else(|| format!("--data is missing\n{USAGE}"))?;
        Ok(command(Self { data, sdks, faults, server }))
    }
}
