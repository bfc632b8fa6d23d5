//! The source of the server, and the programs of this machine that build and run it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::shell::Run;

/// The folder below which Debian and Ubuntu install each version of PostgreSQL. Its programs are not on the search path there.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A source that this machine can build, and the PostgreSQL for it.
pub(super) struct Requirements {
    /// The folder of the server's Go module.
    pub(super) source: PathBuf,
    pub(super) postgresql: PostgreSql,
}

/// The programs of PostgreSQL.
pub(super) struct PostgreSql {
    pub(super) initdb: PathBuf,
    pub(super) postgres: PathBuf,
    pub(super) psql: PathBuf,
}

impl Requirements {
    /// Checks a checkout and this machine.
    ///
    /// # Errors
    /// The folder is no checkout, or a program is missing. The error names what to install.
    pub(super) fn find(checkout: &Path) -> Result<Self, String> {
        let source = checkout.join("server");
        if !source.join("cmd/server/main.go").is_file() {
            return Err(format!(
                "{} is no checkout of FeatureSignals: it has no file server/cmd/server/main.go",
                checkout.display()
            ));
        }
        let source = source.canonicalize().map_err(|why| format!("{}: {why}", source.display()))?;
        check_go(&source)?;
        Ok(Self { source, postgresql: PostgreSql::find()? })
    }
}

impl PostgreSql {
    /// Finds the programs on the search path, or the newest ones that Debian or Ubuntu installed.
    fn find() -> Result<Self, String> {
        let missing = |name: &str| {
            format!(
                "`{name}` is missing: install PostgreSQL 15 or newer (the packages postgresql and postgresql-client of Debian and Ubuntu)"
            )
        };
        let initdb = find("initdb").ok_or_else(|| missing("initdb"))?;
        // The search path may have a link. The server has the version of the program beside `initdb` itself.
        let initdb = initdb.canonicalize().map_err(|why| format!("{}: {why}", initdb.display()))?;
        let postgres = initdb.with_file_name("postgres");
        if !postgres.is_file() {
            return Err(missing("postgres"));
        }
        let psql = Some(initdb.with_file_name("psql")).filter(|path| path.is_file());
        let psql = psql.or_else(|| find("psql")).ok_or_else(|| missing("psql"))?;
        Ok(Self { initdb, postgres, psql })
    }
}

/// Returns the path of a program of PostgreSQL.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join(name));
    on_path
        .chain(debian_folders().into_iter().map(|folder| folder.join(name)))
        .find(|program| program.is_file())
}

/// Returns the folders of Debian's versions of PostgreSQL, the newest first.
fn debian_folders() -> Vec<PathBuf> {
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .collect();
    versions.sort();
    versions.into_iter().rev().map(|(_, folder)| folder.join("bin")).collect()
}

/// Checks that Go is installed, and not older than the version in the server's `go.mod`.
fn check_go(source: &Path) -> Result<(), String> {
    let file = source.join("go.mod");
    let manifest = fs::read_to_string(&file).map_err(|why| format!("{}: {why}", file.display()))?;
    let wanted = manifest.lines().find_map(|line| line.strip_prefix("go ")).unwrap_or_default();
    let install = format!("install Go {wanted} or newer");
    // In this folder, Go names the version with which it builds the module, which it may have to download.
    let found = Run::new("go env GOVERSION").in_folder(source).output();
    let found = found.map_err(|why| format!("{why}\n{install}"))?;
    let found = found.trim().trim_start_matches("go");
    match version(found) >= version(wanted) {
        true => Ok(()),
        false => Err(format!("Go {found} is too old: {install}")),
    }
}

/// Returns the numbers of a version such as `1.26.1`.
fn version(text: &str) -> Vec<u32> {
    text.split('.').map_while(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(version("1.26.8") > version("1.25.9"));
        assert!(version("1.9") < version("1.25.9"));
        assert!(version("1.26.8") >= version("1.26.8"));
    }

    #[test]
    fn a_folder_without_the_server_is_no_checkout() {
        let folder = fh_test::Folder::new();
        let why = Requirements::find(folder.path()).err();
        assert!(why.is_some_and(|why| why.contains("no checkout of FeatureSignals")));
    }
}
