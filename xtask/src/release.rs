//! `cargo xtask release VERSION`: sets the version, closes the changelog's section, commits, and tags the commit. It publishes nothing.

use std::fs;

use semver::Version;

use crate::public_items::{self, version};
use crate::shell::{Run, root, tracked_files};
use crate::{prove, test};

const UNRELEASED: &str = "## Unreleased";
/// Workspaces with lock files of their own. Their locks hold the versions of the crates.
const WORKSPACES: [&str; 3] = ["", "benches", "conformance/fuzz"];
/// The pages with the dependencies of programs in Kotlin and Java.
const PAGES_OF_KOTLIN: [&str; 2] = ["bindings/kotlin/README.md", "docs/guide/kotlin.md"];

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let (text, is_dry) = match arguments {
        [version] => (version, false),
        [version, flag] if flag == "--dry-run" => (version, true),
        _ => return Err("cargo xtask release VERSION [--dry-run]".to_string()),
    };
    let new = version(text)
        .ok_or_else(|| format!("{text} is no version of three numbers, such as 0.2.0"))?;
    let changes = Run::new("git status --porcelain").output()?;
    if !changes.is_empty() {
        return Err(format!(
            "commit these files first, because the release is a commit of its own:\n{changes}"
        ));
    }
    if Run::new(&format!("git rev-parse --verify --quiet refs/tags/v{new}")).succeeds() {
        return Err(format!("the tag v{new} exists"));
    }
    let (old, released) = (current(), public_items::last_tag()?);
    // The first release may have the version that the manifest names already.
    if new < old || released.as_ref().is_some_and(|released| new <= *released) {
        return Err(format!("{new} does not follow {}", released.unwrap_or(old.clone()).max(old)));
    }
    let changed = changed(&old, &new)?;
    match released {
        Some(old) => {
            public_items::compare(&format!("v{old}"), Some(public_items::step(&old, &new)))?;
        }
        None => println!("    no tag v* yet: nothing to compare the public items with"),
    }
    if is_dry {
        println!("    dry run, nothing is written. The release would:");
        println!("      set the version {new} in Cargo.toml, in the lock files and for Maven");
        println!("      add the heading \"## {new}\" to CHANGELOG.md, below \"{UNRELEASED}\"");
        println!("      commit \"release: version {new}\" and tag the commit v{new}");
        return Ok(());
    }
    test::run(&[])?;
    prove::run(&[])?;
    write(&changed, &new)?;
    let [message, tag] = [format!("release: version {new}"), format!("v{new}")];
    let files: Vec<String> = changed.into_iter().map(|(file, _)| file).collect();
    Run::new("git add Cargo.lock benches/Cargo.lock conformance/fuzz/Cargo.lock")
        .args(&files)
        .go()?;
    Run::new("git commit --quiet").args(&["-m".to_string(), message.clone()]).go()?;
    Run::new("git tag --annotate").args(&["-m".to_string(), message, tag.clone()]).go()?;
    println!(
        "    committed and tagged {tag}. Nothing was pushed and nothing was published: `git push --follow-tags` pushes both"
    );
    Ok(())
}

/// Returns the version of the workspace's packages, of which this program is one.
fn current() -> Version {
    version(env!("CARGO_PKG_VERSION")).unwrap_or_else(|| Version::new(0, 0, 0))
}

/// Returns the files that a release changes, with their new texts.
fn changed(old: &Version, new: &Version) -> Result<Vec<(String, String)>, String> {
    let mut changed = Vec::new();
    for file in tracked_files()? {
        let is_of_maven = PAGES_OF_KOTLIN.contains(&file.as_str())
            || file.starts_with("bindings/kotlin/")
                && (file.ends_with("/pom.xml") || file.ends_with("/tools.xml"));
        if !is_of_maven && !["Cargo.toml", "CHANGELOG.md"].contains(&file.as_str()) {
            continue;
        }
        let text =
            fs::read_to_string(root().join(&file)).map_err(|why| format!("{file}: {why}"))?;
        let text = match file.as_str() {
            "Cargo.toml" => set_version(&text, old, new),
            "CHANGELOG.md" => close_section(&text, new)?,
            // The version of our packages, which is that of a build from a clone.
            _ => text.replace(&format!("{old}-SNAPSHOT"), &format!("{new}-SNAPSHOT")),
        };
        changed.push((file, text));
    }
    Ok(changed)
}

fn write(changed: &[(String, String)], new: &Version) -> Result<(), String> {
    for (file, text) in changed {
        fs::write(root().join(file), text).map_err(|why| format!("{file}: {why}"))?;
    }
    for workspace in WORKSPACES {
        // Only the versions of the crates change: all other packages stay locked.
        Run::new("cargo update --quiet --workspace").within(workspace).go()?;
        let lock = fs::read_to_string(root().join(workspace).join("Cargo.lock"))
            .map_err(|why| why.to_string())?;
        if !lock.contains(&format!("name = \"fh-eval\"\nversion = \"{new}\"")) {
            return Err(format!("{workspace}/Cargo.lock has not got the version {new}"));
        }
    }
    Ok(())
}

/// Sets the version of the workspace's packages and of the dependencies between them.
fn set_version(manifest: &str, old: &Version, new: &Version) -> String {
    let [old, new] = [old, new].map(|version| format!("version = \"{version}\""));
    let is_ours = |line: &str| line.starts_with("version = ") || line.contains("{ path = ");
    let lines = manifest.split_inclusive('\n');
    lines.map(|it| if is_ours(it) { it.replace(&old, &new) } else { it.to_string() }).collect()
}

/// Puts a heading with the version above the unreleased changes, and keeps an empty section for the next ones.
fn close_section(changelog: &str, version: &Version) -> Result<String, String> {
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

    #[test]
    fn the_changelog_gets_a_heading_and_needs_changes() {
        let new = Version::new(0, 2, 0);
        let closed = close_section("# Changes\n\n## Unreleased\n\n- One.\n", &new);
        assert_eq!(closed.unwrap(), "# Changes\n\n## Unreleased\n\n## 0.2.0\n\n- One.\n");
        for text in ["# Changes\n", "## Unreleased\n\n", "## Unreleased\n\n## 0.1.0\n\n- One.\n"] {
            assert!(close_section(text, &new).is_err(), "{text}");
        }
    }

    #[test]
    fn the_projects_own_files_can_be_released() {
        let (old, new) = (current(), Version::new(9, 8, 7));
        let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
        let other = format!("other = {{ version = \"{old}\" }}\n");
        let set = set_version(&format!("{manifest}{other}"), &old, &new);
        assert!(set.contains("[workspace.package]\nversion = \"9.8.7\"\n"));
        assert!(set.ends_with(&other), "the version of another package");
        let is_old = |line: &str| line.starts_with("fh-") && line.contains(&format!("\"{old}\""));
        assert!(!set.lines().any(is_old));
        let changed = changed(&old, &new);
        let poms = changed.unwrap_or_default().into_iter().filter(|(file, _)| file.contains('/'));
        let poms: Vec<(String, String)> = poms.collect();
        assert!(poms.len() > 3, "{poms:?}");
        for (pom, text) in poms {
            assert!(text.contains("9.8.7-SNAPSHOT"), "{pom}");
        }
    }
}
