//! Mutants: deliberate bugs that prove that the tests find bugs. They stand in `mutants/*.toml` of a crate or a package, not in its sources.
//!
//! `cargo xtask mutants` writes a copy of the project into the target folder. In the copy, each edit of a mutant is written behind the
//! switch of the mutant, so that one build holds all mutants. A mutant with a `test` is applied alone to another copy (`tested.rs`).

pub(crate) mod binding;
pub(crate) mod cluster;
pub(crate) mod command;
mod copy;
pub(crate) mod edge;
pub(crate) mod engine;
mod module;
mod place;
mod rewrite;
mod table;
pub(crate) mod tested;
#[cfg(test)]
mod tests;
mod tokens;

pub(crate) use copy::write_if_changed;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::shell::{Run, root, target_folder, tracked_files};
use rewrite::Placed;
use table::{Edit, Mutant, Mutants};

/// Writes the mutated copy and returns its folder.
pub(crate) fn write_copy() -> Result<PathBuf, String> {
    let files = tracked_files()?;
    let mutants = read_tables(&files)?;
    let sources = mutated(&mutants, &read)?;
    let names: Vec<&str> = mutants.switched().map(|mutant| mutant.name.as_str()).collect();
    let modules: Vec<(String, String)> = mutants
        .0
        .iter()
        .filter(|(_, of_crate)| of_crate.is_switched())
        .map(|(folder, of_crate)| {
            (format!("{folder}/src/mutants.rs"), module::module(of_crate, &names))
        })
        .collect();
    copy::write(&files, |file| sources.get(file).cloned(), &modules)?;
    Ok(copy::folder())
}

/// Returns a run of `cargo` in the mutated copy. The copy is built in a target folder of its own.
pub(crate) fn cargo_in_copy(line: &str) -> Result<Run, String> {
    in_copy(Run::new(line))
}

/// Lets a run build and test the copy.
fn in_copy(run: Run) -> Result<Run, String> {
    let build = target_folder().join("mutants/build");
    Ok(run
        .in_folder(&write_copy()?)
        // A mutant leaves variables and code unused.
        .env("RUSTFLAGS", "--cfg mutants -A warnings")
        .env("CARGO_TARGET_DIR", &build.display().to_string()))
}

/// Fails if no mutant with a switch has this name.
pub(crate) fn find(name: &str) -> Result<(), String> {
    let is_known = mutants()?.switched().any(|mutant| mutant.name == name);
    if is_known { Ok(()) } else { Err(unknown(name)) }
}

fn unknown(name: &str) -> String {
    format!("there is no mutant {name}; `cargo xtask mutants list` lists them")
}

fn read(file: &str) -> Result<String, String> {
    fs::read_to_string(root().join(file)).map_err(|why| format!("{file}: {why}"))
}

fn mutants() -> Result<Mutants, String> {
    read_tables(&tracked_files()?)
}

fn read_tables(files: &[String]) -> Result<Mutants, String> {
    let mut mutants = Mutants::default();
    for file in files {
        let is_table = file
            .rsplit_once('/')
            .is_some_and(|(folder, name)| folder.ends_with("/mutants") && name.ends_with(".toml"));
        if is_table {
            mutants.add(file, &read(file)?)?;
        }
    }
    Ok(mutants)
}

/// Returns the text of each file that a mutant or a helper changes, and of the root of each mutated crate.
fn mutated(
    mutants: &Mutants,
    read: &dyn Fn(&str) -> Result<String, String>,
) -> Result<BTreeMap<String, String>, String> {
    let mut by_file: BTreeMap<&str, Vec<(&str, &Edit)>> = BTreeMap::new();
    for mutant in mutants.switched() {
        for edit in &mutant.edits {
            by_file.entry(&edit.file).or_default().push((&mutant.name, edit));
        }
    }
    let (mut sources, mut mistakes) = (BTreeMap::new(), Vec::new());
    for (file, edits) in by_file {
        let source = match read(file) {
            Ok(source) => source,
            Err(why) => {
                mistakes.extend(edits.iter().map(|(name, edit)| mistake(name, edit, &why)));
                continue;
            }
        };
        let mut placed = Vec::new();
        for (mutant, edit) in edits {
            match place::place(edit, &source) {
                Ok(range) => placed.push(Placed { mutant, edit, range }),
                Err(why) => mistakes.push(mistake(mutant, edit, &why)),
            }
        }
        match rewrite::with_switches(&source, placed) {
            Ok(source) => drop(sources.insert(file.to_string(), source)),
            Err(why) => mistakes.push(why),
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes.join("\n\n"));
    }
    let mut append = |file: &str, code: &str| -> Result<(), String> {
        if !sources.contains_key(file) {
            sources.insert(file.to_string(), read(file)?);
        }
        if let Some(source) = sources.get_mut(file) {
            source.push_str(&format!("\n{}\n", code.trim()));
        }
        Ok(())
    };
    for (folder, of_crate) in mutants.0.iter().filter(|(_, of_crate)| of_crate.is_switched()) {
        for helper in &of_crate.helpers {
            append(&helper.file, &helper.code)
                .map_err(|why| format!("{}: the file of a helper: {why}", helper.at))?;
        }
        append(&format!("{folder}/src/lib.rs"), "pub mod mutants;")?;
    }
    Ok(sources)
}

/// Describes an edit that does not apply: where it is written, which code it looks for, and what to do.
fn mistake(mutant: &str, edit: &Edit, why: &str) -> String {
    let piece = &edit.piece;
    let find = format!("{}«{}»{}", piece.before, piece.marked, piece.after);
    let find: String =
        find.trim().lines().map(|line| format!("\n    {}", line.trim_end())).collect();
    let package = edit.at.split('/').nth(1).unwrap_or_default();
    let command = match edit.item {
        Some(_) if edit.at.starts_with("server/") => "mutants run fh-edge".to_string(),
        Some(_) => "simulate".to_string(),
        None => format!("mutants run {package}"),
    };
    format!(
        "{}: mutant {mutant}: {why}:{find}\nIf the code was changed, change `file`, `in`, `find` and `with` so that the mutant \
         breaks the same rule again. Then run `cargo xtask {command} {mutant}`.",
        edit.at
    )
}

/// Returns the text of each file that a mutant changes: the original, and the one with all edits of the mutant.
fn changed(
    mutants: &Mutants,
    name: &str,
    read: &dyn Fn(&str) -> Result<String, String>,
) -> Result<BTreeMap<String, (String, String)>, String> {
    let mutant = mutants.named(name).ok_or_else(|| unknown(name))?;
    let mut sources = BTreeMap::new();
    let placed = placed(mutant, &mut sources, read)?;
    Ok(with_edits(sources, &placed))
}

/// Finds the pieces of a mutant's edits. Adds the text of each file to the sources.
fn placed<'a>(
    mutant: &'a Mutant,
    sources: &mut BTreeMap<String, String>,
    read: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Vec<Placed<'a>>, String> {
    let place = |edit: &'a Edit| {
        if !sources.contains_key(&edit.file) {
            sources.insert(edit.file.clone(), read(&edit.file)?);
        }
        let source = sources.get(&edit.file).map_or("", String::as_str);
        let range = place::place(edit, source).map_err(|why| mistake(&mutant.name, edit, &why))?;
        Ok(Placed { mutant: &mutant.name, edit, range })
    };
    mutant.edits.iter().map(place).collect()
}

/// Returns the text of each file: the original, and the one with these edits, none of which overlap.
fn with_edits(
    sources: BTreeMap<String, String>,
    placed: &[Placed<'_>],
) -> BTreeMap<String, (String, String)> {
    let changed = sources.into_iter().map(|(file, source)| {
        let mut edits: Vec<_> = placed.iter().filter(|placed| placed.edit.file == file).collect();
        // From the last edit to the first one, so that the ranges stay valid.
        edits.sort_by_key(|placed| std::cmp::Reverse(placed.range.start));
        let with = edits.iter().fold(source.clone(), |text, edit| rewrite::plainly(&text, edit));
        (file, (source, with))
    });
    changed.collect()
}
