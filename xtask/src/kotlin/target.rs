//! The platforms that the packages support.

/// A platform for which the packages contain a library.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The name of the toolchain.
    pub(super) triple: &'static str,
    /// The name of the folder in the jar, which `Platform.kt` finds.
    pub(super) folder: &'static str,
    /// The oldest version of glibc, as the linker's name of the target has it.
    pub(super) glibc: &'static str,
}

const TARGETS: [Target; 6] = [
    Target { triple: "x86_64-unknown-linux-gnu", folder: "linux-x86_64", glibc: ".2.17" },
    Target { triple: "aarch64-unknown-linux-gnu", folder: "linux-aarch64", glibc: ".2.17" },
    Target { triple: "x86_64-unknown-linux-musl", folder: "linux-x86_64-musl", glibc: "" },
    Target { triple: "aarch64-unknown-linux-musl", folder: "linux-aarch64-musl", glibc: "" },
    Target { triple: "x86_64-apple-darwin", folder: "macos-x86_64", glibc: "" },
    Target { triple: "aarch64-apple-darwin", folder: "macos-aarch64", glibc: "" },
];

impl Target {
    /// Returns the targets with these names; with `--all` all of them; that of this machine without a name.
    pub(super) fn named(names: &[String]) -> Result<Vec<&'static Self>, String> {
        match names {
            [] => Ok(vec![Self::of_this_machine()?]),
            [all] if all == "--all" => Ok(TARGETS.iter().collect()),
            _ => names.iter().map(|name| Self::by_name(name)).collect(),
        }
    }

    fn by_name(name: &str) -> Result<&'static Self, String> {
        let known = TARGETS.map(|target| target.triple).join(", ");
        let found = TARGETS.iter().find(|target| target.triple == name);
        found.ok_or_else(|| format!("there is no library for {name}; there are --all, {known}"))
    }

    pub(super) fn of_this_machine() -> Result<&'static Self, String> {
        let libc = if cfg!(target_env = "musl") { "-musl" } else { "" };
        let name = format!("{}-{}{libc}", std::env::consts::OS, std::env::consts::ARCH);
        let found = TARGETS.iter().find(|target| target.folder == name);
        found.ok_or_else(|| format!("the packages have no library for this machine, {name}"))
    }

    pub(super) fn is_musl(&self) -> bool {
        self.triple.ends_with("musl")
    }

    pub(super) fn is_macos(&self) -> bool {
        self.triple.ends_with("darwin")
    }

    pub(super) fn file(&self) -> &'static str {
        if self.is_macos() { "libfh_jni.dylib" } else { "libfh_jni.so" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_named_by_the_toolchain() {
        let names = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            Target::named(&words).map(|found| found.iter().map(|target| target.folder).collect())
        };
        let two = ["aarch64-apple-darwin", "x86_64-unknown-linux-musl"];
        assert_eq!(names(&two), Ok(vec!["macos-aarch64", "linux-x86_64-musl"]));
        assert_eq!(names(&["--all"]).map(|all: Vec<&str>| all.len()), Ok(6));
        assert_eq!(names(&[]).map(|own: Vec<&str>| own.len()), Ok(1));
        assert!(names(&["linux-x86_64"]).unwrap_err().contains("x86_64-unknown-linux-gnu"));
    }
}
