//! The crates of the workspace, their folders, and their dependencies on each other, as Cargo describes them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::shell::{Run, root};

/// The crates of the workspace by their names.
pub(crate) struct Crates(BTreeMap<String, Crate>);

struct Crate {
    folder: String,
    is_published: bool,
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
    /// The registries to which the crate may be published; none for `publish = false`.
    publish: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    path: Option<String>,
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
    pub(crate) fn read() -> Result<Self, String> {
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
            (package.name, Crate { folder, is_published: package.publish.is_none(), needs })
        });
        Ok(Self(crates.collect()))
    }

    /// Returns the folders of these crates and of all crates below them. The tests of the crates themselves count, those of the others do not.
    pub(crate) fn folders(&self, names: &[&str]) -> Vec<&str> {
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

    /// Returns the folder of a crate.
    pub(crate) fn folder(&self, name: &str) -> Result<&str, String> {
        let of = self.0.get(name).ok_or_else(|| format!("there is no crate {name}"))?;
        Ok(&of.folder)
    }

    /// Returns the names of the crates that are published.
    pub(crate) fn published(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, of)| of.is_published).map(|(name, _)| name.as_str())
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
                let depends = |(other, _): &(String, Needed)| {
                    changed.contains(other.as_str()) || found.contains(other.as_str())
                };
                if !changed.contains(name.as_str()) && of.needs.iter().any(depends) {
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
        let of = |(folder, name, needs): (&str, &str, &[(&str, Needed)])| {
            let needs = needs.iter().map(|(name, needed)| ((*name).to_string(), *needed)).collect();
            let folder = folder.to_string();
            (name.to_string(), Crate { folder, is_published: false, needs })
        };
        let rows = [
            ("eval", "fh-eval", &[][..]),
            ("client", "fh-client", &[("fh-eval", Needed::Always)]),
            ("cli", "fh-cli", &[("fh-client", Needed::ByTests)]),
            ("tests/inner", "inner", &[]),
            ("tests", "outer", &[]),
        ];
        Crates(rows.map(of).into())
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
            let others: Vec<&String> = crates.0[name]
                .needs
                .iter()
                .map(|(other, _)| other)
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
