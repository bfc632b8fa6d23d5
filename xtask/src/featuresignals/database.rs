//! A PostgreSQL server of its own, in a temporary folder, that is reached through a Unix socket only.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Signal, geteuid};

use super::requirements::PostgreSql;
use super::service::Service;
use crate::shell::Run;

/// The role that owns everything, and its database, which `initdb` creates.
const ROLE: &str = "featuresignals";
const DATABASE: &str = "postgres";
/// The users that may run PostgreSQL if this program runs as root, in this order.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];
/// The data is deleted at the end, so that no write has to reach the disk. Shared memory that a killed server leaves is deleted with it.
const SETTINGS: [&str; 5] = [
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "dynamic_shared_memory_type=mmap",
];

/// A running database server, which is ended when it is dropped.
pub(super) struct Database {
    psql: PathBuf,
    /// The folder of the socket. Only the user who runs PostgreSQL, and root, can enter it.
    socket: PathBuf,
    _service: Service,
}

/// The user and the group that run PostgreSQL.
#[derive(Clone, Copy)]
struct Owner {
    user: u32,
    group: u32,
}

impl Database {
    /// Creates an empty database in a folder, and starts its server.
    pub(super) fn start(postgresql: &PostgreSql, folder: &Path) -> Result<Self, String> {
        let owner = Owner::find()?;
        let folder = folder.join("postgresql");
        let (data, socket) = (folder.join("data"), folder.join("socket"));
        let failed = |why: std::io::Error| format!("{}: {why}", folder.display());
        for created in [&folder, &data, &socket] {
            fs::create_dir(created).map_err(failed)?;
            fs::set_permissions(created, fs::Permissions::from_mode(0o700)).map_err(failed)?;
            if let Some(Owner { user, group }) = owner {
                chown(created, Some(user), Some(group)).map_err(failed)?;
            }
        }
        create(postgresql, owner, &folder, &data)?;
        let mut command = run_by(owner, &postgresql.postgres, &folder);
        command.arg("-D").arg(&data).arg("-k").arg(&socket);
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        let log = folder.with_file_name("postgresql.log");
        // SIGQUIT ends PostgreSQL at once, with its shared memory.
        let mut service = Service::start("PostgreSQL", &mut command, log, Signal::QUIT)?;
        let psql = postgresql.psql.clone();
        service.wait_until(|| sql(&psql, &socket, "SELECT 1").is_ok())?;
        Ok(Self { psql, socket, _service: service })
    }

    /// Returns the URL with which a program on this machine connects.
    pub(super) fn url(&self) -> String {
        let host = percent_encoded(&self.socket.display().to_string());
        format!("postgres://{ROLE}@/{DATABASE}?host={host}&sslmode=disable")
    }

    /// Executes statements of SQL and returns their rows, one in each line. The first error ends the execution.
    pub(super) fn sql(&self, text: &str) -> Result<String, String> {
        sql(&self.psql, &self.socket, text)
    }
}

impl Owner {
    /// Returns the user who runs PostgreSQL, or `None` for the user of this program. PostgreSQL refuses root.
    fn find() -> Result<Option<Self>, String> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let id = |option: &str, user: &str| {
            Run::new(&format!("id {option} {user}")).output().ok()?.trim().parse().ok()
        };
        let owner = |user| Some(Self { user: id("-u", user)?, group: id("-g", user)? });
        match UNPRIVILEGED.into_iter().find_map(owner) {
            Some(owner) => Ok(Some(owner)),
            None => Err("PostgreSQL refuses root, and this machine has neither the user postgres nor the user nobody".to_string()),
        }
    }
}

/// Creates the files of a database.
fn create(
    postgresql: &PostgreSql,
    owner: Option<Owner>,
    folder: &Path,
    data: &Path,
) -> Result<(), String> {
    let mut command = run_by(owner, &postgresql.initdb, folder);
    command.args(["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]);
    command.args(["-U", ROLE]).arg("-D").arg(data).stdin(Stdio::null());
    let output = command.output().map_err(|why| format!("initdb did not start: {why}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("initdb failed: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Returns a command for a program that runs as this user, with an environment that has only the search path.
fn run_by(owner: Option<Owner>, program: &Path, folder: &Path) -> Command {
    let mut command = clean(program);
    command.current_dir(folder);
    if let Some(Owner { user, group }) = owner {
        command.uid(user).gid(group);
    }
    command
}

/// Returns a command for a program with an environment that has only the search path.
pub(super) fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

fn sql(psql: &Path, socket: &Path, text: &str) -> Result<String, String> {
    let mut command = clean(psql);
    command.args([
        "-X",
        "-q",
        "-A",
        "-t",
        "-v",
        "ON_ERROR_STOP=1",
        "-U",
        ROLE,
        "-d",
        DATABASE,
        "-h",
    ]);
    command.arg(socket).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let failed = |why: std::io::Error| format!("psql: {why}");
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        // If psql ends early, its error is reported below.
        let _ = input.write_all(text.as_bytes());
    }
    let output = child.wait_with_output().map_err(failed)?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("psql failed: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Encodes a path for the query of a URL.
fn percent_encoded(path: &str) -> String {
    let encode = |byte: u8| match byte {
        b'/' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    path.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_encoded_for_a_query() {
        assert_eq!(percent_encoded("/tmp/a-b_c.d"), "/tmp/a-b_c.d");
        assert_eq!(percent_encoded("/a b&c%"), "/a%20b%26c%25");
    }
}
