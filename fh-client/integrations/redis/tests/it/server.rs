//! A Redis server for one test. By default it uses a Unix socket, so that it needs no port that another test could take.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
#[cfg(feature = "rustls")]
use std::sync::atomic::{AtomicU16, Ordering};

use fh_test::Folder;
#[cfg(feature = "rustls")]
use fh_test::certificates::{Authority, Certificate};
use fh_test::wait::wait_for;

pub(crate) struct Server {
    folder: Folder,
    options: Vec<String>,
    url: String,
    child: Option<Child>,
}

impl Server {
    /// Returns a server that is not started yet.
    pub(crate) fn absent(options: &[&str]) -> Self {
        let folder = Folder::new();
        let socket = folder.file("socket").display().to_string();
        let options =
            ["--port", "0", "--unixsocket", &socket].into_iter().chain(options.iter().copied());
        Self {
            options: options.map(str::to_string).collect(),
            url: format!("unix://{socket}"),
            folder,
            child: None,
        }
    }

    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(options: &[&str]) -> Self {
        let mut server = Self::absent(options);
        server.run();
        server
    }

    /// Starts a node of a cluster. It listens on a port, as nodes must.
    pub(crate) fn start_node() -> Self {
        for _ in 0..20 {
            let free = || TcpListener::bind("127.0.0.1:0").unwrap();
            let (port, bus) = (free(), free());
            let [port, bus] =
                [port, bus].map(|listener| listener.local_addr().unwrap().port().to_string());
            let mut server = Self::absent(&[]);
            server.options = ["--cluster-enabled", "yes", "--bind", "127.0.0.1", "--port", &port]
                .iter()
                .chain(&["--cluster-port", &bus])
                .map(ToString::to_string)
                .collect();
            server.url = format!("redis://127.0.0.1:{port}");
            if server.try_run() {
                return server;
            }
        }
        panic!("no port for a node of a cluster");
    }

    /// Starts a server that also listens with TLS on a port, and presents this certificate. With an authority it requires certificates
    /// of its clients. Returns the server and the port.
    #[cfg(feature = "rustls")]
    pub(crate) fn start_tls(
        shown: &Certificate,
        asks_for: Option<&Authority>,
        options: &[&str],
    ) -> (Self, u16) {
        for _ in 0..20 {
            let free = free_port();
            let port = free.to_string();
            let mut server = Self::absent(options);
            let file = |name: &str, text: &str| {
                let path = server.folder.file(name);
                std::fs::write(&path, text).unwrap();
                path.display().to_string()
            };
            let certificate = file("certificate.pem", shown.pem());
            let key = file("key.pem", &shown.key_pem());
            let mut more = vec!["--tls-port", &port, "--tls-cert-file", &certificate];
            more.extend(["--tls-key-file", &key]);
            let authority = asks_for.map(|authority| file("authority.pem", &authority.pem()));
            match &authority {
                Some(file) => more.extend(["--tls-ca-cert-file", file]),
                None => more.extend(["--tls-auth-clients", "no"]),
            }
            server.options.extend(more.into_iter().map(str::to_string));
            if server.try_run() {
                return (server, free);
            }
        }
        panic!("no port for TLS");
    }

    /// Starts a server that listens on a port.
    pub(crate) fn start_on_a_port(options: &[&str]) -> Self {
        for _ in 0..20 {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = free.local_addr().unwrap().port().to_string();
            drop(free);
            let mut server = Self::absent(&[]);
            let own = ["--bind", "127.0.0.1", "--port", &port];
            server.options = own.iter().chain(options).map(ToString::to_string).collect();
            server.url = format!("redis://127.0.0.1:{port}");
            if server.try_run() {
                return server;
            }
        }
        panic!("no port");
    }

    /// Starts a sentinel of this master, with more lines in its file. It waits ten minutes before it counts the master as gone, so
    /// that a busy machine causes no failover.
    pub(crate) fn start_sentinel(name: &str, master: &Self, lines: &[&str]) -> Self {
        for _ in 0..20 {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = free.local_addr().unwrap().port();
            drop(free);
            let mut server = Self::absent(&[]);
            let configuration = server.folder.file("sentinel.conf");
            let text = format!(
                "port {port}\nbind 127.0.0.1\nsentinel monitor {name} 127.0.0.1 {} 1\n\
                 sentinel down-after-milliseconds {name} 600000\nsentinel failover-timeout {name} 60000\n{}\n",
                master.port(),
                lines.join("\n")
            );
            std::fs::write(&configuration, text).unwrap();
            server.options = vec![configuration.display().to_string(), "--sentinel".to_string()];
            server.url = format!("redis://127.0.0.1:{port}");
            if server.try_run() {
                return server;
            }
        }
        panic!("no port for a sentinel");
    }

    /// Returns the port. The server must have one.
    pub(crate) fn port(&self) -> u16 {
        self.url.rsplit(':').next().unwrap().parse().unwrap()
    }

    pub(crate) fn run(&mut self) {
        assert!(self.try_run(), "redis-server ended at once");
    }

    /// Starts the server and waits until it answers. Returns false if the server ends instead.
    fn try_run(&mut self) -> bool {
        let mut command = Command::new("redis-server");
        // A configuration file must be the first argument.
        let (file, flags) = match self.options.first() {
            Some(file) if !file.starts_with("--") => self.options.split_at(1),
            _ => self.options.split_at(0),
        };
        command.args(file);
        command.args(["--save", "", "--appendonly", "no", "--dir"]).arg(self.folder.path());
        command.args(flags).stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().unwrap_or_else(|why| {
            panic!(
                "these tests need redis-server on the PATH ({why}). Install it \
                 (apt-get install --no-install-recommends redis-server), or run `cargo xtask test`, which does"
            )
        });
        let child = self.child.insert(child);
        let client = redis::Client::open(self.url.as_str()).unwrap();
        wait_for("redis-server answers", || {
            if child.try_wait().unwrap().is_some() {
                return Some(false);
            }
            // A server with a password answers that it requires one.
            let answered = client.get_connection().and_then(|mut it| it.ping_answer());
            answered.map_or_else(|why| !why.is_io_error(), |()| true).then_some(true)
        })
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.file("socket")
    }

    pub(crate) fn connection(&self) -> redis::Connection {
        redis::Client::open(self.url.as_str()).unwrap().get_connection().unwrap()
    }

    /// Kills the server with SIGKILL.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Stops the server with SIGSTOP. It keeps its connections but answers nothing.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    pub(crate) fn get(&self, key: &str) -> Option<String> {
        redis::cmd("GET").arg(key).query(&mut self.connection()).unwrap()
    }

    pub(crate) fn set(&self, key: &str, value: &str) {
        self.set_bytes(key, value.as_bytes());
    }

    pub(crate) fn set_bytes(&self, key: &str, value: &[u8]) {
        redis::cmd("SET").arg(key).arg(value).exec(&mut self.connection()).unwrap();
    }

    pub(crate) fn delete(&self, key: &str) {
        redis::cmd("DEL").arg(key).exec(&mut self.connection()).unwrap();
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> =
            redis::cmd("KEYS").arg("*").query(&mut self.connection()).unwrap();
        keys.sort();
        keys
    }
}

/// Returns a free port below those that systems give to outgoing connections, so that no other program takes it before the server.
#[cfg(feature = "rustls")]
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 10_000).unwrap() + 10_000;
    (0..10_000)
        .map(|_| 10_000 + start.wrapping_add(NEXT.fetch_add(7, Ordering::Relaxed)) % 20_000)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .unwrap()
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

trait PingAnswer {
    fn ping_answer(&mut self) -> redis::RedisResult<()>;
}

impl PingAnswer for redis::Connection {
    fn ping_answer(&mut self) -> redis::RedisResult<()> {
        redis::cmd("PING").exec(self)
    }
}
