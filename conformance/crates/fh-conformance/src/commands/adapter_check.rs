//! The command `adapter check`.

use clap::Args;

use super::{Ended, FAILED, INVALID, Problem, print};
use crate::adapter::AdapterCommand;
use crate::adapter_check::check;
use crate::data::{Capability, Data};
use crate::sdk::Subject;

/// Check an adapter itself.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The command that starts the adapter, split into words like a shell's and run without one.
    /// `dial CMD` starts CMD with an address to dial as its last argument. `dial` prints the address.
    #[arg(long, value_name = "CMD")]
    adapter: AdapterCommand,
}

pub(super) fn adapter_check(data: &Data, arguments: &Arguments) -> Ended {
    let checked =
        check(&arguments.adapter, &capabilities(data)?, |done| print(&format!("{done}\n")));
    Ok(if checked.is_good() { 0 } else { FAILED })
}

pub(super) fn capabilities(data: &Data) -> Result<Vec<Capability>, Problem> {
    Capability::load(data).map_err(|error| Problem::Data(vec![error]))
}

/// Checks an adapter before scenarios run, and returns the SDK behind it. Each check is shown when it is done, because an adapter that
/// starts slowly takes a minute for all of them.
pub(super) fn checked_subject(
    data: &Data,
    command: &AdapterCommand,
) -> Result<Result<Subject, u8>, Problem> {
    let capabilities = capabilities(data)?;
    eprintln!("check of the adapter");
    let checked = check(command, &capabilities, |done| eprintln!("{done}"));
    let Some(subject) = &checked.subject else {
        return Ok(Err(INVALID));
    };
    Ok(if checked.is_good() { Ok(subject.clone()) } else { Err(FAILED) })
}
