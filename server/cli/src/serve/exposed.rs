//! Warnings about secrets that every user of the machine can read.

use std::path::Path;

use super::settings::{ResolvedSettings, Settings, Source, StateSource};

/// Returns a warning for each file with secrets that every user can read, and one warning for all secrets on the command line.
pub(crate) fn warnings(resolved: &ResolvedSettings) -> Vec<String> {
    let mut warnings: Vec<String> = files(&resolved.settings)
        .into_iter()
        .filter(|(path, _)| is_readable_by_all(path))
        .map(|(path, what)| {
            format!(
                "{} can be read by every user of this machine, and it holds {what}: run `chmod o-r` on the file",
                path.display()
            )
        })
        .collect();
    let flags = resolved
        .said
        .iter()
        .filter(|(setting, source)| setting.is_secret && matches!(source, Source::Flag(_)));
    let flags: Vec<String> = flags.map(|(setting, _)| format!("--{}", setting.name)).collect();
    if !flags.is_empty() {
        warnings.push(format!(
            "every user of this machine can read the command line, and it holds secrets ({}): use variables or files",
            flags.join(", ")
        ));
    }
    warnings
}

/// Returns the files of settings for secrets, each with a description of its secret. Property files are not among them, because no
/// property sets a secret of this server.
fn files(settings: &Settings) -> Vec<(&Path, &'static str)> {
    let state = settings.state.as_ref().and_then(StateSource::file);
    let files = [
        (state, "API keys, unless each stands in an environment variable as ${NAME}"),
        (settings.state_token_file.as_deref(), "the token for the URL of the state"),
        (settings.admin_key_file.as_deref(), "the admin key"),
        (settings.key_file.as_deref(), "API keys"),
        (settings.relay_key_file.as_deref(), "API keys"),
        (settings.relay_header_file.as_deref(), "headers for the relayed Edge"),
        (settings.cluster_file.as_deref(), "the password of the database of the cluster"),
        (settings.tls_key.as_deref(), "the certificate's private key"),
    ];
    files.into_iter().filter_map(|(path, what)| Some((path?, what))).collect()
}

/// Returns true if the permissions for other users allow them to read the file and to enter all folders above it.
#[cfg(unix)]
fn is_readable_by_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let has = |path: &Path, bits: u32| {
        std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & bits == bits)
    };
    // If the path is a link, the permissions of the link's target count.
    let Ok(path) = path.canonicalize() else { return false };
    has(&path, 0o004) && path.ancestors().skip(1).all(|folder| has(folder, 0o001))
}

/// Returns false, because only Unix has these permission bits.
#[cfg(not(unix))]
fn is_readable_by_all(_: &Path) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use fh_test::Folder;

    use super::*;

    #[test]
    fn a_file_is_open_if_its_folders_are() {
        let folder = Folder::new();
        folder.write("key", "secret", 1);
        let file = folder.file("key");
        let allow = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode));
        for (of_folder, of_file, is_open) in [
            (0o755, 0o644, true),
            (0o755, 0o640, false),
            (0o700, 0o644, false),
            (0o711, 0o604, true),
        ] {
            allow(folder.path(), of_folder).unwrap();
            allow(&file, of_file).unwrap();
            assert_eq!(is_readable_by_all(&file), is_open, "{of_folder:o} {of_file:o}");
        }
        assert!(!is_readable_by_all(&folder.file("no such file")));
    }
}
