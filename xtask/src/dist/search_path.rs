//! A search path with the programs of one kind of user.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use crate::shell::Run;
use crate::swift;

/// Compilers and managers of system packages, which most users need not have. A name that ends with `*` stands for all names that begin so.
const WITHHELD: [&str; 22] = [
    "apt*",
    "aptitude",
    "as",
    "c++*",
    "c89*",
    "c99*",
    "cargo*",
    "cc",
    "clang*",
    "cpp*",
    "dpkg*",
    "g++*",
    "gcc*",
    "go",
    "gofmt",
    "ld*",
    "make",
    "rustc",
    "rustdoc",
    "rustup",
    "swift*",
    "x86_64-linux-gnu-*",
];

/// The programs that the users of some lists have besides those of all users.
const TOOLS: [(&str, &[&str]); 2] = [
    (
        "rust",
        &["cargo", "rustc", "cc", "gcc", "ld", "as", "x86_64-linux-gnu-gcc", "x86_64-linux-gnu-ld"],
    ),
    ("swift", &["swift", "swiftc", "clang", "cc", "gcc", "ld", "as"]),
];

/// Fills a folder with links to the programs that the users of a list have, and returns its path.
pub(super) fn create(list: &str, folder: &Path) -> Result<PathBuf, String> {
    let bin = folder.join("programs");
    fs::create_dir_all(&bin).map_err(|why| format!("{}: {why}", bin.display()))?;
    let tools = TOOLS.iter().find(|(of, _)| *of == list).map_or(&[][..], |(_, tools)| *tools);
    // A shim of a version manager would need that manager.
    let python = "import sys; print(sys.base_prefix)".to_string();
    let python = Run::new("python3 -c").args(&[python]).output().unwrap_or_default();
    if !python.is_empty() {
        let _ = symlink(Path::new(python.trim()).join("bin/python3"), bin.join("python3"));
    }
    let own = std::env::var("PATH").unwrap_or_default();
    for entry in own.split(':').filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if tools.contains(&name.as_str()) || !is_withheld(&name) {
            // An earlier folder of the search path comes first.
            let _ = symlink(entry.path(), bin.join(&name));
        }
    }
    let swift = bin.join("swift");
    if tools.contains(&"swift") && !swift.exists() {
        let failed = |why: std::io::Error| format!("{}: {why}", swift.display());
        fs::write(&swift, swift::launcher()?).map_err(failed)?;
        fs::set_permissions(&swift, fs::Permissions::from_mode(0o755)).map_err(failed)?;
    }
    Ok(bin)
}

fn is_withheld(name: &str) -> bool {
    WITHHELD.iter().any(|withheld| match withheld.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *withheld,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compilers_are_withheld_and_tools_of_users_are_not() {
        for (name, expected) in [
            ("cc", true),
            ("gcc-12", true),
            ("cargo-clippy", true),
            ("apt-get", true),
            ("ccache-report", false),
            ("python3", false),
            ("npm", false),
            ("assert", false),
        ] {
            assert_eq!(is_withheld(name), expected, "{name}");
        }
    }
}
