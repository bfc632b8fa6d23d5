//! Sockets to `http://` URLs through the tunnel of an HTTP proxy (RFC 6455, section 4.1). reqwest sends requests for such URLs to the proxy
//! itself, and many proxies remove the headers that ask for a socket.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use fh_session::ResponseHead;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::{HOST, HeaderMap, PROXY_AUTHORIZATION, USER_AGENT};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::error::{named, place};
use crate::transport::proxy::Proxy;
use crate::transport::tls::{HttpVersions, TlsChoices, in_words};
use crate::transport::{Connection, TransportError, TransportErrorKind, Upgrade};

/// The maximum size of the head of a response in bytes.
const MOST_HEAD: u64 = 64 * 1024;

type Stream = BufReader<Box<dyn Connection>>;

/// Opens a tunnel through the proxy within the time limit, and sends the request through it.
pub(super) async fn upgrade(
    proxy: &Proxy,
    tls: &TlsChoices,
    limit: Duration,
    request: &reqwest::Request,
) -> Result<Upgrade, TransportError> {
    let url = request.url();
    let target = place(url);
    let opened = tokio::time::timeout(limit, open(proxy, tls, &target, request.headers())).await;
    let mut stream = opened.map_err(|_| {
        let why = format!("{proxy} opened no tunnel to {target} within the time limit");
        TransportError::new(TransportErrorKind::ConnectTimeout, why)
    })??;
    let path = url.query().map_or_else(String::new, |query| format!("?{query}"));
    let line = format!("{} {}{path}", request.method(), url.path());
    let mut headers = request.headers().clone();
    if let Ok(host) = url.authority().parse() {
        headers.entry(HOST).or_insert(host);
    }
    let broken =
        |error: io::Error| TransportError::new(TransportErrorKind::Broken, error.to_string());
    let head = ask(&mut stream, &line, &headers).await.map_err(broken)?;
    let is_open = head.status == 101;
    Ok(Upgrade { head, connection: is_open.then(|| Box::new(stream) as Box<dyn Connection>) })
}

/// Opens a tunnel through the proxy.
async fn open(
    proxy: &Proxy,
    tls: &TlsChoices,
    target: &str,
    headers: &HeaderMap,
) -> Result<Stream, TransportError> {
    let failed = |kind, why: String| named(TransportError::new(kind, why), Some(proxy), target);
    let unreached = |error: io::Error| failed(TransportErrorKind::Connect, in_words(&error));
    let tcp = TcpStream::connect(format!("{}:{}", proxy.host(), proxy.port()));
    let tcp = tcp.await.map_err(unreached)?;
    tcp.set_nodelay(true).map_err(unreached)?;
    let connection: Box<dyn Connection> = match proxy.url().scheme() {
        "https" => {
            let bad = |why: String| failed(TransportErrorKind::Tls, why).before_sending();
            let config = tls.configuration(HttpVersions::Http1);
            let config = config.map_err(|why| bad(why.to_string()))?;
            let name = proxy.host().trim_matches(['[', ']']).to_string();
            let name = name.try_into().map_err(|_| bad("its host is no valid name".to_string()))?;
            let secured = TlsConnector::from(Arc::new(config)).connect(name, tcp).await;
            Box::new(secured.map_err(|error| bad(in_words(&error)))?)
        }
        _ => Box::new(tcp),
    };
    let mut stream = BufReader::new(connection);
    let mut sent = HeaderMap::new();
    if let Ok(host) = target.parse() {
        sent.insert(HOST, host);
    }
    let agent = headers.get(USER_AGENT).cloned();
    sent.extend(agent.map(|agent| (USER_AGENT, agent)));
    sent.extend(credentials(proxy).map(|credentials| (PROXY_AUTHORIZATION, credentials)));
    let head = ask(&mut stream, &format!("CONNECT {target}"), &sent).await.map_err(unreached)?;
    match head.status {
        200..300 => Ok(stream),
        status @ (401 | 407) => Err(proxy.refusal(status)),
        status => Err(proxy.no_tunnel(target, status)),
    }
}

/// Returns the credentials of the proxy's URL as the value of a header.
fn credentials(proxy: &Proxy) -> Option<reqwest::header::HeaderValue> {
    let matcher = Matcher::builder().http(proxy.url().to_string()).build();
    matcher.intercept(&"http://any".parse().ok()?)?.basic_auth().cloned()
}

/// Sends a request without a body, and returns the head of the response.
async fn ask(stream: &mut Stream, line: &str, headers: &HeaderMap) -> io::Result<ResponseHead> {
    let mut request = format!("{line} HTTP/1.1\r\n").into_bytes();
    for (name, value) in headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            request.extend_from_slice(part);
        }
    }
    request.extend_from_slice(b"\r\n");
    stream.write_all(&request).await?;
    stream.flush().await?;
    let mut bytes = Vec::new();
    let mut limited = stream.take(MOST_HEAD);
    while !bytes.ends_with(b"\n\r\n") {
        if limited.read_until(b'\n', &mut bytes).await? == 0 {
            let why = "the connection ended before the head of the response";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
        }
    }
    head(&String::from_utf8_lossy(&bytes))
        .ok_or_else(|| io::Error::other("the response is not HTTP"))
}

/// Parses the head of a response.
fn head(text: &str) -> Option<ResponseHead> {
    let mut lines = text.lines();
    let mut words = lines.next()?.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    let head = ResponseHead::new(words.next()?.parse().ok()?);
    let headers = lines.filter_map(|line| line.split_once(':'));
    Some(headers.fold(head, |head, (name, value)| head.header(name, value.trim())))
}
