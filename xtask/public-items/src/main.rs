//! `public-items check CRATE=FOLDER...` compares the public items of each crate with the lists in its folder, and `public-items write`
//! rewrites the lists. `cargo xtask api` runs this program.
//!
//! It is a crate of its own, so that `xtask` builds without its dependencies.
#![forbid(unsafe_code)]

mod items;
mod lists;
mod rustdoc;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lists::{Crate, Mode};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mode = match arguments.next().as_deref() {
        Some("check") => Some(Mode::Check),
        Some("write") => Some(Mode::Write),
        _ => None,
    };
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().unwrap_or(root);
    let crates = arguments.map(|argument| {
        let (name, folder) = argument.split_once('=')?;
        Some(Crate { name: name.to_string(), folder: root.join(folder) })
    });
    let crates: Option<Vec<Crate>> = crates.collect();
    let (Some(mode), Some(crates)) = (mode, crates.filter(|crates| !crates.is_empty())) else {
        eprintln!("public-items check|write CRATE=FOLDER...");
        return ExitCode::FAILURE;
    };
    match run(&root, &crates, mode) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(root: &Path, crates: &[Crate], mode: Mode) -> Result<(), String> {
    let names: Vec<&str> = crates.iter().map(|found| found.name.as_str()).collect();
    let folder = rustdoc::write_json(root, &names)?;
    if let Some(form) = rustdoc::unreadable_form(&folder, &names)? {
        println!(
            "\n    *** public items NOT CHECKED: rustdoc writes form {form} of its JSON, and the pinned public-api reads form {} ***",
            rustdoc_types::FORMAT_VERSION
        );
        return Ok(());
    }
    lists::run(crates, &folder, mode)
}
