//! Mutants of a package for another language over a crate of this project. Each one replaces a text of a file, and the named test must find it.

use std::path::{Path, PathBuf};

use super::copy_to;
use crate::output::say;
use crate::shell::{Run, root, target_folder, tracked_files};

/// A mutant: a text of a file that is replaced, and the test that finds it.
pub(crate) struct PackageMutant {
    pub(crate) name: &'static str,
    /// The file, from the folder of the package.
    pub(crate) file: &'static str,
    pub(crate) find: &'static str,
    pub(crate) with: &'static str,
    pub(crate) test: &'static str,
    /// A text in the output of the test that fails.
    pub(crate) found: &'static str,
}

/// A package with its mutants.
pub(crate) struct MutatedPackage {
    /// The folder in the project.
    pub(crate) folder: &'static str,
    /// The folder in the target folder that holds the copy of the project, and its build.
    pub(crate) copies: &'static str,
    /// The crate of the native library, and the library's file on Linux.
    pub(crate) library: (&'static str, &'static str),
    pub(crate) mutants: &'static [PackageMutant],
}

impl PackageMutant {
    /// Returns true for a mutant in the native library, after which no other code is compiled again.
    pub(crate) fn is_native(&self) -> bool {
        self.file.starts_with("src/")
    }
}

impl MutatedPackage {
    /// Applies each mutant in turn, those of the library first. `finds` returns true if the mutant's test, run in the copy, finds it.
    ///
    /// # Errors
    /// A test does not find its mutant, or a mutant cannot be applied.
    pub(crate) fn find_all(
        &self,
        finds: impl Fn(&PackageMutant, &Path) -> Result<bool, String>,
    ) -> Result<(), String> {
        let (native, other): (Vec<_>, Vec<_>) =
            self.mutants.iter().partition(|mutant| mutant.is_native());
        let mut missed = Vec::new();
        for mutant in native.into_iter().chain(other) {
            let copy = self.write_copy(Some(mutant))?;
            match finds(mutant, &copy)? {
                true => say!("    found: {}", mutant.name),
                false => missed.push(mutant.name),
            }
        }
        if missed.is_empty() { Ok(()) } else { Err(format!("not found: {}", missed.join("; "))) }
    }

    /// Writes a copy of the project, with a mutant if there is one, and returns its folder.
    pub(crate) fn write_copy(&self, mutant: Option<&PackageMutant>) -> Result<PathBuf, String> {
        let changed = mutant.map(|mutant| self.mutated(mutant)).transpose()?;
        let with = |file: &str| {
            changed.as_ref().filter(|(own, _)| own == file).map(|(_, text)| text.clone())
        };
        let folder = self.path("mutants")?;
        copy_to(&folder, &tracked_files()?, with)?;
        Ok(folder)
    }

    /// Builds the native library of the copy, and returns its file.
    pub(crate) fn build_library(&self, copy: &Path) -> Result<PathBuf, String> {
        let build = self.path("mutants-build")?;
        let (name, file) = self.library;
        Run::new(&format!("cargo build --locked --quiet -p {name}"))
            .env("RUSTFLAGS", "-A warnings")
            .env("CARGO_TARGET_DIR", &build.display().to_string())
            .in_folder(copy)
            .go()?;
        Ok(build.join("debug").join(file))
    }

    /// Returns the path and the text of a file with a mutant.
    fn mutated(&self, mutant: &PackageMutant) -> Result<(String, String), String> {
        let file = format!("{}/{}", self.folder, mutant.file);
        let text =
            std::fs::read_to_string(root().join(&file)).map_err(|why| format!("{file}: {why}"))?;
        match text.matches(mutant.find).count() {
            1 => Ok((file, text.replace(mutant.find, mutant.with))),
            times => {
                Err(format!("{}: {file} contains {:?} {times} times", mutant.name, mutant.find))
            }
        }
    }

    fn path(&self, name: &str) -> Result<PathBuf, String> {
        let folder = target_folder().join(self.copies).join(name);
        std::path::absolute(&folder).map_err(|why| why.to_string())
    }
}

#[cfg(test)]
mod tests {
    use crate::{kotlin, swift};

    #[test]
    fn mutants_have_their_place_in_the_sources() {
        for package in [&kotlin::mutants::MUTATED, &swift::mutants::MUTATED] {
            for mutant in package.mutants {
                assert_eq!(package.mutated(mutant).map(|_| ()), Ok(()));
            }
        }
    }
}
