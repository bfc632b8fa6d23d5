//! `fh probe`: a health check, for example of a container whose image holds no shell and no `curl`.

use std::net::IpAddr;
use std::time::Duration;

use clap::Args;
use reqwest::Url;

use crate::connection_errors::other_scheme;
use crate::edge_address::{is_host, is_loopback, with_scheme};
use crate::failure::{Failure, Status};
use crate::json_output;
use crate::runtime;
use crate::screen::{GOOD, Screen};
use crate::seconds;
use crate::serve::settings::{ResolvedSettings, SettingArgs};

/// The path of the request if the URL has neither a path nor a query.
const LIVENESS: &str = "/health/liveness";

/// Check that a server is healthy.
///
/// A server is healthy if it answers with status 200 to 299 within the time of --timeout. Redirects are not followed, and
/// proxies are not used. For localhost, 127.0.0.0/8 and ::1, any certificate is accepted. Without URL, `fh probe` builds the
/// URL from the FH_EDGE_ variables and FeatureHub's properties as `fh serve` would read them in its place, but flags of a
/// running `fh serve` have no effect on this URL.
#[derive(Args)]
#[command(after_help = "\
Examples:
  fh probe
  fh probe http://127.0.0.1:8903/health/readiness
  fh probe https://edge.example --timeout 1

In a Containerfile: HEALTHCHECK CMD [\"/fh\", \"probe\"]

Exit codes: 0 healthy; 1 not healthy, or no answer; 2 the usage, the URL or a setting is
wrong.")]
pub(crate) struct ProbeArgs {
    /// The URL to request. If the URL has neither a path nor a query, `fh probe` requests /health/liveness
    #[arg(value_name = "URL")]
    url: Option<String>,

    /// The time limit from the start of the request to the headers of the response. When the time is over, exit with status 1
    #[arg(long, value_name = "SECONDS", value_parser = seconds::positive, default_value = "3")]
    timeout: Duration,
}

pub(crate) fn run(
    args: &ProbeArgs,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let url = match &args.url {
        Some(text) => parse(text)?,
        None => of_environment()?,
    };
    let status = runtime::run(ask(&url, args.timeout))?;
    if !(200..300).contains(&status) {
        let advice = match status {
            404 => {
                let origin = url.origin().ascii_serialization();
                format!("; `fh probe {origin}` asks the server's liveness, {LIVENESS}")
            }
            _ => String::new(),
        };
        return Err(Failure::Refused(format!("{} answers {status}{advice}", place(&url))));
    }
    if json {
        json_output::line(screen.raw(), &serde_json::json!({"healthy": true, "status": status}))?;
    } else {
        screen.line(GOOD, &format!("healthy: {} answers {status}", place(&url)))?;
    }
    Ok(Status::Fine)
}

fn parse(text: &str) -> Result<Url, Failure> {
    let wrong = |why: &str| {
        Failure::Input(format!(
            "the URL is invalid{why}: give a URL with http:// or https://, such as http://127.0.0.1:8903"
        ))
    };
    let whole = match is_host(text, true) {
        true => with_scheme(text).map_err(Failure::Input)?,
        false => text.to_string(),
    };
    let mut url = Url::parse(&whole).map_err(|why| wrong(&format!(" ({why})")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong(""));
    }
    if url.path() == "/" && url.query().is_none() {
        url.set_path(LIVENESS);
    }
    Ok(url)
}

/// Returns the origin and the path of the URL. The credentials and the query may be secret.
fn place(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// Returns the liveness URL of the server that the environment variables and property files describe. The URL names the
/// monitor port if there is one, and otherwise the API's port. Fails if this port is 0.
fn of_environment() -> Result<Url, Failure> {
    let resolved = ResolvedSettings::read(&SettingArgs::default()).map_err(Failure::Input)?;
    let settings = &resolved.settings;
    let (address, port, is_tls) = match settings.monitor_port {
        Some(port) => {
            (settings.monitor_address.unwrap_or(settings.address), port, settings.monitor_tls)
        }
        None => (settings.address, settings.port, settings.tls_certificate.is_some()),
    };
    let scheme = if is_tls { "https" } else { "http" };
    if port == 0 {
        return Err(Failure::Input(
            "the configured port is 0, which means any free port, so its number is unknown: write the URL".to_string(),
        ));
    }
    let host = match address {
        IpAddr::V4(address) if address.is_unspecified() => "127.0.0.1".to_string(),
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) if address.is_unspecified() => "[::1]".to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    parse(&format!("{scheme}://{host}:{port}{LIVENESS}"))
}

/// Sends a GET request, and returns the status code of the response.
async fn ask(url: &Url, timeout: Duration) -> Result<u16, Failure> {
    // An error means that the provider is installed already, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(timeout)
        .tls_danger_accept_invalid_certs(is_loopback(url.host_str().unwrap_or_default()))
        .build()
        .map_err(|error| Failure::Input(format!("the probe cannot be set up: {error}")))?;
    let answer = client.get(url.clone()).send().await;
    let status = answer.map_err(|error| {
        let why = match error.is_timeout() {
            true => format!("no answer within {} s", timeout.as_secs_f64()),
            false => cause(&error.without_url()),
        };
        let why = match other_scheme(url.as_str(), &why) {
            Some(advice) => advice,
            None if why.contains("refused") => format!("{why}; check that a server runs there"),
            None => why,
        };
        Failure::Refused(format!("{}: {why}", place(url)))
    })?;
    Ok(status.status().as_u16())
}

/// Returns the text of the innermost error.
fn cause(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
