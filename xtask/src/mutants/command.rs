//! `cargo xtask mutants` with its arguments.

use std::fs;
use std::io::ErrorKind;

use super::{binding, changed, cluster, edge, engine, mutants, read, write_copy, write_if_changed};
use crate::shell::{Run, target_folder};
use crate::{kotlin, swift, web};

/// Runs `cargo xtask mutants` with its arguments.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => {
            let folder = write_copy()?;
            println!("{}", folder.display());
            Ok(())
        }
        ["list"] => {
            for mutant in mutants()?.all() {
                println!("{:<26} {}", mutant.name, mutant.breaks);
            }
            Ok(())
        }
        ["show", name] => show(name),
        ["run", "fh-binding"] => binding::run(),
        ["run", "cluster", names @ ..] => cluster::run(names),
        ["run", "fh-edge", names @ ..] => edge::run(names),
        ["run", "fh-eval"] => engine::run(),
        ["run", "kotlin", names @ ..] => kotlin::prepare().and_then(|()| kotlin::mutants::run(names)),
        ["run", "swift", names @ ..] => swift::prepare().and_then(|()| swift::mutants::run(names)),
        ["run", "web", names @ ..] => web::mutants::run(names),
        _ => Err(
            "cargo xtask mutants [list | show NAME | run (fh-eval | fh-binding) | run (cluster | fh-edge | kotlin | swift | web) [NAME...]]"
                .to_string(),
        ),
    }
}

/// Prints a mutant: its effect, and its edits as a diff.
fn show(name: &str) -> Result<(), String> {
    let mutants = mutants()?;
    let files = changed(&mutants, name, &read)?;
    if let Some(mutant) = mutants.named(name) {
        println!("{}: {}", mutant.name, mutant.breaks);
    }
    let folder = target_folder().join("mutants/shown");
    if let Err(why) = fs::remove_dir_all(&folder)
        && why.kind() != ErrorKind::NotFound
    {
        return Err(format!("{}: {why}", folder.display()));
    }
    for (file, (old, new)) in files {
        write_if_changed(&folder.join("a").join(&file), old.as_bytes())?;
        write_if_changed(&folder.join("b").join(&file), new.as_bytes())?;
        let new = folder.join("b").join(&file).display().to_string();
        // Formats the file in place. If rustfmt fails or is missing, the diff shows the edits as they are written.
        Run::new("rustfmt --edition 2024 --quiet").args(&[new]).succeeds();
    }
    // Git reports texts that differ as a failure.
    let _ = Run::new("git --no-pager diff --no-index --no-prefix a b").in_folder(&folder).go();
    Ok(())
}
