//! Errors of reqwest as transport errors.

use std::error::Error as _;
use std::io::ErrorKind;

use crate::transport::proxy::Proxy;
use crate::transport::tls::in_words;
use crate::transport::{TransportError, TransportErrorKind};

/// The part of a response that was being received.
#[derive(Clone, Copy)]
pub(super) enum Phase {
    Head,
    Body,
}

pub(super) fn translate(error: reqwest::Error, phase: Phase) -> TransportError {
    let error = error.without_url();
    let is_unsent = error.is_connect() || error.is_builder();
    // An error after the head of a response is no failed TLS handshake, even if TLS found it.
    let is_handshake = matches!(phase, Phase::Head) && is_tls(&error);
    let kind = if is_handshake {
        TransportErrorKind::Tls
    } else if error.is_connect() && error.is_timeout() {
        TransportErrorKind::ConnectTimeout
    } else if error.is_connect() {
        TransportErrorKind::Connect
    } else if error.is_builder() {
        TransportErrorKind::Other
    } else {
        TransportErrorKind::Broken
    };
    let cause = root_cause(&error);
    let text = match (kind, phase) {
        (TransportErrorKind::ConnectTimeout, _) => {
            "no connection within the time limit".to_string()
        }
        (TransportErrorKind::Broken, Phase::Body) => {
            format!("the connection broke while the response was read: {cause}")
        }
        _ => in_words(cause),
    };
    let error = TransportError::new(kind, text);
    if is_unsent { error.before_sending() } else { error }
}

/// Returns true if the connection ended before a byte of the response arrived.
pub(super) fn has_ended(error: &reqwest::Error) -> bool {
    let cause = root_cause(error);
    match cause.downcast_ref::<std::io::Error>() {
        Some(error) => matches!(
            error.kind(),
            ErrorKind::BrokenPipe
                | ErrorKind::ConnectionAborted
                | ErrorKind::ConnectionReset
                | ErrorKind::NotConnected
                | ErrorKind::UnexpectedEof
        ),
        None => ENDED.contains(&&*cause.to_string()),
    }
}

/// The texts of the errors of hyper, h2 and rustls for connections that ended. The types of these errors belong to other crates.
const ENDED: [&str; 6] = [
    "connection closed before message completed",
    "channel closed",
    "operation was canceled",
    "connection error received: not a result of an error",
    "stream closed because of a broken pipe",
    "stream error received: refused stream before processing any application logic",
];

/// Adds the proxy to an error that may be the proxy's: no connection could be opened through it.
pub(super) fn named(error: TransportError, proxy: Option<&Proxy>, place: &str) -> TransportError {
    let Some(proxy) = proxy else { return error };
    match error.kind() {
        TransportErrorKind::Connect if error.text() == PROXY_REFUSES => proxy.refusal(407),
        kind @ TransportErrorKind::Connect if error.text() == NO_TUNNEL => {
            let or = if proxy.is_anonymous() {
                ""
            } else {
                " or the user name and the password of its URL"
            };
            let text =
                format!("{proxy} refuses a tunnel to {place}{or}, or could not connect to it");
            TransportError::new(kind, text)
        }
        kind @ (TransportErrorKind::Connect | TransportErrorKind::Tls) => {
            let named = TransportError::new(kind, format!("{proxy}: {}", error.text()));
            if error.is_unsent() { named.before_sending() } else { named }
        }
        _ => error,
    }
}

/// The text of hyper-util's error for a proxy that answers a CONNECT request with status 407. The type of the error is not public.
const PROXY_REFUSES: &str = "tunnel error: proxy authorization required";
/// The text of that error for any other status.
const NO_TUNNEL: &str = "tunnel error: unsuccessful";

/// Returns the host and the port of a URL.
pub(super) fn place(url: &reqwest::Url) -> String {
    let port = url.port_or_known_default().unwrap_or(80);
    format!("{}:{port}", url.host_str().unwrap_or_default())
}

/// Returns the innermost cause of an error. The outer errors of reqwest only say that a request failed.
pub(super) fn root_cause<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> &'a (dyn std::error::Error + 'static) {
    let mut cause = error;
    while let Some(inner) = inner(cause) {
        cause = inner;
    }
    cause
}

fn is_tls(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<rustls::Error>() {
            return true;
        }
        cause = inner(error);
    }
    false
}

/// Returns the direct cause of an error, or `None` if there is none. For an I/O error, returns the error that it wraps,
/// because `source()` of an I/O error skips that error.
fn inner<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a (dyn std::error::Error + 'static)> {
    if let Some(hidden) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        return Some(hidden);
    }
    error.source()
}
