//! `cargo xtask dist reproducible NAME...`: two clones of the project, in folders of different names, build the same bytes.

use std::fs;
use std::path::Path;

use super::output_folder::{SUMS, work_folder};
use crate::folders::empty_folder;
use crate::output::say;
use crate::shell::{Run, root};

/// The names of the clones. They differ in length, because a length can also be part of a file.
const CLONES: [&str; 2] = ["one", "the-other-clone"];

/// Builds the named artefacts of the newest commit in two clones, and compares the checksums of all files.
pub(super) fn run(names: &[String]) -> Result<(), String> {
    let folder = empty_folder(&work_folder()?.join("reproducible"))?;
    // Packages name the commit, and the project may get another one during the builds.
    let commit = Run::new("git rev-parse HEAD").output()?.trim_end().to_string();
    let [first, second] = CLONES.map(|clone| sums(&folder.join(clone), &commit, names));
    let (first, second) = (first?, second?);
    let differ = |line: &&str| !second.lines().any(|other| other == *line);
    let different: Vec<&str> = first.lines().filter(differ).collect();
    if different.is_empty() && first.lines().count() == second.lines().count() {
        say!("{first}    both clones built these files");
        return Ok(());
    }
    let names = |sums: &[&str]| -> String {
        sums.iter()
            .filter_map(|line| line.split_once("  "))
            .map(|(_, name)| format!("\n    {name}"))
            .collect()
    };
    Err(format!("the clones in {} built other files:{}", folder.display(), names(&different)))
}

/// Clones the project at a commit, builds the artefacts in the clone, and returns their checksums.
fn sums(clone: &Path, commit: &str, names: &[String]) -> Result<String, String> {
    let places = [root().display().to_string(), clone.display().to_string()];
    Run::new("git clone --quiet --no-hardlinks").args(&places).go()?;
    Run::new("git checkout --quiet --detach").in_folder(clone).args(&[commit.to_string()]).go()?;
    let target = clone.join("target");
    for name in names {
        Run::new("cargo xtask dist")
            .args(std::slice::from_ref(name))
            .in_folder(clone)
            .env("CARGO_TARGET_DIR", &target.display().to_string())
            .go()?;
    }
    let file = target.join("dist").join(SUMS);
    fs::read_to_string(&file).map_err(|why| format!("{}: {why}", file.display()))
}
