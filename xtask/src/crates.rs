//! The crates of the workspace, their folders, and their dependencies on each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::shell::{root, tracked_files};

/// The crates of the workspace: the folder, the name and the dependencies within the workspace of each.
pub(crate) struct Crates(BTreeMap<String, Crate>);

struct Crate {
    folder: String,
    dependencies: BTreeSet<String>,
}

/// Returns the value of `name = "…"` of a manifest's first table.
fn package_name(manifest: &str) -> Option<&str> {
    let line = manifest.lines().find(|line| line.starts_with("name = "))?;
    line.split('"').nth(1)
}

/// Returns the names on the left of the manifest's dependency tables, of builds and of tests too.
fn dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let mut is_table = false;
    manifest.lines().filter_map(move |line| {
        if line.starts_with('[') {
            is_table = line.contains("dependencies]");
            return None;
        }
        let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
        (is_table && !name.is_empty() && !name.starts_with('#')).then_some(name)
    })
}

/// A change of the root's manifest and of the lock file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RootChange {
    /// Neither file changed, or a member or dependencies were only added. A crate that takes one of them has changed itself.
    OnlyAdded,
    ForAll,
}

impl RootChange {
    /// Reads the diff of both files. Lines that were added to the lists of members and of dependencies, and lines that were added
    /// to the lock file, concern no crate that has not changed itself.
    pub(crate) fn of(diff: &str) -> Self {
        let (mut table, mut is_lock) = (String::new(), false);
        for line in diff.lines() {
            if let Some(file) = line.strip_prefix("+++ b/") {
                (is_lock, table) = (file == "Cargo.lock", String::new());
            } else if line.starts_with("---") || line.starts_with("diff ") {
                continue;
            } else if line.starts_with('-') {
                return Self::ForAll;
            } else if let Some(heading) = line.get(1..).filter(|rest| rest.starts_with('[')) {
                table = heading.to_string();
            } else if let Some(added) = line.strip_prefix('+') {
                let is_member = table == "[workspace]" && added.trim_start().starts_with('"');
                let is_dependency = table == "[workspace.dependencies]";
                if !(is_lock || is_member || is_dependency) {
                    return Self::ForAll;
                }
            }
        }
        Self::OnlyAdded
    }
}

impl Crates {
    /// Reads the manifests that Git knows. `benches` and `conformance/fuzz` are workspaces of their own; `conformance/fuzz/targets` is a member of the main one.
    pub(crate) fn read() -> Result<Self, String> {
        let mut manifests = BTreeMap::new();
        for path in tracked_files()? {
            let Some(folder) = path.strip_suffix("/Cargo.toml") else { continue };
            if folder.starts_with("benches") || folder == "conformance/fuzz" {
                continue;
            }
            let text =
                fs::read_to_string(root().join(&path)).map_err(|why| format!("{path}: {why}"))?;
            manifests.insert(folder.to_string(), text);
        }
        Ok(Self::of(&manifests))
    }

    fn of(manifests: &BTreeMap<String, String>) -> Self {
        let names: BTreeSet<&str> =
            manifests.values().filter_map(|text| package_name(text)).collect();
        let crates = manifests.iter().filter_map(|(folder, text)| {
            let dependencies = dependencies(text)
                .filter(|name| names.contains(name))
                .map(str::to_string)
                .collect();
            let folder = folder.clone();
            Some((package_name(text)?.to_string(), Crate { folder, dependencies }))
        });
        Self(crates.collect())
    }

    /// Returns the names and folders of the crates that ship: the libraries, the integrations and the tool.
    pub(crate) fn shipped(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.0.iter().map(|(name, of)| (name.as_str(), of.folder.as_str()));
        all.filter(|(_, folder)| {
            folder.starts_with("fh-")
                || folder.starts_with("server/") && !folder.ends_with("-tests")
        })
    }

    /// Returns the names and folders of the crates that other programs link.
    pub(crate) fn libraries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.shipped().filter(|(_, folder)| root().join(folder).join("src/lib.rs").exists())
    }

    /// Returns the crate that a file belongs to: the one with the innermost folder.
    pub(crate) fn owner(&self, file: &str) -> Option<&str> {
        let owners = self.0.iter().filter(|(_, of)| Path::new(file).starts_with(&of.folder));
        owners.max_by_key(|(_, of)| of.folder.len()).map(|(name, _)| name.as_str())
    }

    /// Returns the crates that own changed files, or all crates if the root's manifest or the lock file changed for all.
    pub(crate) fn changed<'a>(
        &self,
        files: impl Iterator<Item = &'a str>,
        root: RootChange,
    ) -> BTreeSet<&str> {
        if root == RootChange::ForAll {
            return self.0.keys().map(String::as_str).collect();
        }
        files.filter_map(|file| self.owner(file)).collect()
    }

    /// Returns the crates that depend on these, directly or through others, without these themselves.
    pub(crate) fn dependents(&self, changed: &BTreeSet<&str>) -> BTreeSet<&str> {
        let mut found: BTreeSet<&str> = BTreeSet::new();
        loop {
            let before = found.len();
            for (name, of) in &self.0 {
                let depends = |other: &String| {
                    changed.contains(other.as_str()) || found.contains(other.as_str())
                };
                if !changed.contains(name.as_str()) && of.dependencies.iter().any(depends) {
                    found.insert(name);
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crates() -> Crates {
        let manifest = |name: &str, rest: &str| {
            format!(
                "[package]\nname = \"{name}\"\n[dependencies]\nserde = \"1\"\n{rest}\n[lints]\nworkspace = true\n"
            )
        };
        Crates::of(&BTreeMap::from([
            ("eval".to_string(), manifest("fh-eval", "")),
            ("client".to_string(), manifest("fh-client", "fh-eval.workspace = true")),
            (
                "cli".to_string(),
                manifest("fh-cli", "[dev-dependencies]\nfh-client = { path = \"x\" }"),
            ),
            ("tests/inner".to_string(), manifest("inner", "")),
            ("tests".to_string(), manifest("outer", "")),
        ]))
    }

    #[test]
    fn files_belong_to_the_innermost_crate() {
        let crates = crates();
        for (file, owner) in [
            ("eval/src/lib.rs", Some("fh-eval")),
            ("evaluation/x.rs", None),
            ("tests/inner/a.rs", Some("inner")),
            ("tests/a.rs", Some("outer")),
            ("README.md", None),
        ] {
            assert_eq!(crates.owner(file), owner, "{file}");
        }
    }

    #[test]
    fn crates_know_only_the_crates_below_them() {
        let crates = Crates::read().unwrap();
        for (name, allowed, page) in [
            ("fh-listen", &[][..], "docs/adr/0030-listen.md"),
            ("fh-repository", &["fh-eval"], "docs/adr/0028-repository-crate.md"),
        ] {
            let dependencies = &crates.0[name].dependencies;
            let others: Vec<&String> = dependencies
                .iter()
                .filter(|other| !allowed.contains(&other.as_str()))
                .filter(|other| *other != "fh-test" && *other != name)
                .collect();
            assert!(
                others.is_empty(),
                "{name} depends on {others:?}: let the crate above pass what it needs ({page})"
            );
        }
    }

    #[test]
    fn libraries_are_what_other_programs_link() {
        let crates = Crates::read().unwrap();
        let names = |found: Vec<(&str, &str)>| -> BTreeSet<String> {
            found.into_iter().map(|(name, _)| name.to_string()).collect()
        };
        let (libraries, shipped) = (crates.libraries().collect(), crates.shipped().collect());
        let (libraries, shipped) = (names(libraries), names(shipped));
        for name in ["fh-eval", "fh-session", "fh-client", "fh-edge", "fh-files", "fh-redis"] {
            assert!(libraries.contains(name), "{name}: {libraries:?}");
        }
        assert!(libraries.is_subset(&shipped), "{libraries:?} {shipped:?}");
        assert!(shipped.contains("fh-cli") && !libraries.contains("fh-cli"), "{libraries:?}");
        assert!(!shipped.contains("fh-test-servers") && !shipped.contains("xtask"), "{shipped:?}");
    }

    #[test]
    fn dependents_are_found_through_others_and_through_tests() {
        let crates = crates();
        let changed = crates.changed(["eval/src/lib.rs"].into_iter(), RootChange::OnlyAdded);
        assert_eq!(crates.dependents(&changed), ["fh-cli", "fh-client"].into());
        assert!(crates.dependents(&["inner"].into()).is_empty());
        assert_eq!(crates.changed(["Cargo.lock"].into_iter(), RootChange::ForAll).len(), 5);
    }

    #[test]
    fn added_members_and_dependencies_concern_no_other_crate() {
        let manifest = "diff --git a/Cargo.toml b/Cargo.toml\n--- a/Cargo.toml\n+++ b/Cargo.toml\n@@ -1,2 +1,3 @@\n";
        for (diff, change) in [
            ("", RootChange::OnlyAdded),
            (" [workspace]\n members = [\n+    \"bindings/python\",\n", RootChange::OnlyAdded),
            (" [workspace.dependencies]\n+pyo3 = \"0.30\"\n", RootChange::OnlyAdded),
            (" [workspace.dependencies]\n-a = \"1\"\n+a = \"2\"\n", RootChange::ForAll),
            (" [workspace.lints.rust]\n+unsafe_code = \"deny\"\n", RootChange::ForAll),
            ("+[profile.release]\n+lto = \"fat\"\n", RootChange::ForAll),
            ("+resolver = \"3\"\n", RootChange::ForAll),
        ] {
            assert_eq!(RootChange::of(&format!("{manifest}{diff}")), change, "{diff}");
        }
        let lock = "+++ b/Cargo.lock\n [[package]]\n+name = \"pyo3\"\n";
        assert_eq!(RootChange::of(lock), RootChange::OnlyAdded);
        assert_eq!(RootChange::of(&format!("{lock}- \"old\",\n")), RootChange::ForAll);
    }
}
