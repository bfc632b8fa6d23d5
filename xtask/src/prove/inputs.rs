//! The files that decide about a deep part: those of its crates, of the crates below them, and of further folders.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use crate::crates::Crates;
use crate::shell::{Run, root, tracked_files};

/// The files that change each build. Of the first, a line that names the folder of a crate counts for the parts of this crate only. Of the
/// second, only packages from elsewhere count: those of the project say nothing that their own manifests do not say.
const MANIFEST: &str = "Cargo.toml";
const LOCK: &str = "Cargo.lock";

/// The inputs of a deep part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs {
    /// The crates that the part runs or tests. All crates of the project below them count, too.
    pub(crate) crates: &'static [&'static str],
    /// Further folders and files.
    pub(crate) folders: &'static [&'static str],
}

/// The files of the checkout with their contents, and the crates.
pub(crate) struct Tree {
    /// The hash of the content of each file by its path.
    files: BTreeMap<String, String>,
    manifest: String,
    locked: String,
    crates: Crates,
    compiler: String,
}

impl Tree {
    /// Reads the checkout, changes that are not committed included.
    pub(crate) fn read() -> Result<Self, String> {
        let paths = tracked_files()?;
        let hashes = Run::new("git hash-object --").args(&paths).output()?;
        let files = paths.into_iter().zip(hashes.lines().map(str::to_string)).collect();
        let compiler = Run::new("rustc --version").output()?;
        let read = |path: &str| {
            fs::read_to_string(root().join(path)).map_err(|why| format!("{path}: {why}"))
        };
        let (manifest, locked) = (read(MANIFEST)?, from_elsewhere(&read(LOCK)?));
        Ok(Self { files, manifest, locked, crates: Crates::read()?, compiler })
    }

    /// Returns a digest of the contents of all inputs.
    pub(crate) fn digest(&self, inputs: &Inputs) -> String {
        let folders = self.crates.folders(inputs.crates);
        let within: BTreeSet<&str> =
            folders.into_iter().chain(inputs.folders.iter().copied()).collect();
        let mut hasher = DefaultHasher::new();
        (&self.compiler, &self.locked).hash(&mut hasher);
        for line in self.manifest.lines() {
            if folder_named_by(line).is_none_or(|folder| within.contains(folder)) {
                line.hash(&mut hasher);
            }
        }
        for (path, hash) in &self.files {
            if within.iter().any(|folder| Path::new(path).starts_with(folder)) {
                (path, hash).hash(&mut hasher);
            }
        }
        format!("{:016x}", hasher.finish())
    }
}

/// Returns the folder of a crate of the project that this line of the root's manifest names, as a member or as a dependency.
fn folder_named_by(line: &str) -> Option<&str> {
    let member = line.trim_start().strip_prefix('"');
    let folder = member.or_else(|| Some(line.split_once("path = \"")?.1))?;
    folder.split('"').next()
}

/// Returns the packages of a lock file that come from elsewhere.
fn from_elsewhere(lock: &str) -> String {
    lock.split("\n\n").filter(|package| package.contains("\nsource = ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deep;

    /// Returns the first file below a folder.
    fn file_in(tree: &Tree, folder: &str) -> Option<String> {
        tree.files.keys().find(|path| Path::new(path).starts_with(folder)).cloned()
    }

    #[test]
    fn a_change_in_any_folder_of_a_part_makes_the_part_due() {
        let mut tree = Tree::read().unwrap();
        for deep in deep::all() {
            let name = deep.part.name;
            for of in deep.inputs.crates {
                assert!(!tree.crates.folders(&[*of]).is_empty(), "{name}: there is no crate {of}");
            }
            let crates = tree.crates.folders(deep.inputs.crates);
            let mut folders: Vec<String> = crates.into_iter().map(str::to_string).collect();
            folders.extend(deep.inputs.folders.iter().map(ToString::to_string));
            let before = tree.digest(&deep.inputs);
            for folder in folders {
                let file = file_in(&tree, &folder);
                let file = file.unwrap_or_else(|| panic!("{name}: {folder} has no file"));
                let hash = tree.files.insert(file.clone(), "changed".to_string()).unwrap();
                assert_ne!(tree.digest(&deep.inputs), before, "{name}: {file}");
                tree.files.insert(file, hash);
            }
            assert_eq!(tree.digest(&deep.inputs), before);
        }
    }

    #[test]
    fn of_the_manifest_and_the_lock_file_of_all_only_lines_about_other_crates_do_not_count() {
        let inputs = Inputs { crates: &["fh-session"], folders: &[] };
        let digest = |manifest: fn(&str) -> String, lock: fn(&str) -> String| {
            let mut tree = Tree::read().unwrap();
            tree.manifest = manifest(&tree.manifest);
            let text = fs::read_to_string(root().join(LOCK)).unwrap();
            tree.locked = from_elsewhere(&lock(&text));
            tree.digest(&inputs)
        };
        let same: fn(&str) -> String = str::to_string;
        let before = digest(same, same);
        let other_crate =
            |text: &str| text.replacen("\"server/edge\", version", "\"x\", version", 1);
        let own_crate = |text: &str| text.replacen("\"fh-eval\", version", "\"x\", version", 1);
        let member = |text: &str| text.replacen("members = [", "members = [\n    \"x\",", 1);
        let setting = |text: &str| text.replacen("resolver = \"3\"", "resolver = \"2\"", 1);
        let needed = |text: &str| text.replacen("name = \"fh-edge\"", "name = \"x\"", 1);
        let version = |text: &str| text.replacen("checksum = \"", "checksum = \"0", 1);
        for (name, manifest, lock, counts) in [
            ("another crate", other_crate as fn(&str) -> String, same, false),
            ("the crate", own_crate, same, true),
            ("a member", member, same, false),
            ("a setting of all crates", setting, same, true),
            ("what another crate needs", same, needed, false),
            ("a package from elsewhere", same, version, true),
        ] {
            assert_eq!(digest(manifest, lock) != before, counts, "{name}");
        }
    }

    #[test]
    fn crates_below_count_with_their_own_dependencies_and_without_their_tests() {
        let tree = Tree::read().unwrap();
        let folders = tree.crates.folders(&["fh-session"]);
        for folder in
            ["fh-client/session", "fh-client/repository", "fh-eval", "conformance/crates/fh-test"]
        {
            assert!(folders.contains(&folder), "{folder}: {folders:?}");
        }
        assert!(!folders.contains(&"fh-client") && !folders.contains(&"xtask"), "{folders:?}");
        let folders = tree.crates.folders(&["fh-cli"]);
        assert!(folders.contains(&"fh-client") && folders.contains(&"server/edge"), "{folders:?}");
    }
}
