//! The part "dependencies": licences, duplicates, advisories, and the number of crates below the session.

use crate::output::say;
use crate::shell::Run;
use crate::tools;

/// The largest number of crates that `fh-eval`, `fh-repository` and `fh-session` may need together, themselves included (decisions D-84).
const CORE_CRATES: usize = 25;

/// Installs cargo-deny.
pub(crate) fn prepare() -> Result<(), String> {
    tools::prepare()
}

pub(crate) fn check() -> Result<(), String> {
    core_size()?;
    let deny = |line: &str| tools::run("cargo-deny", &format!("deny --locked {line}"));
    deny("check bans licenses sources")?.go()?;
    // The database of advisories is on a host that some machines cannot reach.
    match deny("check advisories")?.go() {
        Ok(()) => Ok(()),
        Err(_) if !deny("fetch db")?.succeeds() => {
            say!(
                "\n    *** advisories NOT CHECKED: their database cannot be reached from this machine ***"
            );
            Ok(())
        }
        Err(why) => Err(why),
    }
}

fn core_size() -> Result<(), String> {
    let tree = Run::new("cargo tree --locked -p fh-session -e normal --prefix none").output()?;
    let mut names: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    names.sort_unstable();
    names.dedup();
    say!(
        "    fh-eval, fh-repository and fh-session need {} crates, {CORE_CRATES} at most",
        names.len()
    );
    if names.len() > CORE_CRATES || !names.contains(&"fh-session") {
        return Err(format!("too many crates: {}", names.join(" ")));
    }
    Ok(())
}
