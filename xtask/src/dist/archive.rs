//! Archives whose bytes depend on the files in them and on the commit only.

use std::path::Path;

use crate::commit_time;
use crate::shell::Run;

/// The options that keep the names, the owners and the modes of this machine out of an archive.
const FIXED: [&str; 4] =
    ["--sort=name", "--format=gnu", "--numeric-owner", "--mode=u+rw,go+r,go-w"];

/// Writes a compressed archive of a folder. The paths in it begin with the name of the folder.
pub(super) fn write(folder: &Path, archive: &Path) -> Result<(), String> {
    let within = folder.parent().unwrap_or(folder);
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let options =
        ["--create", "--use-compress-program=gzip -9 --no-name", "--owner=0", "--group=0"];
    tar(archive, &options, within, &[name.into_owned()])
}

/// Writes what a folder contains into an archive without compression, with `--create` or `--append`, as files of a user and a group.
pub(super) fn write_layer(
    folder: &Path,
    archive: &Path,
    action: &str,
    user: &str,
) -> Result<(), String> {
    let (user, group) = user.split_once(':').unwrap_or((user, user));
    let (owner, group) = (format!("--owner={user}"), format!("--group={group}"));
    let entries =
        std::fs::read_dir(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.map(|entry| entry.file_name().to_string_lossy().into_owned())
    };
    let mut names =
        entries.map(name).collect::<Result<Vec<_>, _>>().map_err(|why| why.to_string())?;
    names.sort_unstable();
    tar(archive, &[action, &owner, &group], folder, &names)
}

fn tar(archive: &Path, options: &[&str], within: &Path, names: &[String]) -> Result<(), String> {
    let mut arguments: Vec<String> =
        options.iter().chain(&FIXED).map(ToString::to_string).collect();
    arguments.push(format!("--mtime=@{}", commit_time::seconds()?));
    arguments.push(format!("--file={}", archive.display()));
    arguments.push(format!("--directory={}", within.display()));
    // The first argument stands in the line.
    let (first, rest) = arguments.split_first().ok_or("tar has no arguments")?;
    Run::new(&format!("tar {first}")).args(rest).args(names).go()
}
