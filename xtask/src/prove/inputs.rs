//! The files that decide about a deep part: those of its crates, of the crates below them, and of further folders.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use serde::Deserialize;

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

/// The folder and the dependencies of each crate of the project by its name.
struct Crates(BTreeMap<String, Crate>);

struct Crate {
    folder: String,
    /// The names of the crates of the project that it needs, and whether only its tests need them.
    needs: Vec<(String, Needed)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    Always,
    ByTests,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    path: Option<String>,
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

impl Crates {
    fn read() -> Result<Self, String> {
        let text = Run::new("cargo metadata --locked --no-deps --format-version 1").output()?;
        let metadata: Metadata =
            serde_json::from_str(&text).map_err(|why| format!("cargo metadata: {why}"))?;
        let root = root().canonicalize().map_err(|why| why.to_string())?;
        let crates = metadata.packages.into_iter().map(|package| {
            let folder = Path::new(&package.manifest_path).parent().unwrap_or(&root);
            let folder = folder.strip_prefix(&root).unwrap_or(folder).display().to_string();
            let needs = package.dependencies.into_iter().filter(|of| of.path.is_some());
            let needed = |kind: Option<String>| match kind.as_deref() {
                Some("dev") => Needed::ByTests,
                _ => Needed::Always,
            };
            let needs = needs.map(|of| (of.name, needed(of.kind))).collect();
            (package.name, Crate { folder, needs })
        });
        Ok(Self(crates.collect()))
    }

    /// Returns the folders of these crates and of all crates below them. The tests of the crates themselves count, those of the others do not.
    fn folders(&self, names: &[&str]) -> Vec<&str> {
        let mut found: BTreeMap<&str, &str> = BTreeMap::new();
        let mut open: Vec<(&str, bool)> = names.iter().map(|name| (*name, true)).collect();
        while let Some((name, with_tests)) = open.pop() {
            let Some((name, of)) = self.0.get_key_value(name) else { continue };
            if found.insert(name, &of.folder).is_some() && !with_tests {
                continue;
            }
            let needs =
                of.needs.iter().filter(|(_, needed)| with_tests || *needed == Needed::Always);
            open.extend(needs.map(|(name, _)| (name.as_str(), false)));
        }
        found.into_values().collect()
    }
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
                assert!(tree.crates.0.contains_key(*of), "{name}: there is no crate {of}");
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
