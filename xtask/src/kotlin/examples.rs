//! The examples of the pages, which a fresh Maven project runs with the packages of a repository.
//!
//! A block of Kotlin or Java with a `main` is a program. It runs as it stands, except for the URL and the API key, with the dependencies of the
//! blocks of XML. It must end by itself at the end of its input, and print the value that the Edge has for Mara.

use super::java;
use super::pages::{BANNER, COLOUR, Example, Pages};
use super::project::Project;
use super::repository::Repository;
use crate::output::say;

/// Runs the examples of all pages with the packages of a repository, which is copied first.
pub(super) fn run(repository: &Repository) -> Result<(), String> {
    let pages = Pages::read()?;
    let project = Project::create(repository)?;
    project.write_pom(&pages, "", &pages.dependencies)?;
    project.build(&pages.programs.iter().collect::<Vec<_>>(), &[])?;
    for program in &pages.programs {
        let lines = java::start("java", &project.class_path(), &program.class, &[], &[])?.rest()?;
        check(program, &lines)?;
    }
    project.delete()
}

/// Fails unless a program has printed the value of the Edge.
pub(super) fn check(program: &Example, lines: &[String]) -> Result<(), String> {
    if !lines.iter().any(|line| line.contains(COLOUR) || line.contains(BANNER)) {
        return Err(format!("{} printed {lines:?}, without {COLOUR} or {BANNER}", program.class));
    }
    say!("    {} has run against fh serve, and printed {lines:?}", program.class);
    Ok(())
}
