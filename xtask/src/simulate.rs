//! `cargo xtask simulate`: the session's simulation with bugs planted one by one, each of which has to be found.

use crate::shell::{Run, target_folder};

pub(crate) fn run() -> Result<(), String> {
    // Another build of the session, so a folder of its own.
    Run::new("cargo test --locked -p fh-session --test simulation -- --nocapture")
        .env("RUSTFLAGS", "--cfg planted_bugs")
        .env("CARGO_TARGET_DIR", &target_folder().join("planted").display().to_string())
        .go()
}
