//! Servers, each a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::environment::{CHANGED, CLIENT_KEY, ENVIRONMENT};
use crate::floor::Kind;
use crate::process::{Usage, descriptors, usage};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contestant {
    Floor(Kind),
    Ours,
}

impl Contestant {
    pub fn name(self) -> &'static str {
        match self {
            Self::Floor(Kind::Hyper) => "bare hyper, HTTP/1",
            Self::Floor(Kind::Axum) => "axum, `axum::serve`",
            Self::Floor(Kind::Listen) => "axum, `fh_edge::listen`",
            Self::Ours => "`fh serve`",
        }
    }

    /// A stream, up to the end of the request's head.
    pub fn stream(self) -> String {
        match self {
            Self::Floor(_) => head("GET", "/stream"),
            Self::Ours => head("GET", &format!("/features/{ENVIRONMENT}/{CLIENT_KEY}")),
        }
    }

    /// A request that changes a feature; `value` is a JSON text.
    pub fn update(self, version: usize, value: &str) -> String {
        let (path, body) = match self {
            Self::Floor(_) => {
                ("/update".to_string(), crate::environment::feature(1, version, value))
            }
            Self::Ours => (
                format!("/features/{ENVIRONMENT}/{CLIENT_KEY}/{CHANGED}"),
                format!(r#"{{"value":{value}}}"#),
            ),
        };
        format!(
            "PUT {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

pub fn head(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: bench\r\n\r\n")
}

/// A running server; it ends with this value.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

/// Where things are.
pub struct Places {
    pub fh: Option<PathBuf>,
    pub state: PathBuf,
    pub list: PathBuf,
    /// For files of one run.
    pub folder: PathBuf,
}

impl Places {
    /// A folder with the environment of so many features; `fh` is looked for beside this program.
    pub fn new(fh: Option<&Path>, features: usize) -> Result<Self, String> {
        let own = std::env::current_exe().map_err(|why| why.to_string())?;
        let beside = [own.with_file_name("fh"), PathBuf::from("../target/release/fh")];
        let fh = match fh {
            Some(path) if path.is_file() => Some(path.to_path_buf()),
            Some(path) => return Err(format!("{} is not there", path.display())),
            None => beside.into_iter().find(|path| path.is_file()),
        };
        let folder =
            std::env::temp_dir().join(format!("edge-bench-{}-{features}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        let (state, list) = (folder.join("state.json"), folder.join("list.json"));
        let write = |path: &Path, text: &str| {
            std::fs::write(path, text).map_err(|why| format!("{}: {why}", path.display()))
        };
        write(&state, &crate::environment::state(features))?;
        write(&list, &crate::environment::list(features))?;
        Ok(Self { fh, state, list, folder })
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
        }
    }

    /// One that answers with this list.
    pub fn floor(kind: Kind, list: &Path) -> Result<Self, String> {
        let own = std::env::current_exe().map_err(|why| why.to_string())?;
        let kind = format!("{kind:?}").to_lowercase();
        let mut command = Command::new(own);
        command.args(["floor", &kind, "--list"]).arg(list);
        Self::spawn(command)
    }

    pub fn ours(places: &Places) -> Result<Self, String> {
        let fh = places.fh.as_ref();
        let fh = fh.ok_or("there is no `fh`; build it in release, or name it by --fh")?;
        let mut command = Command::new(fh);
        command.args(["serve", "--port", "0", "--state"]).arg(&places.state);
        // By default 256 descriptors are kept for other things than connections.
        let most = descriptors()?.saturating_sub(40).max(1);
        command.args(["--max-connections", &most.to_string(), "--log", "warn"]);
        Self::spawn(command)
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
        // What it says later must not block it.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Ok(Self { child, address: ([127, 0, 0, 1], port).into() })
    }

    pub fn usage(&self) -> Result<Usage, String> {
        usage(self.child.id())
    }

    /// One answer.
    pub fn fetch(&self, request: &str) -> Result<Answer, String> {
        let failed = |why: std::io::Error| format!("{}: {why}", self.address);
        let mut socket = TcpStream::connect(self.address).map_err(failed)?;
        socket.set_read_timeout(Some(Duration::from_secs(20))).map_err(failed)?;
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
        let etag = head.lines().find_map(|line| line.strip_prefix("etag: "));
        Ok(Answer { etag: etag.unwrap_or_default().to_string(), body })
    }
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
