//! What the texts of connection errors say.

use fh_client::Problem;

/// The parts of the texts of connection errors that another attempt within seconds cannot mend, unless a script starts the Edge
/// at the same time.
const FINAL: [&str; 5] = ["refused", "lookup", "resolve", "unreachable", "No route"];

/// The part of the text of an error for a response that is not HTTP.
const NO_HTTP: &str = "invalid HTTP version";

/// Returns the error for a port that speaks the other scheme, if the text of a transport's error shows this.
pub(crate) fn other_scheme(url: &str, why: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split('/').next().unwrap_or_default();
    let other = match scheme {
        // The server has answered with something that is no TLS record.
        "https" if why.contains("InvalidContentType") => "http",
        // The server has answered with a TLS alert, which is no HTTP.
        "http" if why.contains(NO_HTTP) => "https",
        _ => return None,
    };
    Some(format!("{host} speaks {other}, not {scheme}: write {other}://{host}"))
}

/// Returns true if the text of a transport's error says that the host refused the connection.
pub(crate) fn is_refused(why: &str) -> bool {
    why.contains("refused")
}

/// Returns true for a problem that another attempt within seconds does not mend.
pub(crate) fn is_final(problem: &Problem) -> bool {
    match problem {
        Problem::Tls(_) => true,
        Problem::Unreachable(why) => {
            FINAL.iter().any(|text| why.contains(text)) || why.contains(NO_HTTP)
        }
        _ => false,
    }
}
