//! A PostgreSQL of a test's own, in a temporary folder, which is killed, stopped, started again and promoted as a test demands.
//!
//! It needs the programs of PostgreSQL 14 or newer, such as the package `postgresql` of Debian and Ubuntu.
#![allow(clippy::expect_used, clippy::panic, reason = "only tests use it")]

pub mod pooler;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The longest time for a start.
const PATIENCE: Duration = Duration::from_secs(60);
/// The settings of all servers. Shared memory that a killed server leaves is deleted with its folder.
const SETTINGS: [&str; 3] =
    ["dynamic_shared_memory_type=mmap", "unix_socket_directories=", "max_connections=60"];

/// A running PostgreSQL with the role and the database `postgres`, at a port of 127.0.0.1. It ends when this value is dropped.
#[derive(Debug)]
pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
    server: Mutex<Option<Child>>,
}

impl Postgres {
    /// Creates and starts a server.
    ///
    /// # Panics
    /// If PostgreSQL is not installed, or does not start.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it makes something outside the program")]
    pub fn new() -> Self {
        let this = Self::prepare();
        let words =
            ["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "-U", "postgres", "-D"];
        this.run(this.program("initdb").args(words).arg(this.data()));
        this.start();
        this
    }

    /// Creates and starts a server that follows the one at this port of 127.0.0.1, which is that of a primary or of a proxy before it.
    ///
    /// # Panics
    /// If the primary cannot be copied, or if the server does not start.
    #[must_use]
    pub fn standby(primary: u16) -> Self {
        let this = Self::prepare();
        let words = ["-h", "127.0.0.1", "-p", &primary.to_string(), "-U", "postgres"];
        let how = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "-D"];
        this.run(this.program("pg_basebackup").args(words).args(how).arg(this.data()));
        this.start();
        this
    }

    /// Makes a primary of a server that follows another one, and waits until it accepts writes.
    ///
    /// # Panics
    /// If the server is a primary.
    pub fn promote(&self) {
        assert_eq!(self.sql("SELECT pg_promote()"), "t", "{}", self.log());
    }

    /// Makes an empty folder for a server, and chooses its port.
    fn prepare() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let user = other_user();
        // The user of the server enters the folder.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
        let this = Self {
            folder,
            programs: programs(),
            user,
            port: free_port(),
            server: Mutex::default(),
        };
        fs::create_dir(this.data()).expect("a folder");
        fs::set_permissions(this.data(), fs::Permissions::from_mode(0o700)).expect("a mode");
        if let Some((user, group)) = user {
            chown(this.data(), Some(user), Some(group)).expect("another owner");
        }
        this
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn run(&self, program: &mut Command) {
        let made = program.output().expect("a program of PostgreSQL");
        assert!(made.status.success(), "{program:?}: {}", String::from_utf8_lossy(&made.stderr));
    }

    /// Returns the URL of the database.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Returns the port of 127.0.0.1 at which the server listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts the server after [`Self::kill`], and waits until it accepts connections.
    ///
    /// # Panics
    /// If it does not start within a minute.
    pub fn start(&self) {
        let begin = Instant::now();
        loop {
            let log = self.folder.path().join("log");
            let log = fs::File::options().create(true).append(true).open(log).expect("a log");
            let mut server = self.program("postgres");
            server.arg("-D").arg(self.data());
            server.args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
            for setting in SETTINGS {
                server.args(["-c", setting]);
            }
            let mut server = server.stderr(log).spawn().expect("postgres");
            while server.try_wait().expect("a status").is_none() {
                if self.is_ready() {
                    *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
                    return;
                }
                assert!(begin.elapsed() < PATIENCE, "PostgreSQL is not ready: {}", self.log());
                thread::sleep(Duration::from_millis(20));
            }
            // Processes of a killed server may still hold its memory.
            assert!(begin.elapsed() < PATIENCE, "PostgreSQL does not start: {}", self.log());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Kills the server as by `kill -9`. Its connections end.
    pub fn kill(&self) {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut server) = server else { return };
        let all = self.processes(server.id());
        signal("KILL", &all);
        let _ = server.wait();
    }

    /// Stops the processes of the server with SIGSTOP. Connections stay open, and nothing is answered.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets the processes of the server continue after [`Self::pause`].
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Executes statements with `psql`, and returns the unaligned rows.
    ///
    /// # Panics
    /// If a statement fails.
    #[must_use]
    pub fn sql(&self, text: &str) -> String {
        let mut psql = self.program("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", text, &self.url()]);
        let done = psql.output().expect("psql");
        assert!(done.status.success(), "{text}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim_end().to_owned()
    }

    fn signal(&self, name: &str) {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = &*server {
            signal(name, &self.processes(server.id()));
        }
    }

    /// Returns the ids of the server and of its processes, each of which has a group of its own.
    fn processes(&self, server: u32) -> Vec<u32> {
        let mut all = vec![server];
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
            let parent = status.lines().find_map(|line| line.strip_prefix("PPid:\t"));
            if parent == Some(&server.to_string()) {
                all.extend(entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
            }
        }
        all
    }

    fn is_ready(&self) -> bool {
        let port = self.port.to_string();
        let mut ready = self.program("pg_isready");
        ready
            .args(["-q", "-h", "127.0.0.1", "-p", &port])
            .status()
            .is_ok_and(|status| status.success())
    }

    fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        log.lines().rev().take(5).collect::<Vec<_>>().join(" / ")
    }

    /// Returns a command of PostgreSQL without the environment of the test.
    fn program(&self, name: &str) -> Command {
        let mut program = Command::new(self.programs.join(name));
        program.current_dir(self.folder.path()).env_clear().env("PATH", "/usr/bin:/bin");
        program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some((user, group)) = self.user {
            program.uid(user).gid(group);
        }
        program
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.resume();
        self.kill();
    }
}

fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    free.expect("a free port").port()
}

fn signal(name: &str, processes: &[u32]) {
    let ids = processes.iter().map(ToString::to_string);
    // A process may have ended in the meantime.
    let _ = Command::new("kill").arg(format!("-{name}")).args(ids).stderr(Stdio::null()).status();
}

/// Returns the folder of the newest programs. Debian and Ubuntu install each version into a folder that is not on the search path.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).collect::<Vec<PathBuf>>();
    let found = versions.into_iter().rev().map(|(_, folder)| folder).chain(on_path);
    let has_all =
        |folder: &PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
    let found = found.into_iter().find(has_all).unwrap_or_else(|| {
        panic!("install PostgreSQL 14 or newer (the package postgresql of Debian and Ubuntu)")
    });
    fs::canonicalize(&found).unwrap_or(found)
}

/// Returns the user and the group that run the server if this process is root's, because PostgreSQL refuses root.
fn other_user() -> Option<(u32, u32)> {
    let status = fs::read_to_string(Path::new("/proc/self/status")).unwrap_or_default();
    let of_root = status.lines().any(|line| line.starts_with("Uid:\t0\t0\t"));
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = |wanted: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(wanted))?;
        let mut ids = line.split(':').skip(2).map_while(|id| id.parse::<u32>().ok());
        Some((ids.next()?, ids.next()?))
    };
    of_root.then(|| ids("postgres").or_else(|| ids("nobody")))?
}
