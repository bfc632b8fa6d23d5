//! An HTTP proxy in front of an Edge.
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::server::{Port, locked};

/// One request that a proxy received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxiedRequest {
    /// The request line without its end: `CONNECT host:port HTTP/1.1`, or a method with a URL in absolute form.
    pub line: String,
    /// The value of `proxy-authorization`.
    pub credentials: Option<String>,
}

/// A proxy that forwards every request and every tunnel to one address, whatever host it names, so that a client can use a host name that
/// only the proxy knows.
#[derive(Debug)]
pub struct Proxy {
    port: Port,
    requests: Arc<Mutex<Vec<ProxiedRequest>>>,
}

impl Proxy {
    /// Starts the proxy on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If no port or no thread is available.
    pub fn start(to: SocketAddr) -> io::Result<Self> {
        Self::listen(to, None, true)
    }

    /// Starts a proxy that answers CONNECT with status 403, as many do for ports other than 443.
    ///
    /// # Errors
    /// If no port or no thread is available.
    pub fn without_tunnels(to: SocketAddr) -> io::Result<Self> {
        Self::listen(to, None, false)
    }

    /// Starts a proxy that answers with status 407 unless a request has these credentials, as the value of `proxy-authorization`.
    ///
    /// # Errors
    /// If no port or no thread is available.
    pub fn requiring(to: SocketAddr, credentials: &str) -> io::Result<Self> {
        Self::listen(to, Some(credentials.to_owned()), true)
    }

    fn listen(to: SocketAddr, required: Option<String>, has_tunnels: bool) -> io::Result<Self> {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let mut port = Port::reserve(0)?;
        port.listen(move |socket, _| {
            let (seen, required) = (Arc::clone(&seen), required.clone());
            // Without a thread the connection ends, which is what a client of a full proxy sees.
            let _ = thread::Builder::new()
                .name("proxy-connection".to_owned())
                .spawn(move || forward(socket, to, &seen, required.as_deref(), has_tunnels));
        })?;
        Ok(Self { port, requests })
    }

    /// Returns the address of the proxy.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Returns the URL of the proxy.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Returns the requests that the proxy has received so far.
    #[must_use]
    pub fn requests(&self) -> Vec<ProxiedRequest> {
        locked(&self.requests).clone()
    }
}

fn forward(
    socket: TcpStream,
    to: SocketAddr,
    seen: &Mutex<Vec<ProxiedRequest>>,
    required: Option<&str>,
    has_tunnels: bool,
) -> Option<()> {
    let mut front = BufReader::new(socket);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if front.read_line(&mut line).ok()? == 0 || line == "\r\n" {
            break;
        }
        head.push(line);
    }
    let (first, rest) = head.split_first()?;
    let credentials = rest.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.trim().to_owned())
    });
    let is_allowed = required.is_none() || required == credentials.as_deref();
    let request = ProxiedRequest { line: first.trim_end().to_owned(), credentials };
    locked(seen).push(request);
    if !is_allowed {
        const REFUSAL: &[u8] =
            b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\
            content-length: 0\r\nconnection: close\r\n\r\n";
        return front.into_inner().write_all(REFUSAL).ok();
    }
    let mut front = front.into_inner();
    if first.starts_with("CONNECT") && !has_tunnels {
        const REFUSAL: &[u8] =
            b"HTTP/1.1 403 Access violation\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        return front.write_all(REFUSAL).ok();
    }
    let mut back = TcpStream::connect(to).ok()?;
    if first.starts_with("CONNECT") {
        front.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
    } else {
        let mut words = first.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        let path = target.splitn(4, '/').nth(3).unwrap_or_default();
        let rest = rest.iter().filter(|line| !line.to_ascii_lowercase().starts_with("upgrade:"));
        let rest: String = rest.map(String::as_str).collect();
        write!(back, "{method} /{path} HTTP/1.1\r\n{rest}\r\n").ok()?;
    }
    let (mut up, mut to_edge) = (front.try_clone().ok()?, back.try_clone().ok()?);
    // Without a thread the client can send nothing more, which ends most requests well.
    let _ = thread::Builder::new()
        .name("proxy-upstream".to_owned())
        .spawn(move || io::copy(&mut up, &mut to_edge));
    let mut piece = [0; 4096];
    while let Ok(read @ 1..) = back.read(&mut piece) {
        front.write_all(piece.get(..read)?).ok()?;
    }
    let _ = front.shutdown(std::net::Shutdown::Both);
    Some(())
}
