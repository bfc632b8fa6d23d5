//! `cargo xtask test`: runs all checks that must pass before a change is merged.

use crate::fast;
use crate::install::{self, Installing};
use crate::part::chosen;
use crate::schedule;
use crate::shell::in_ci;
use crate::{deep, prove};

const COMMAND: &str = "cargo xtask test";

/// Runs all parts, or the named ones. In CI, a whole run also runs deep parts.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let (flags, named): (Vec<String>, Vec<String>) =
        arguments.iter().cloned().partition(|argument| argument.starts_with("--"));
    match flags.as_slice() {
        [] => install::decide(Installing::Allowed),
        [flag] if *flag == "--without-install" => install::decide(Installing::Forbidden),
        [flag, ..] => return Err(format!("there is no flag {flag}; there is --without-install")),
    }
    if let Some(deep) = deep::parts().iter().find(|part| named.iter().any(|name| name == part.name))
    {
        let (name, command) = (deep.name, prove::COMMAND);
        return Err(format!("`{name}` is a deep part: run `{command} \"{name}\"`"));
    }
    let parts = chosen(fast::parts(), &named)?;
    install::announce_missing(&parts);
    let done = schedule::run_all(&parts, COMMAND);
    match in_ci() && named.is_empty() {
        // The deep parts run even if a part failed, so that one run names every failure.
        true => match (done, prove::run_in_ci()) {
            (Err(fast), Err(deep)) => Err(format!("{fast}\n\n{deep}")),
            (fast, deep) => fast.and(deep),
        },
        false => done,
    }
}
