//! Checks of the network path to the Edge: proxies, name resolution and connection.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use fh_client::internal::used_proxy;
use reqwest::Url;
use serde_json::json;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::failure::Failure;

use super::check::{Finding, Report, Topic};
use super::wording::{milliseconds, several};

/// The time limit for resolving a name, and for connecting. Both end earlier at the deadline of the examination.
const LIMIT: Duration = Duration::from_secs(5);

/// Environment variables that set proxies, and exceptions from them.
const VARIABLES: [&str; 8] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
];

/// The host and port to which connections are made.
pub(super) struct Target {
    host: String,
    port: u16,
    pub(super) is_proxy: bool,
}

/// Returns the host to connect to: the Edge, or the proxy that this machine uses for the Edge. Reports the proxy and the
/// variables that set proxies, if there are any.
pub(super) fn proxies(report: &mut Report<'_>, url: &str) -> Result<Target, Failure> {
    let parsed =
        Url::parse(url).map_err(|_| Failure::Input("the Edge's URL is invalid".to_string()))?;
    let direct = Target {
        host: parsed.host_str().unwrap_or_default().to_string(),
        port: parsed.port_or_known_default().unwrap_or(80),
        is_proxy: false,
    };
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|text| !text.is_empty());
    let set: Vec<&str> = VARIABLES.into_iter().filter(is_set).collect();
    let (proxy, ignored) = used_proxy(url);
    if let Some(ignored) = ignored {
        report.add(Finding::warning(Topic::Proxy, ignored))?;
    }
    let (finding, target) = match proxy {
        Some(proxy) => {
            let shown = format!("{}:{}", proxy.host, proxy.port);
            let message =
                format!("requests go through the proxy {shown}, because of {}", proxy.source);
            let finding = Finding::note(Topic::Proxy, message)
                .advice("if the Edge is in the same network, name its host in NO_PROXY; a proxy must not delay streams")
                .data(json!({ "proxy": shown, "variables": set }));
            (finding, Target { host: proxy.host, port: proxy.port, is_proxy: true })
        }
        None if set.is_empty() => return Ok(direct),
        None => {
            let message = format!("no proxy is used for this URL, in spite of {}", several(&set));
            let data = json!({ "proxy": null, "variables": set });
            (Finding::note(Topic::Proxy, message).data(data), direct)
        }
    };
    report.add(finding)?;
    Ok(target)
}

/// Returns true for loopback addresses, private and link-local IPv4 addresses, and unique local IPv6 addresses. Traffic to
/// them is not likely to be read by others.
pub(super) fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}

/// Returns the addresses of the host, or `None` if its name does not resolve within [`LIMIT`] and before `deadline`. Reports
/// the result for a name, but not for an IP address.
pub(super) async fn resolve(
    report: &mut Report<'_>,
    target: &Target,
    deadline: Instant,
) -> Result<Option<Vec<SocketAddr>>, Failure> {
    let bare = target.host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok(Some(vec![SocketAddr::new(ip, target.port)]));
    }
    let what = if target.is_proxy { "the proxy's name" } else { "the name" };
    let start = Instant::now();
    let until = deadline.min(start + LIMIT);
    let found = timeout_at(until, lookup_host((bare, target.port))).await;
    let addresses: Vec<SocketAddr> = match found {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(error)) => {
            let message = format!("{what} {bare} does not resolve: {error}");
            let finding = Finding::bad(Topic::Name, message).advice(
                "check the spelling of the name, and whether this machine's DNS knows the name (a VPN may be off)",
            );
            report.add(finding)?;
            return Ok(None);
        }
        Err(_) => {
            let limit = (until - start).as_secs_f64();
            let message = format!("{what} {bare} does not resolve within {limit:.1} s");
            let finding = Finding::bad(Topic::Name, message)
                .advice("check this machine's DNS servers: no answer came in time");
            report.add(finding)?;
            return Ok(None);
        }
    };
    let took = start.elapsed();
    let ips: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    let shown: Vec<&str> = ips.iter().map(String::as_str).collect();
    let message = format!("{bare} is {} ({})", several(&shown), milliseconds(took));
    report.add(Finding::good(Topic::Name, message).data(json!({ "addresses": ips })))?;
    Ok(Some(addresses))
}

/// Connects to all addresses at the same time. Returns true if at least one connection succeeds within [`LIMIT`] and before
/// `deadline`.
pub(super) async fn connect(
    report: &mut Report<'_>,
    target: &Target,
    addresses: &[SocketAddr],
    deadline: Instant,
) -> Result<bool, Failure> {
    let mut tries = JoinSet::new();
    for address in addresses.iter().copied() {
        tries.spawn(async move {
            let start = Instant::now();
            let until = deadline.min(start + LIMIT);
            let outcome = match timeout_at(until, TcpStream::connect(address)).await {
                Ok(Ok(_)) => Ok(start.elapsed()),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err(format!("no answer within {:.1} s", (until - start).as_secs_f64())),
            };
            (address, outcome)
        });
    }
    let mut outcomes = tries.join_all().await;
    outcomes.sort_by_key(|(address, _)| *address);
    let mut reached = Vec::new();
    let mut failed = Vec::new();
    for (address, outcome) in &outcomes {
        match outcome {
            Ok(took) => reached.push((address, *took)),
            Err(why) => failed.push(format!("{address}: {why}")),
        }
    }
    let failures: Vec<&str> = failed.iter().map(String::as_str).collect();
    let failures = several(&failures);
    let fastest = reached.iter().map(|(_, took)| *took).min();
    let whom = if target.is_proxy { "the proxy" } else { "the Edge" };
    let data = json!({ "milliseconds": fastest.map(|took| took.as_secs_f64() * 1000.0), "failed": failed });
    let finding = match fastest {
        None => Finding::bad(Topic::Connect, format!("no connection to {whom} ({failures})"))
            .advice("check that the server runs on this port, and that no firewall blocks this machine"),
        Some(_) if !failed.is_empty() => Finding::warning(
            Topic::Connect,
            format!("no connection to {whom} at some of its addresses ({failures})"),
        )
        .advice("clients that try these addresses first lose time: remove the addresses from the DNS, or make the port reachable at them"),
        Some(took) => Finding::good(
            Topic::Connect,
            format!("port {} accepts connections ({})", target.port, milliseconds(took)),
        ),
    };
    report.add(finding.data(data))?;
    Ok(fastest.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_near() {
        for near in ["127.0.0.1", "10.1.2.3", "192.168.0.1", "::1", "fd00::1"] {
            assert!(is_near(near.parse().unwrap()), "{near}");
        }
        for far in ["203.0.113.7", "2001:db8::1"] {
            assert!(!is_near(far.parse().unwrap()), "{far}");
        }
    }
}
