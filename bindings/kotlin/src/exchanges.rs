//! The HTTP of Java, and the exchanges to which it reports.

use std::sync::{Arc, Weak};

use fh_binding::http::{Exchange, PlatformHttp, Reading};
use fh_client::transport::{TransportErrorKind, TransportRequest};
use jni_sys::{jlong, jobject, jvalue};

use crate::classes::{Classes, attached};
use crate::env::{Env, Global};
use crate::handles::Handles;

/// The exchanges whose end Java has not reported yet.
static EXCHANGES: Handles<Arc<Exchange>> = Handles::new();

/// An object of Java that sends requests. The client keeps it until its end, because a class loader with the object could never be collected.
pub(crate) struct JavaHttp(pub(crate) Weak<Global>);

impl PlatformHttp for JavaHttp {
    /// Calls `Bridge.send`, which starts the request and returns. An exception is the failure of the request.
    fn send(&self, request: TransportRequest, exchange: Exchange) {
        let Some((classes, env)) = attached() else { return };
        let Some(http) = self.0.upgrade() else { return };
        let number = EXCHANGES.add(Arc::new(exchange));
        if !send(env, classes, &http, &request, number).unwrap_or(false) {
            env.clear_exception();
            fail(number, 4, "the HTTP client of the program threw an exception");
        }
    }
}

fn send(
    env: Env<'_>,
    classes: &Classes,
    http: &Global,
    request: &TransportRequest,
    exchange: i64,
) -> Option<bool> {
    let texts: Vec<&String> =
        request.headers.iter().flat_map(|(name, value)| [name, value]).collect();
    let texts = texts.iter().map(|text| env.text(text));
    let headers = env.array(classes.string.raw(), texts)?;
    let body = match &request.body {
        Some(body) => env.byte_array(body)?,
        None => std::ptr::null_mut(),
    };
    let (method, url) = (env.text(request.method.as_str()), env.text(request.url.expose()));
    let connect = i64::try_from(request.connect_timeout.as_millis()).unwrap_or(i64::MAX);
    let arguments = [
        jvalue { l: http.raw() },
        jvalue { j: exchange },
        jvalue { l: method },
        jvalue { l: url },
        jvalue { l: headers },
        jvalue { l: body },
        jvalue { j: connect },
    ];
    let is_sent = classes.call(env, classes.send, &arguments);
    // This thread stays attached for its life, so its references do not end by themselves.
    for reference in [headers, body, method, url] {
        env.delete_local(reference);
    }
    Some(is_sent)
}

/// Sets the object whose method `run` ends the request.
pub(crate) fn on_cancel(env: Env<'_>, exchange: jlong, runnable: jobject) {
    let (Some(exchange), Some(runnable)) = (EXCHANGES.get(exchange), env.global(runnable)) else {
        return;
    };
    exchange.on_cancel(move || {
        let Some((classes, env)) = attached() else { return };
        classes.call(env, classes.run, &[jvalue { l: runnable.raw() }]);
    });
}

/// Reports the head of a response. `headers` holds names and values in turn.
pub(crate) fn head(exchange: jlong, status: i32, headers: &[String]) {
    let Some(exchange) = EXCHANGES.get(exchange) else { return };
    let pairs = headers.as_chunks::<2>().0.iter().map(|[name, value]| (&**name, &**value));
    exchange.head(u16::try_from(status).unwrap_or(0), pairs);
}

/// Reports a piece of a body. Returns false if the request should end.
pub(crate) fn piece(exchange: jlong, bytes: &[u8]) -> bool {
    let exchange = EXCHANGES.get(exchange);
    exchange.is_some_and(|exchange| exchange.piece(bytes) == Reading::Continues)
}

pub(crate) fn end(exchange: jlong) {
    if let Some(exchange) = EXCHANGES.take(exchange) {
        exchange.end();
    }
}

/// Reports a failure. `kind` is the position of the kind in the package's enumeration.
pub(crate) fn fail(exchange: jlong, kind: i32, text: &str) {
    let Some(exchange) = EXCHANGES.take(exchange) else { return };
    let kind = match kind {
        0 => TransportErrorKind::Connect,
        1 => TransportErrorKind::ConnectTimeout,
        2 => TransportErrorKind::Tls,
        3 => TransportErrorKind::Broken,
        5 => TransportErrorKind::Unusable,
        _ => TransportErrorKind::Other,
    };
    exchange.fail(kind, text);
}
