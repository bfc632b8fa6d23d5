//! The public items of the libraries, which `cargo semver-checks` compares with those of an earlier commit.

use semver::Version;

use crate::crates::Crates;
use crate::install;
use crate::shell::Run;

/// Reads a version of three numbers.
pub(crate) fn version(text: &str) -> Option<Version> {
    Version::parse(text).ok().filter(|it| it.pre.is_empty() && it.build.is_empty())
}

/// Returns the kind of the step from an older version, as `cargo semver-checks` names it. Before 1.0 a new minor version may break
/// programs, and a new patch version may add items.
pub(crate) fn step(old: &Version, new: &Version) -> &'static str {
    match new.major {
        _ if new.major != old.major => "major",
        0 if new.minor != old.minor || new.minor == 0 => "major",
        0 => "minor",
        _ if new.minor != old.minor => "minor",
        _ => "patch",
    }
}

/// Installs the program that compares.
pub(crate) fn prepare() -> Result<(), String> {
    install::tool(
        "cargo semver-checks --version",
        "cargo-semver-checks@0.51.0",
        "it compares the public items with those of an earlier commit",
    )
}

/// The deep part: compares the public items with those of the last release, or, as long as there is none, with those of the commit before this
/// one or of the commit where this branch left `main`. The part lists what breaks programs.
pub(crate) fn run() -> Result<(), String> {
    if let Some(version) = last_tag()? {
        return compare(&format!("v{version}"), None);
    }
    let (head, shared) = (commit("HEAD")?, Run::new("git merge-base main HEAD").output());
    match shared.as_deref().map(str::trim) {
        Ok(shared) if !shared.is_empty() && shared != head => compare(shared, None),
        _ => compare(&commit("HEAD~1")?, None),
    }
}

fn commit(name: &str) -> Result<String, String> {
    Ok(Run::new(&format!("git rev-parse {name}")).output()?.trim().to_string())
}

/// Returns the newest version that an ancestor of this commit is tagged with.
pub(crate) fn last_tag() -> Result<Option<Version>, String> {
    let tags = Run::new("git tag --list v* --merged HEAD").output()?;
    Ok(tags.lines().filter_map(|tag| version(tag.strip_prefix('v')?)).max())
}

/// Compares the public items of each library that an earlier commit has with those of this commit. Fails if a change is larger than the step
/// allows; without a step, if a program may break.
pub(crate) fn compare(earlier: &str, step: Option<&str>) -> Result<(), String> {
    prepare()?;
    let crates = Crates::read()?;
    let is_there = |folder: &str| {
        Run::new(&format!("git cat-file -e {earlier}:{folder}/Cargo.toml")).succeeds()
    };
    let mut packages = Vec::new();
    for (name, folder) in crates.libraries() {
        if is_there(folder) {
            packages.extend(["-p".to_string(), name.to_string()]);
        } else {
            println!("    {name} is not in {earlier}: nothing to compare");
        }
    }
    let step = step.unwrap_or("minor");
    Run::new(&format!("cargo semver-checks --baseline-rev {earlier} --release-type {step}"))
        .args(&packages)
        .go()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_cargo_and_versions_have_three_numbers() {
        assert!(version("1.2").is_none() && version("1.2.3-rc1").is_none());
        for (old, new, kind) in [
            ("0.0.1", "0.0.2", "major"),
            ("0.1.0", "0.1.1", "minor"),
            ("0.1.1", "0.2.0", "major"),
            ("0.9.0", "1.0.0", "major"),
            ("1.0.0", "1.0.1", "patch"),
            ("1.0.1", "1.1.0", "minor"),
            ("1.1.0", "2.0.0", "major"),
        ] {
            let of = |text| version(text).unwrap();
            assert_eq!(step(&of(old), &of(new)), kind, "{old} to {new}");
        }
    }
}
