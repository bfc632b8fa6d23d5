//! A proxy between store and server that can interfere between WATCH and EXEC.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The proxy's treatment of a transaction.
pub(crate) enum Verdict {
    Forward,
    /// The connection breaks.
    Cut,
}

/// Starts the proxy, which calls `ask` before it forwards a MULTI. Returns its URL.
pub(crate) fn start(server: &Path, ask: impl Fn() -> Verdict + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let (server, ask) = (server.to_path_buf(), Arc::new(ask));
    std::thread::spawn(move || {
        for store in listener.incoming() {
            let (server, ask) = (server.clone(), Arc::clone(&ask));
            std::thread::spawn(move || carry(store.unwrap(), server, &*ask));
        }
    });
    url
}

fn carry(mut store: TcpStream, server: PathBuf, ask: &dyn Fn() -> Verdict) {
    let Ok(mut server) = UnixStream::connect(server) else { return };
    let (mut answers, mut back) = (server.try_clone().unwrap(), store.try_clone().unwrap());
    let backward = std::thread::spawn(move || {
        let _ = std::io::copy(&mut answers, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let mut buffer = [0; 65_536];
    while let Ok(count @ 1..) = store.read(&mut buffer) {
        let piece = &buffer[..count];
        let is_multi = piece.windows(7).any(|window| window == b"MULTI\r\n");
        if is_multi && matches!(ask(), Verdict::Cut) {
            break;
        }
        if server.write_all(piece).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
    let _ = store.shutdown(Shutdown::Both);
    let _ = backward.join();
}
