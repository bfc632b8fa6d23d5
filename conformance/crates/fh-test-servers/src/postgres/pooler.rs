//! PgBouncer in transaction mode in front of a PostgreSQL. It passes no notifications.
//!
//! It needs the package `pgbouncer` of Debian and Ubuntu.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{PATIENCE, Postgres, free_port, other_user};

/// The program, whose folder is not in the `PATH` of users without root.
const PROGRAM: &str = "/usr/sbin/pgbouncer";

/// A running PgBouncer at a port of 127.0.0.1. It ends when this value is dropped.
#[derive(Debug)]
pub struct Pooler {
    port: u16,
    process: Child,
    _folder: TempDir,
}

impl Pooler {
    /// Starts a pooler in front of this database, and waits until it accepts connections.
    ///
    /// # Panics
    /// If PgBouncer is not installed, or does not start.
    #[must_use]
    pub fn before(database: &Postgres) -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a temporary folder"), free_port());
        let file = folder.path().join("pgbouncer.ini");
        let settings = format!(
            "[databases]\npostgres = host=127.0.0.1 port={} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nauth_type = any\npool_mode = transaction\nunix_socket_dir =\n",
            database.port()
        );
        fs::write(&file, settings).expect("a file");
        let mut program = Command::new(PROGRAM);
        program.arg("-q").arg(&file).stdin(Stdio::null()).stderr(Stdio::null());
        if let Some((user, group)) = other_user() {
            for path in [folder.path(), &file] {
                chown(path, Some(user), Some(group)).expect("another owner");
            }
            program.uid(user).gid(group);
        }
        let process = program.spawn();
        let process =
            process.expect("install PgBouncer (the package pgbouncer of Debian and Ubuntu)");
        let (this, begin) = (Self { port, process, _folder: folder }, Instant::now());
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begin.elapsed() < PATIENCE, "PgBouncer does not start");
            thread::sleep(Duration::from_millis(20));
        }
        this
    }

    /// Returns the URL of the database behind the pooler.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
