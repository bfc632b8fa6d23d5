//! TLS, HTTP/2, and changed certificates.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use fh_listen::{ListenOptions, Reloaded, Tls};
use fh_test::Folder;
use fh_test::certificates::Authority;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::support::{PATIENCE, Peer, SHORT, Served, soon, until};

/// Files with a certificate and its key, deleted when this is dropped.
pub(super) struct Files {
    folder: Folder,
    authority: Authority,
}

impl Files {
    pub(super) fn new() -> Self {
        let files = Self { folder: Folder::new(), authority: Authority::new("of this test") };
        files.renew();
        files
    }

    /// Writes a new certificate and its key, and returns the certificate.
    fn renew(&self) -> CertificateDer<'static> {
        let certificate = self.authority.issue("localhost", -1..1);
        fs::write(self.key(), certificate.key_pem()).unwrap();
        fs::write(self.certificate(), certificate.pem()).unwrap();
        CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap()
    }

    fn certificate(&self) -> PathBuf {
        self.folder.file("tls.crt")
    }

    fn key(&self) -> PathBuf {
        self.folder.file("tls.key")
    }

    pub(super) fn tls(&self) -> Tls {
        Tls::from_files(self.certificate(), self.key()).unwrap()
    }

    pub(super) async fn connect(
        &self,
        server: &Served,
        protocols: &[&[u8]],
    ) -> TlsStream<TcpStream> {
        self.connect_by(TcpStream::connect(server.address).await.unwrap(), protocols).await
    }

    /// Does the handshake on a connection that is open already.
    pub(super) async fn connect_by(
        &self,
        socket: TcpStream,
        protocols: &[&[u8]],
    ) -> TlsStream<TcpStream> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(self.authority.pem().as_bytes()).unwrap();
        roots.add(authority).unwrap();
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        let handshake = TlsConnector::from(Arc::new(config)).connect(name, socket);
        soon("the handshake", handshake).await.unwrap()
    }
}

pub(super) type Sender = hyper::client::conn::http2::SendRequest<Empty<Bytes>>;
pub(super) type Ended = tokio::task::JoinHandle<hyper::Result<()>>;

pub(super) async fn http2(files: &Files, server: &Served) -> (Sender, Ended) {
    let stream = files.connect(server, &[b"h2", b"http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = TokioIo::new(stream);
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), io);
    let (sender, connection) = soon("HTTP/2", handshake).await.unwrap();
    (sender, tokio::spawn(connection))
}

pub(super) fn request(path: &str) -> Request<Empty<Bytes>> {
    Request::get(format!("https://localhost{path}")).body(Empty::new()).unwrap()
}

async fn text(response: http::Response<hyper::body::Incoming>) -> String {
    let body = soon("the body", response.into_body().collect()).await.unwrap();
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn clients_without_http_2_get_http_1_1() {
    let files = Files::new();
    let server = Served::secure(files.tls(), |_| {});
    for protocols in [&[][..], &[&b"http/1.1"[..]]] {
        let mut peer = Peer::new(files.connect(&server, protocols).await);
        peer.ask("/", "here").await;
        let port = peer.socket.get_ref().0.local_addr().unwrap().port().to_string();
        assert_eq!(peer.ask("/peer", &port).await, format!("127.0.0.1:{port}"));
    }
}

/// A trusted proxy may connect over TLS for a client that came over plain HTTP, and the other way round.
#[tokio::test]
async fn a_trusted_proxy_names_the_transport_of_its_client() {
    let files = Files::new();
    let (tls, plain) = ("over TLS.", "plain HTTP.");
    let tests = [
        ("", [plain, tls]),
        ("x-forwarded-proto: https\r\n", [tls, tls]),
        ("x-forwarded-proto: https,HTTPS\r\n", [tls, tls]),
        ("x-forwarded-proto: http\r\n", [plain, plain]),
        ("x-forwarded-proto: https, http\r\n", [plain, plain]),
        ("x-forwarded-proto: https\r\nx-forwarded-proto: http\r\n", [plain, plain]),
        ("x-forwarded-proto: \r\n", [plain, plain]),
    ];
    for (proxies, is_trusted) in [("127.0.0.1", true), ("127.0.0.2", false), ("", false)] {
        let change = |options: &mut ListenOptions| options.proxies = proxies.parse().unwrap();
        let (over_http, over_tls) = (Served::new(change), Served::secure(files.tls(), change));
        let mut over_http = over_http.peer().await;
        let mut over_tls = Peer::new(files.connect(&over_tls, &[]).await);
        for (headers, expected) in tests {
            let expected = if is_trusted { expected } else { [plain, tls] };
            let request = format!("GET /transport HTTP/1.1\r\nhost: edge\r\n{headers}\r\n");
            over_http.send(&request).await;
            over_tls.send(&request).await;
            for answer in [over_http.read_to("\r\n\r\n").await, over_tls.read_to("\r\n\r\n").await]
            {
                assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
            }
            let found = [over_http.read_to(".").await, over_tls.read_to(".").await];
            assert_eq!(found, expected, "{proxies:?} {headers:?}");
        }
    }
}

#[tokio::test]
async fn many_streams_share_an_http_2_connection() {
    let files = Files::new();
    let server = Served::secure(files.tls(), |options| options.idle_timeout = Some(SHORT));
    let (mut sender, _connection) = http2(&files, &server).await;
    let response = soon("the answer", sender.send_request(request("/stream"))).await.unwrap();
    let mut stream = response.into_body();
    for _ in 0..20 {
        let answer = soon("the answer", sender.send_request(request("/"))).await.unwrap();
        assert_eq!(answer.version(), http::Version::HTTP_2);
        assert_eq!(text(answer).await, "here");
    }
    // An idle connection is closed. The stream keeps the first one open.
    let (mut other, ended) = http2(&files, &server).await;
    text(soon("the answer", other.send_request(request("/"))).await.unwrap()).await;
    let _ = soon("the end of the idle connection", ended).await;
    server.stage.send("event").await;
    let frame = soon("the event", stream.frame()).await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), "event");
}

#[tokio::test]
async fn an_http_2_connection_without_a_request_is_closed() {
    let files = Files::new();
    let server = Served::secure(files.tls(), |options| options.header_timeout = Some(SHORT));
    let (_sender, ended) = http2(&files, &server).await;
    let _ = soon("the end of the connection", ended).await;
}

#[tokio::test]
async fn http_2_ends_gracefully() {
    let files = Files::new();
    let mut server = Served::secure(files.tls(), |_| {});
    let (mut sender, ended) = http2(&files, &server).await;
    let answer = tokio::spawn(sender.send_request(request("/hold")));
    until("the request", || server.stage.held.load(Ordering::SeqCst) == 1).await;
    let mut silent = server.peer().await;
    until("both", || server.connections.open() == 2).await;
    server.shut_down();
    assert_eq!(silent.read_to_close().await, b"", "a handshake is not waited for");
    server.stage.release.notify_one();
    assert_eq!(text(soon("the answer", answer).await.unwrap().unwrap()).await, "held");
    soon("the end of the connection", ended).await.unwrap().unwrap();
    assert_eq!(server.stopped().await.cut, 0);
}

#[tokio::test]
async fn http_2_is_cut_after_the_grace_period() {
    let files = Files::new();
    let mut server = Served::secure(files.tls(), |options| options.grace = SHORT);
    let (mut sender, ended) = http2(&files, &server).await;
    let answer = tokio::spawn(sender.send_request(request("/hold")));
    until("the request", || server.stage.held.load(Ordering::SeqCst) == 1).await;
    server.shut_down();
    let _ = soon("the end of the connection", ended).await;
    soon("the answer", answer).await.unwrap().unwrap_err();
    assert_eq!(server.stopped().await.cut, 1);
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_dropped() {
    let files = Files::new();
    let server = Served::secure(files.tls(), |options| options.write_timeout = Some(4 * SHORT));
    let mut peer = Peer::new(files.connect(&server, &[]).await);
    peer.get("/flood").await;
    peer.read_to("\r\n\r\n").await;
    until("the end of the body", || server.stage.floods.load(Ordering::SeqCst) == 0).await;
    let flooded = server.stage.flooded.load(Ordering::SeqCst);
    assert!(flooded < 32 << 20, "{flooded} bytes were produced for a peer that does not read");
}

#[tokio::test]
async fn handshakes_have_a_time_limit() {
    let files = Files::new();
    let server = Served::secure(files.tls(), |options| options.handshake_timeout = Some(SHORT));
    server.peer().await.read_to_close().await;
    let mut slow = server.peer().await;
    slow.send(b"\x16\x03\x01\x02\x00\x01").await;
    slow.read_to_close().await;
    until("the count", || server.connections.open() == 0).await;
    // The limit does not apply after the handshake.
    let mut peer = Peer::new(files.connect(&server, &[]).await);
    server.peer().await.read_to_close().await;
    peer.ask("/", "here").await;
}

#[tokio::test]
async fn a_peer_without_tls_is_disconnected() {
    let files = Files::new();
    let server = Served::secure(files.tls(), |_| {});
    let mut peer = server.peer().await;
    peer.get("/").await;
    let answer = peer.read_to_close().await;
    assert!(!answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn a_new_certificate_is_loaded_automatically() {
    let files = Files::new();
    let server = Served::secure(files.tls(), |options| options.certificate_check = Some(SHORT));
    let mut old = Peer::new(files.connect(&server, &[]).await);
    let new = files.renew();
    soon("the new certificate", async {
        loop {
            let stream = files.connect(&server, &[]).await;
            if stream.get_ref().1.peer_certificates().unwrap()[0] == new {
                break;
            }
        }
    })
    .await;
    old.ask("/", "here").await;
}

#[test]
fn files_that_do_not_match_leave_the_certificate_in_use() {
    let files = Files::new();
    let tls = files.tls();
    assert_eq!(tls.reload().unwrap(), Reloaded::Same);
    let old_key = fs::read(files.key()).unwrap();
    files.renew();
    let new_key = fs::read(files.key()).unwrap();
    // The state between the replacement of the two files.
    fs::write(files.key(), old_key).unwrap();
    let error = tls.reload().unwrap_err().to_string();
    assert!(error.ends_with("tls.crt") && error.contains("does not belong to"), "{error}");
    fs::write(files.key(), new_key).unwrap();
    assert_eq!(tls.reload().unwrap(), Reloaded::Another);
    assert_eq!(tls.reload().unwrap(), Reloaded::Same);
}

#[test]
fn errors_name_the_file() {
    let files = Files::new();
    let (certificate, key) =
        (fs::read(files.certificate()).unwrap(), fs::read(files.key()).unwrap());
    let no_pem = b"-----BEGIN CERTIFICATE-----\nAAAA\n".as_slice();
    let no_certificate = [no_pem, b"-----END CERTIFICATE-----\n"].concat();
    let no_key = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let other_key = files.authority.issue("localhost", -1..1).key_pem();
    let missing = b"".as_slice();
    for (first, second, parts) in [
        (missing, &*key, &["tls.crt", "cannot be read"][..]),
        (&key, &key, &["tls.crt", "contains no certificate"]),
        (no_pem, &key, &["tls.crt", "is not PEM"]),
        (&no_certificate, &key, &["tls.crt", "the first certificate"]),
        (&certificate, missing, &["tls.key", "cannot be read"]),
        (&certificate, &certificate, &["tls.key", "contains no readable private key"]),
        (&certificate, no_key, &["tls.key", "cannot be used"]),
        (&certificate, other_key.as_bytes(), &["tls.key", "tls.crt", "does not belong to"]),
    ] {
        for (path, bytes) in [(files.certificate(), first), (files.key(), second)] {
            fs::write(&path, bytes).unwrap();
            if bytes.is_empty() {
                fs::remove_file(&path).unwrap();
            }
        }
        let error = Tls::from_files(files.certificate(), files.key()).unwrap_err().to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{parts:?}: {error}");
    }
    // Certificate and key may be in one file.
    let both = [&certificate[..], &key[..]].concat();
    fs::write(files.key(), &both).unwrap();
    fs::write(files.certificate(), &both).unwrap();
    files.tls();
}

/// The warning is logged even if the files are not checked again.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_expires_soon_is_logged() {
    let log = fh_test::Log::capture();
    let files = Files::new();
    let _server = Served::with_probes(Some(files.tls()), |options| {
        options.certificate_check = None;
    });
    let path = files.certificate().display().to_string();
    let is_it = |line: &str| line.contains("expires soon") && line.contains(&path);
    let lines = log.wait_for_lines(PATIENCE, |line| line.contains("WARN") && is_it(line));
    assert!(!lines.is_empty(), "no warning");
}
