//! `cargo xtask release VERSION`: sets the version, closes the changelog's section, commits, and tags the commit. It publishes nothing.

use std::fs;

use crate::public_items::{self, Version};
use crate::shell::{Run, root, tracked_files};
use crate::{prove, test};

const UNRELEASED: &str = "## Unreleased";
/// Workspaces with lock files of their own. Their locks hold the versions of the crates.
const WORKSPACES: [&str; 3] = ["", "benches", "conformance/fuzz"];

/// The changes of one release to files.
struct Plan {
    version: Version,
    manifest: String,
    changelog: String,
    /// The files of Maven, and the page that names the version for them, with their new texts.
    poms: Vec<(String, String)>,
}

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let (version, is_dry) = match arguments {
        [version] => (version, false),
        [version, flag] if flag == "--dry-run" => (version, true),
        _ => return Err("cargo xtask release VERSION [--dry-run]".to_string()),
    };
    let version = Version::parse(version)
        .ok_or_else(|| format!("{version} is no version of three numbers, such as 0.2.0"))?;
    let changes = Run::new("git status --porcelain").output()?;
    if !changes.is_empty() {
        return Err(format!(
            "commit these files first, because the release is a commit of its own:\n{changes}"
        ));
    }
    if Run::new(&format!("git rev-parse --verify --quiet refs/tags/v{version}")).succeeds() {
        return Err(format!("the tag v{version} exists"));
    }
    let released = public_items::last_tag()?;
    let plan = Plan::read(version, released)?;
    match released {
        Some(old) => public_items::compare(&format!("v{old}"), Some(version.step_from(old)))?,
        None => println!("    no tag v* yet: nothing to compare the public items with"),
    }
    if is_dry {
        println!("    dry run, nothing is written. The release would:");
        println!("      set the version {version} in Cargo.toml, in the lock files and for Maven");
        println!("      add the heading \"## {version}\" to CHANGELOG.md, below \"{UNRELEASED}\"");
        println!("      commit \"release: version {version}\" and tag the commit v{version}");
        return Ok(());
    }
    test::run(&[])?;
    prove::run(&[])?;
    plan.write()?;
    Run::new(
        "git add Cargo.toml CHANGELOG.md Cargo.lock benches/Cargo.lock conformance/fuzz/Cargo.lock bindings/kotlin docs/kotlin.md",
    )
    .go()?;
    let message = format!("release: version {version}");
    Run::new("git commit --quiet").args(&["-m".to_string(), message.clone()]).go()?;
    let tag = format!("v{version}");
    Run::new("git tag --annotate").args(&["-m".to_string(), message, tag.clone()]).go()?;
    println!(
        "    committed and tagged {tag}. Nothing was pushed and nothing was published: `git push --follow-tags` pushes both"
    );
    Ok(())
}

impl Plan {
    fn read(version: Version, released: Option<Version>) -> Result<Self, String> {
        let read = |file: &str| {
            fs::read_to_string(root().join(file)).map_err(|why| format!("{file}: {why}"))
        };
        let manifest = read("Cargo.toml")?;
        let current = current(&manifest).ok_or("Cargo.toml has no version of three numbers")?;
        // The first release may have the version that the manifest names already.
        if version < current || released.is_some_and(|released| version <= released) {
            return Err(format!(
                "{version} does not follow {}",
                released.unwrap_or(current).max(current)
            ));
        }
        let changelog = close_section(&read("CHANGELOG.md")?, version)?;
        let mut poms = Vec::new();
        for file in poms_of_maven()? {
            poms.push((file.clone(), set_version_of_maven(&read(&file)?, current, version)));
        }
        Ok(Self { version, manifest: set_version(&manifest, current, version), changelog, poms })
    }

    fn write(&self) -> Result<(), String> {
        let poms = self.poms.iter().map(|(file, text)| (file.as_str(), text));
        let own = [("Cargo.toml", &self.manifest), ("CHANGELOG.md", &self.changelog)];
        for (file, text) in own.into_iter().chain(poms) {
            fs::write(root().join(file), text).map_err(|why| format!("{file}: {why}"))?;
        }
        for workspace in WORKSPACES {
            // Only the versions of the crates change: all other packages stay locked.
            Run::new("cargo update --quiet --workspace").within(workspace).go()?;
            let version = self.version;
            let lock = fs::read_to_string(root().join(workspace).join("Cargo.lock"))
                .map_err(|why| why.to_string())?;
            if !lock.contains(&format!("name = \"fh-eval\"\nversion = \"{version}\"")) {
                return Err(format!("{workspace}/Cargo.lock has not got the version {version}"));
            }
        }
        Ok(())
    }
}

/// Returns the version of the workspace's packages.
fn current(manifest: &str) -> Option<Version> {
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = "))?;
    Version::parse(line.trim_matches('"'))
}

/// Sets the version of the workspace's packages and of the dependencies between them.
fn set_version(manifest: &str, old: Version, new: Version) -> String {
    let is_ours = |line: &str| line.starts_with("version = ") || line.contains("{ path = ");
    let lines = manifest.split_inclusive('\n').map(|line| {
        let text = format!("version = \"{old}\"");
        if is_ours(line) {
            line.replace(&text, &format!("version = \"{new}\""))
        } else {
            line.to_string()
        }
    });
    lines.collect()
}

/// The pages with the dependencies of programs in Kotlin and Java.
const PAGES_OF_KOTLIN: [&str; 2] = ["bindings/kotlin/README.md", "docs/kotlin.md"];

/// Returns the files that name the version of the packages for Kotlin and Java.
fn poms_of_maven() -> Result<Vec<String>, String> {
    let is_ours = |file: &String| {
        PAGES_OF_KOTLIN.contains(&file.as_str())
            || file.starts_with("bindings/kotlin/")
                && (file.ends_with("/pom.xml") || file.ends_with("/tools.xml"))
    };
    Ok(tracked_files()?.into_iter().filter(is_ours).collect())
}

/// Sets the version of our packages, which is that of a build from a clone.
fn set_version_of_maven(text: &str, old: Version, new: Version) -> String {
    text.replace(&format!("{old}-SNAPSHOT"), &format!("{new}-SNAPSHOT"))
}

/// Puts a heading with the version above the unreleased changes, and keeps an empty section for the next ones.
fn close_section(changelog: &str, version: Version) -> Result<String, String> {
    let heading = format!("{UNRELEASED}\n");
    let Some((before, after)) = changelog.split_once(&heading) else {
        return Err(format!("CHANGELOG.md has no line \"{UNRELEASED}\""));
    };
    let end = after.find("\n## ").unwrap_or(after.len());
    if after.get(..end).is_none_or(|section| section.trim().is_empty()) {
        return Err(format!("CHANGELOG.md names no changes below \"{UNRELEASED}\""));
    }
    Ok(format!("{before}{heading}\n## {version}\n{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn versions_of_other_packages_stay() {
        let manifest = "[workspace.package]\nversion = \"0.1.0\"\n[workspace.dependencies]\n\
            fh-eval = { path = \"fh-eval\", version = \"0.1.0\" }\nother = { version = \"0.1.0\" }\n";
        assert_eq!(current(manifest), Some(version("0.1.0")));
        assert_eq!(
            set_version(manifest, version("0.1.0"), version("0.2.0")),
            "[workspace.package]\nversion = \"0.2.0\"\n[workspace.dependencies]\n\
             fh-eval = { path = \"fh-eval\", version = \"0.2.0\" }\nother = { version = \"0.1.0\" }\n"
        );
    }

    #[test]
    fn versions_of_other_maven_packages_stay() {
        let pom = |ours: &str| format!("0.1.0</version>\n<version>{ours}-SNAPSHOT</version>\n");
        let set = set_version_of_maven(&pom("0.1.0"), version("0.1.0"), version("0.2.0"));
        assert_eq!(set, pom("0.2.0"));
    }

    #[test]
    fn the_changelog_gets_a_heading_and_needs_changes() {
        let closed = close_section("# Changes\n\n## Unreleased\n\n- One.\n", version("0.2.0"));
        assert_eq!(closed.unwrap(), "# Changes\n\n## Unreleased\n\n## 0.2.0\n\n- One.\n");
        for text in ["# Changes\n", "## Unreleased\n\n", "## Unreleased\n\n## 0.1.0\n\n- One.\n"] {
            assert!(close_section(text, version("0.2.0")).is_err(), "{text}");
        }
    }

    #[test]
    fn the_projects_own_files_can_be_released() {
        let read = |file: &str| fs::read_to_string(root().join(file)).unwrap();
        let manifest = read("Cargo.toml");
        let old = current(&manifest).unwrap();
        let Version([major, minor, patch]) = old;
        let new = Version([major, minor, patch + 1]);
        let manifest = set_version(&manifest, old, new);
        assert_eq!(current(&manifest), Some(new));
        let is_old = |line: &str| line.starts_with("fh-") && line.contains(&format!("\"{old}\""));
        assert!(!manifest.lines().any(is_old));
        assert!(read("CHANGELOG.md").lines().any(|line| line == UNRELEASED));
        let poms = poms_of_maven().unwrap();
        assert!(poms.len() > 3, "{poms:?}");
        for pom in poms {
            let text = set_version_of_maven(&read(&pom), old, new);
            assert!(text.contains(&format!("{new}-SNAPSHOT")), "{pom}");
        }
    }
}
