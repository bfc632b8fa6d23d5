//! Servers, each in a process of its own.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use rustix::process::{Pid, Signal};

use crate::environment::{CHANGED, CLIENT_KEY, ENVIRONMENT, KEYS};
use crate::floor::Kind;
use crate::process::{Usage, descriptors, peak, usage};
use crate::requests::content_length;
use crate::unleash::{CLIENT_TOKEN, FRONTEND_TOKEN};

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contestant {
    Floor(Kind),
    Ours,
    /// `unleash-edge`, with this program in place of Unleash as its upstream.
    Peer,
}

impl Contestant {
    pub fn name(self) -> &'static str {
        match self {
            Self::Floor(Kind::Hyper) => "bare hyper, HTTP/1",
            Self::Floor(Kind::Axum) => "axum, `axum::serve`",
            Self::Floor(Kind::Listen) => "axum, `fh_edge::listen`",
            Self::Ours => "`fh serve`",
            Self::Peer => "`unleash-edge`",
        }
    }

    /// Returns the request for a stream.
    pub fn stream(self) -> String {
        match self {
            Self::Floor(_) => head("/stream", ""),
            Self::Ours => head(&format!("/features/{ENVIRONMENT}/{CLIENT_KEY}"), ""),
            Self::Peer => {
                head("/api/client/streaming", &format!("authorization: {CLIENT_TOKEN}\r\n"))
            }
        }
    }

    /// Returns the line of the first event of a stream.
    pub fn first(self) -> &'static str {
        match self {
            Self::Floor(_) | Self::Ours => "event: features",
            Self::Peer => "event: unleash-connected",
        }
    }

    /// Returns a request that changes a feature. `value` is a JSON string.
    pub fn update(self, version: usize, value: &str) -> String {
        let (path, body) = match self {
            Self::Floor(_) => {
                ("/update".to_string(), crate::environment::feature(CHANGED, version, value))
            }
            Self::Ours => (
                format!("/features/{ENVIRONMENT}/{CLIENT_KEY}/{KEYS}{CHANGED}"),
                format!(r#"{{"value":{value}}}"#),
            ),
            Self::Peer => ("/update".to_string(), crate::unleash::update(version, value)),
        };
        format!(
            "PUT {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

pub fn head(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\n{headers}\r\n")
}

/// A running server. Dropping the value ends the process.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// The server from which this one gets its features. `None` if they come from a file.
    upstream: Option<Box<Server>>,
}

/// The options about the published peer, `unleash-edge`.
#[derive(Args)]
pub struct Peer {
    /// `unleash-edge`; without it, it is not measured
    #[arg(long)]
    unleash_edge: Option<PathBuf>,
}

impl Peer {
    pub fn program(&self) -> Option<&Path> {
        self.unleash_edge.as_deref()
    }
}

/// The paths of programs and files.
pub struct Places {
    pub fh: Option<PathBuf>,
    pub peer: Option<PathBuf>,
    pub features: usize,
    pub state: PathBuf,
    pub list: PathBuf,
    /// The file with features for the peer.
    pub bootstrap: PathBuf,
    /// The folder for the files of this run.
    pub folder: PathBuf,
}

impl Places {
    /// Creates a folder with an environment of this number of features. Without a path, `fh` is searched beside this
    /// program.
    pub fn new(fh: Option<&Path>, peer: Option<&Path>, features: usize) -> Result<Self, String> {
        let own = std::env::current_exe().map_err(|why| why.to_string())?;
        let beside = [own.with_file_name("fh"), PathBuf::from("../target/release/fh")];
        let fh = match fh {
            Some(path) if path.is_file() => Some(path.to_path_buf()),
            Some(path) => return Err(format!("{} is not there", path.display())),
            None => beside.into_iter().find(|path| path.is_file()),
        };
        if let Some(missing) = peer.filter(|path| !path.is_file()) {
            return Err(format!("{} is not there", missing.display()));
        }
        let folder =
            std::env::temp_dir().join(format!("edge-bench-{}-{features}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        let file = |name: &str| folder.join(name);
        let (state, list) = (file("state.json"), file("list.json"));
        let bootstrap = file("unleash.json");
        let write = |path: &Path, text: &str| {
            std::fs::write(path, text).map_err(|why| format!("{}: {why}", path.display()))
        };
        write(&state, &crate::environment::state(features))?;
        write(&list, &crate::environment::list(features))?;
        write(&bootstrap, &crate::unleash::list(features))?;
        let peer = peer.map(Path::to_path_buf);
        Ok(Self { fh, peer, features, state, list, bootstrap, folder })
    }

    /// Returns the path of `fh`.
    pub fn fh(&self) -> Result<&Path, String> {
        self.fh.as_deref().ok_or("there is no `fh`; build it in release, or name it by --fh".into())
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Server {
    pub fn start(contestant: Contestant, places: &Places) -> Result<Self, String> {
        match contestant {
            Contestant::Floor(kind) => Self::floor(kind, &places.list),
            Contestant::Ours => Self::ours(places),
            Contestant::Peer => Self::peer_with_upstream(places),
        }
    }

    /// Starts a floor that responds with this list.
    pub fn floor(kind: Kind, list: &Path) -> Result<Self, String> {
        let own = std::env::current_exe().map_err(|why| why.to_string())?;
        let kind = format!("{kind:?}").to_lowercase();
        let mut command = Command::new(own);
        command.args(["floor", &kind, "--list"]).arg(list);
        Self::spawn(command)
    }

    pub fn ours(places: &Places) -> Result<Self, String> {
        Self::ours_with(places, &["--state".to_string(), places.state.display().to_string()])
    }

    /// Starts `fh serve` with these flags, which name the source of its state.
    pub fn ours_with(places: &Places, flags: &[String]) -> Result<Self, String> {
        let mut command = Command::new(places.fh()?);
        command.args(["serve", "--port", "0"]).args(flags);
        // By default, 256 descriptors are reserved for other purposes than connections.
        let most = descriptors()?.saturating_sub(40).max(1);
        command.args(["--max-connections", &most.to_string(), "--log", "warn"]);
        Self::spawn(command)
    }

    /// Starts `fh serve` with a state file and a monitor port.
    pub fn serve(fh: &Path, state: &Path, monitor: &str, flags: &[String]) -> Result<Self, String> {
        let mut command = Command::new(fh);
        command.args(["serve", "--port", "0", "--monitor-port", monitor, "--log", "error"]);
        command.arg("--state").arg(state).args(flags);
        Self::spawn(command)
    }

    /// Starts the peer with features from a file, which suffices for requests.
    pub fn peer_with_file(places: &Places) -> Result<Self, String> {
        let mut arguments: Vec<OsString> = ["offline", "--bootstrap-file"].map(Into::into).into();
        arguments.push(places.bootstrap.clone().into());
        arguments.extend(
            ["--client-tokens", CLIENT_TOKEN, "--frontend-tokens", FRONTEND_TOKEN].map(Into::into),
        );
        Self::peer(places, &arguments)
    }

    /// Starts the peer with features from an upstream's stream. Without it, the peer offers no streams.
    fn peer_with_upstream(places: &Places) -> Result<Self, String> {
        let own = std::env::current_exe().map_err(|why| why.to_string())?;
        let mut command = Command::new(own);
        command.args(["upstream", "--features", &places.features.to_string()]);
        let upstream = Self::spawn(command)?;
        let url = format!("http://{}", upstream.address);
        let arguments = ["edge", "--streaming", "--upstream-url", &url, "--tokens", CLIENT_TOKEN];
        let mut server = Self::peer(places, &arguments.map(Into::into))?;
        // From this time on the peer receives changes.
        wait("the peer listens to its upstream", || {
            Ok(upstream.fetch(&head("/listeners", ""))?.body == b"1")
        })?;
        server.upstream = Some(Box::new(upstream));
        Ok(server)
    }

    fn peer(places: &Places, arguments: &[OsString]) -> Result<Self, String> {
        let program = places.peer.as_ref().ok_or("there is no `unleash-edge`")?;
        // The peer does not print its port, so a free one is chosen here.
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|socket| socket.local_addr());
        let address = free.map_err(|why| why.to_string())?;
        let mut command = Command::new(program);
        // The environment is cleared, because the peer reads settings from variables with names such as PORT.
        command.env_clear().env("RUST_LOG", "warn");
        command.args(["--interface", "127.0.0.1", "--port", &address.port().to_string()]);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().map_err(|why| format!("{command:?}: {why}"))?;
        let mut server = Self { child, address, upstream: None };
        wait("the peer is ready", || {
            if let Ok(Some(status)) = server.child.try_wait() {
                return Err(format!("{command:?}: {status}"));
            }
            Ok(server.fetch(&head("/internal-backstage/ready", "")).is_ok())
        })?;
        Ok(server)
    }

    /// Returns the address that accepts changes.
    pub fn changes(&self) -> SocketAddr {
        self.upstream.as_ref().map_or(self.address, |upstream| upstream.address)
    }

    fn spawn(mut command: Command) -> Result<Self, String> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|why| format!("{command:?}: {why}"))?;
        let out = child.stdout.take().ok_or("no output")?;
        let mut lines = BufReader::new(out);
        let mut line = String::new();
        lines.read_line(&mut line).map_err(|why| why.to_string())?;
        let port = line.trim().rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        let Some(port) = port else {
            let _ = child.kill();
            return Err(format!("{command:?} says {line:?}"));
        };
        // Further output is read, so that the server is not blocked by a full pipe.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Ok(Self { child, address: ([127, 0, 0, 1], port).into(), upstream: None })
    }

    pub fn usage(&self) -> Result<Usage, String> {
        usage(self.child.id())
    }

    pub fn peak(&self) -> Result<u64, String> {
        peak(self.child.id())
    }

    /// Stops the server by SIGTERM, and waits for its end.
    pub fn stop(mut self) -> Result<(), String> {
        rustix::process::kill_process(Pid::from_child(&self.child), Signal::TERM)
            .map_err(|why| why.to_string())?;
        self.child.wait().map(drop).map_err(|why| why.to_string())
    }

    /// Returns the data of the first event that contains this line.
    pub fn event(&self, request: &str, event: &str) -> Result<Vec<u8>, String> {
        let failed = |why: std::io::Error| format!("{}: {why}", self.address);
        let mut socket = TcpStream::connect(self.address).map_err(failed)?;
        socket.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        socket.write_all(request.as_bytes()).map_err(failed)?;
        let mut socket = BufReader::new(socket);
        let mut line = String::new();
        socket.read_line(&mut line).map_err(failed)?;
        if !line.starts_with("HTTP/1.1 200 ") {
            return Err(format!("{request}\n{line}"));
        }
        let mut chunked = false;
        while line != "\r\n" {
            line.clear();
            if socket.read_line(&mut line).map_err(failed)? == 0 {
                return Err(format!("{request}\nthe answer ended within its head"));
            }
            chunked |= line.eq_ignore_ascii_case("transfer-encoding: chunked\r\n");
        }
        let mut read = Vec::new();
        // An empty line ends an event.
        loop {
            if read.ends_with(b"\n\n") {
                let mut lines = read.split(|byte| *byte == b'\n');
                if lines.any(|line| line == event.as_bytes()) {
                    let data = lines.find_map(|line| line.strip_prefix(b"data:"));
                    return Ok(data.ok_or("an event has no data")?.to_vec());
                }
                read.clear();
            }
            if !chunked {
                if socket.read_until(b'\n', &mut read).map_err(failed)? == 0 {
                    return Err("the stream ended within an event".to_string());
                }
                continue;
            }
            line.clear();
            socket.read_line(&mut line).map_err(failed)?;
            let size = usize::from_str_radix(line.trim_end(), 16);
            let mut chunk = vec![0; size.map_err(|why| format!("{line:?}: {why}"))? + 2];
            socket.read_exact(&mut chunk).map_err(failed)?;
            read.extend_from_slice(chunk.strip_suffix(b"\r\n").ok_or("a chunk has no end")?);
        }
    }

    /// Sends a request, and returns the response.
    pub fn fetch(&self, request: &str) -> Result<Answer, String> {
        let failed = |why: std::io::Error| format!("{}: {why}", self.address);
        let mut socket = TcpStream::connect(self.address).map_err(failed)?;
        socket.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        let last = request.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        socket.write_all(last.as_bytes()).map_err(failed)?;
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).map_err(failed)?;
        let end = memchr::memmem::find(&answer, b"\r\n\r\n").ok_or("no answer")?;
        let body = answer.split_off(end + 4);
        let head = String::from_utf8_lossy(&answer).into_owned();
        if !head.starts_with("HTTP/1.1 20") {
            return Err(format!("{request}\n{head}"));
        }
        if content_length(&head.to_lowercase()) != Some(body.len()) {
            return Err(format!("{request}\n{} bytes came with {head}", body.len()));
        }
        let etag = head.lines().find_map(|line| line.strip_prefix("etag: "));
        Ok(Answer { etag: etag.unwrap_or_default().to_string(), body })
    }
}

/// Repeats a check until it succeeds, for as long as a server may take to start.
fn wait(what: &str, mut done: impl FnMut() -> Result<bool, String>) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if done()? {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(format!("waited in vain until {what}"))
}

pub struct Answer {
    pub etag: String,
    pub body: Vec<u8>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
