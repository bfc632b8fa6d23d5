//! `cargo xtask simulate`: runs the session's simulation with mutants of the session. Each mutant must be found.

use crate::shell::{Run, target_folder};

pub(crate) fn run() -> Result<(), String> {
    // The session is compiled with another configuration, so this build has a target folder of its own.
    Run::new("cargo test --locked -p fh-session --test simulation -- --nocapture")
        .env("RUSTFLAGS", "--cfg planted_bugs")
        .env("CARGO_TARGET_DIR", &target_folder().join("planted").display().to_string())
        .go()
}
