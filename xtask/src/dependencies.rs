//! The part "dependencies": lock files, licences, duplicates, advisories, and the number of crates below the session.

use crate::output::say;
use crate::shell::Run;
use crate::tools;

/// The largest number of crates that `fh-eval`, `fh-repository` and `fh-session` may need together, themselves included (decisions D-84).
const CORE_CRATES: usize = 25;

/// Installs cargo-deny.
pub(crate) fn prepare() -> Result<(), String> {
    tools::prepare()
}

/// The workspaces beside the main one, whose lock file every build checks.
const WORKSPACES: [&str; 3] = ["benches", "bindings/bindgen", "conformance/fuzz"];

pub(crate) fn check() -> Result<(), String> {
    core_size()?;
    lock_files()?;
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

/// Checks that each lock file is that of the manifests, which depend on crates of the main workspace.
fn lock_files() -> Result<(), String> {
    for workspace in WORKSPACES {
        let update = Run::new("cargo update --workspace --locked --quiet").within(workspace);
        update.go().map_err(|why| {
            format!("{why}\n{workspace}/Cargo.lock is out of date: run `cargo update --workspace` in {workspace}, and commit the file")
        })?;
    }
    Ok(())
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
