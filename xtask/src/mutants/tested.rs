//! Mutants of packages in other languages. Each one is applied alone to a copy of the project, and the test that its table names must find it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::rewrite::Placed;
use super::table::Mutant;
use super::{changed, copy, mutants, placed, read, unknown, with_edits};
use crate::output::say;
use crate::shell::{Run, root, target_folder, tracked_files};

/// A package whose tables name the tests of its mutants.
pub(crate) struct TestedPackage {
    /// The folder in the project, which has the folder `mutants`.
    pub(crate) folder: &'static str,
    /// The folder in the target folder that holds the copy of the project, and its build.
    pub(crate) copies: &'static str,
}

/// A mutant, and the test that must find it.
#[derive(Clone, Copy)]
pub(crate) struct Tested<'a> {
    pub(crate) name: &'a str,
    breaks: &'a str,
    pub(crate) test: &'a str,
    /// A text in the output of the test that fails.
    pub(crate) found: Option<&'a str>,
    /// True for a mutant in the native library, after which no other code is compiled again.
    pub(crate) is_native: bool,
}

impl<'a> Tested<'a> {
    fn new(mutant: &'a Mutant) -> Option<Self> {
        let Mutant { name, breaks, test, found, edits, .. } = mutant;
        let is_native = edits.iter().all(|edit| edit.file.ends_with(".rs"));
        let (test, found) = (test.as_deref()?, found.as_deref());
        Some(Self { name, breaks, test, found, is_native })
    }
}

impl TestedPackage {
    /// Applies each mutant in turn, those of the library first, or only those with these names. `finds` returns true if the mutant's test,
    /// run in the copy, finds it.
    ///
    /// # Errors
    /// A test does not find its mutant, or a mutant cannot be applied.
    pub(crate) fn find_all(
        &self,
        names: &[&str],
        finds: impl Fn(&Tested<'_>, &Path) -> Result<bool, String>,
    ) -> Result<(), String> {
        let mutants = mutants()?;
        let all: Vec<Tested<'_>> = mutants.of(self.folder).filter_map(Tested::new).collect();
        if let Some(name) = names.iter().find(|name| all.iter().all(|mutant| mutant.name != **name))
        {
            return Err(unknown(name));
        }
        let wanted = all.iter().filter(|it| names.is_empty() || names.contains(&it.name));
        let mut wanted: Vec<&Tested<'_>> = wanted.collect();
        wanted.sort_by_key(|mutant| !mutant.is_native);
        let mut missed = Vec::new();
        for mutant in wanted {
            let mutated = changed(&mutants, mutant.name, &read)?;
            let text = |file: &str| mutated.get(file).map(|(_, text)| text.clone());
            let copy = self.write(text)?;
            let is_found = finds(mutant, &copy)?;
            let outcome = if is_found { "found" } else { "NOT FOUND" };
            say!("    {outcome:<10} {:<32} {}", mutant.name, mutant.breaks);
            if !is_found {
                missed.push(mutant.name);
            }
        }
        if missed.is_empty() { Ok(()) } else { Err(format!("not found: {}", missed.join(", "))) }
    }

    /// Writes a copy of the project without mutants, and returns its folder.
    pub(crate) fn write_copy(&self) -> Result<PathBuf, String> {
        self.write(|_| None)
    }

    /// Writes copies of the project with as many mutants at once as do not touch each other, until each mutant was in one. `check` gets the
    /// folder, and the names of the changed files from it.
    ///
    /// # Errors
    /// A mutant cannot be applied, or the check fails.
    pub(crate) fn check_together(
        &self,
        check: impl Fn(&Path, &[String]) -> Result<(), String>,
    ) -> Result<(), String> {
        let mutants = mutants()?;
        let mut sources = BTreeMap::new();
        let mut copies: Vec<Vec<Placed<'_>>> = Vec::new();
        for mutant in mutants.of(self.folder) {
            let placed = placed(mutant, &mut sources, &read)?;
            let has_room = |others: &&mut Vec<Placed<'_>>| {
                !others.iter().any(|other| placed.iter().any(|own| own.touches(other)))
            };
            match copies.iter_mut().find(has_room) {
                Some(others) => others.extend(placed),
                None => copies.push(placed),
            }
        }
        for placed in copies {
            let texts = with_edits(sources.clone(), &placed);
            let copy = self.write(|file| texts.get(file).map(|(_, text)| text.clone()))?;
            check(&copy, &texts.into_keys().collect::<Vec<_>>())?;
        }
        Ok(())
    }

    /// Returns the tests that the mutants name.
    pub(crate) fn tests(&self) -> Result<BTreeSet<String>, String> {
        Ok(mutants()?.of(self.folder).filter_map(|mutant| mutant.test.clone()).collect())
    }

    fn write(&self, changed: impl Fn(&str) -> Option<String>) -> Result<PathBuf, String> {
        let folder = self.path("mutants")?;
        copy::write_into(&folder, &root(), &tracked_files()?, changed, &[])?;
        Ok(folder)
    }

    /// Builds the crate of the copy's native library, and returns the library's file.
    pub(crate) fn build_library(
        &self,
        copy: &Path,
        name: &str,
        file: &str,
    ) -> Result<PathBuf, String> {
        let build = self.path("mutants-build")?;
        Run::new(&format!("cargo build --locked --quiet -p {name}"))
            .env("RUSTFLAGS", "-A warnings")
            .env("CARGO_TARGET_DIR", &build.display().to_string())
            .in_folder(copy)
            .go()?;
        Ok(build.join("debug").join(file))
    }

    fn path(&self, name: &str) -> Result<PathBuf, String> {
        let folder = target_folder().join(self.copies).join(name);
        std::path::absolute(&folder).map_err(|why| why.to_string())
    }
}
