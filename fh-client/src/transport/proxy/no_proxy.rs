//! The hosts that `NO_PROXY` excludes from proxies.

use std::net::IpAddr;

use ipnet::IpNet;
use reqwest::Url;

/// The entries of `NO_PROXY`, separated by commas or white space.
#[derive(Debug, Clone, Default)]
pub(super) struct NoProxy {
    entries: Vec<Entry>,
    /// The positions of entries that cannot be read, from 1. The entries themselves may contain a password.
    unreadable: Vec<usize>,
}

/// The hosts of one entry, at one port or at all ports.
#[derive(Debug, Clone)]
struct Entry {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug, Clone)]
enum Hosts {
    All,
    /// A domain in lower case, with all names below it.
    Domain(String),
    Address(IpAddr),
    Network(IpNet),
}

impl NoProxy {
    pub(super) fn parse(text: &str) -> Self {
        let mut read = Self::default();
        let entries = text.split(|c: char| c == ',' || c.is_whitespace());
        for (at, entry) in entries.filter(|entry| !entry.is_empty()).enumerate() {
            match Entry::parse(entry) {
                Some(entry) => read.entries.push(entry),
                None => read.unreadable.push(at + 1),
            }
        }
        read
    }

    /// Returns the positions of entries that cannot be read, from 1.
    pub(super) fn unreadable(&self) -> &[usize] {
        &self.unreadable
    }

    /// Returns true if requests to this URL use no proxy.
    pub(super) fn excludes(&self, destination: &Url) -> bool {
        let Some(host) = destination.host_str() else { return false };
        let host = host.strip_suffix('.').unwrap_or(host);
        let address = address(host);
        let port = destination.port_or_known_default();
        self.entries.iter().any(|entry| {
            entry.port.is_none_or(|only| port == Some(only)) && entry.hosts.hold(host, address)
        })
    }
}

impl Entry {
    /// Parses `*`, a domain with or without a leading `.` or `*.`, an address, or a network. Each of them but a network, and an IPv6
    /// address without brackets, can have a port.
    fn parse(text: &str) -> Option<Self> {
        // Without brackets, the last part of an IPv6 address is no port.
        if let Some(hosts) = Hosts::of_addresses(text) {
            return Some(Self { hosts, port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                (host, Some(port.parse().ok()?))
            }
            _ => (text, None),
        };
        Some(Self { hosts: Hosts::parse(host)?, port })
    }
}

impl Hosts {
    fn of_addresses(text: &str) -> Option<Self> {
        let network = text.parse().ok().map(Self::Network);
        network.or_else(|| address(text).map(Self::Address))
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        let domain = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')).unwrap_or(text);
        let is_bracketed = domain.starts_with('[') && domain.ends_with(']');
        if domain.contains(['/', '?', '#', '@', '\\', '*']) || domain.contains(':') != is_bracketed
        {
            return None;
        }
        // Hosts of URLs are compared, which have lower case and, for other alphabets, the ASCII form.
        let url = Url::parse(&format!("http://{domain}")).ok()?;
        let host = url.host_str()?;
        let host = host.strip_suffix('.').unwrap_or(host);
        let is_domain = !host.is_empty();
        address(host)
            .map(Self::Address)
            .or_else(|| is_domain.then(|| Self::Domain(host.to_string())))
    }

    fn hold(&self, host: &str, address: Option<IpAddr>) -> bool {
        match self {
            Self::All => true,
            Self::Domain(domain) => {
                let above = host.strip_suffix(domain.as_str());
                address.is_none()
                    && above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
            }
            Self::Address(own) => address == Some(*own),
            Self::Network(network) => address.is_some_and(|address| network.contains(&address)),
        }
    }
}

/// Returns the address of a host. An IPv4 address that is mapped to IPv6 becomes the IPv4 address.
fn address(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_an_entry_excludes_its_hosts() {
        // The entry, URLs that it excludes, and URLs that it does not exclude.
        let rows: [(&str, &[&str], &[&str]); 17] = [
            (
                "*",
                &[
                    "http://edge.example",
                    "http://10.0.0.1:8903",
                    "https://[::1]",
                    "http://localhost",
                ],
                &[],
            ),
            (
                "*:8903",
                &["http://10.0.0.1:8903", "https://e:8903"],
                &["http://10.0.0.1", "https://e"],
            ),
            (
                "edge.example",
                &[
                    "http://edge.example",
                    "https://EDGE.example:1",
                    "http://a.edge.example",
                    "http://edge.example.",
                ],
                &["http://anedge.example", "http://example", "http://edge.example.org"],
            ),
            (
                ".edge.example",
                &["http://edge.example", "http://a.b.edge.example"],
                &["http://anedge.example"],
            ),
            (
                "*.edge.example",
                &["http://edge.example", "http://a.edge.example:9"],
                &["http://anedge.example", "http://edge.examples"],
            ),
            ("Edge.Example.", &["http://edge.example"], &["http://other.example"]),
            ("bücher.example", &["http://xn--bcher-kva.example"], &["http://bucher.example"]),
            (
                "edge.example:8903",
                &["http://edge.example:8903", "https://a.edge.example:8903"],
                &["http://edge.example", "https://edge.example:8904"],
            ),
            ("edge.example:80", &["http://edge.example"], &["https://edge.example"]),
            ("*.example:443", &["https://edge.example"], &["http://edge.example"]),
            ("10.1.2.3", &["http://10.1.2.3:9", "http://[::ffff:10.1.2.3]"], &["http://10.1.2.33"]),
            ("10.1.2.3:9", &["http://10.1.2.3:9"], &["http://10.1.2.3"]),
            ("10.0.0.0/8", &["http://10.9.9.9", "http://[::ffff:10.1.1.1]"], &["http://11.0.0.1"]),
            ("::1", &["http://[::1]", "http://[::1]:8903"], &["http://[::2]", "http://127.0.0.1"]),
            ("[::1]", &["http://[::1]", "http://[0:0:0:0:0:0:0:1]:8903"], &["http://[::2]"]),
            ("[::1]:8903", &["http://[::1]:8903"], &["http://[::1]"]),
            ("fd00::/8", &["http://[fd12::1]"], &["http://[fe80::1]", "http://10.0.0.1"]),
        ];
        for (entry, excluded, others) in rows {
            let lists =
                [entry.to_string(), format!("other, {entry}"), format!("{entry} 192.0.2.9")];
            for list in &lists {
                let read = NoProxy::parse(list);
                assert!(read.unreadable().is_empty(), "{list}: {read:?}");
                let found = |url: &&str| read.excludes(&Url::parse(url).unwrap());
                assert_eq!(excluded.iter().find(|url| !found(url)), None, "{list}");
                assert_eq!(others.iter().find(|url| found(url)), None, "{list}");
            }
        }
    }

    #[test]
    fn entries_that_cannot_be_read_are_counted() {
        for (list, unreadable) in [
            ("", &[][..]),
            (" , ,", &[]),
            ("edge,10.*,http://edge,*edge*", &[2, 3, 4]),
            ("[::1,edge:99999,10.0.0.0/33", &[1, 2, 3]),
            ("me:pw@edge .", &[1, 2]),
            ("edge:port:1, <local>,:80", &[1, 2, 3]),
        ] {
            assert_eq!(NoProxy::parse(list).unreadable(), unreadable, "{list}");
        }
    }
}
