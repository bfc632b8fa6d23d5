//! The proxies of environment variables, and of the system's settings on macOS and Windows.

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

use super::Proxy;
use super::no_proxy::NoProxy;
use crate::transport::InvalidSetting;

/// The name of the proxies that macOS and Windows know.
const SYSTEM: &str = "the system's settings";

/// The proxies for `http://` and `https://` URLs, and the hosts that use none.
pub(crate) struct EnvironmentProxies {
    http: Option<Variable>,
    https: Option<Variable>,
    excluded: NoProxy,
    /// The name of the variable that holds `excluded`.
    excluded_by: &'static str,
    /// The proxies of the system's settings, for URLs for which no variable is set.
    system: Matcher,
}

/// A variable that is set, and its proxy, or the reason why the proxy can never work.
struct Variable {
    name: &'static str,
    proxy: Result<Proxy, &'static str>,
}

impl EnvironmentProxies {
    /// Reads the environment of this process, and the system's settings.
    pub(crate) fn of_process() -> Self {
        Self::read(|name| std::env::var(name).ok(), Matcher::from_system())
    }

    /// Reads the variables. Of two spellings of a name, the one in capitals takes precedence. A variable that is blank counts as not
    /// set, but hides the other spelling.
    fn read(variable: impl Fn(&str) -> Option<String>, system: Matcher) -> Self {
        // A header of a request could set these variables in a CGI program.
        let is_cgi = variable("REQUEST_METHOD").is_some();
        let set = |names: [&'static str; 2]| {
            let mut found = names.into_iter().filter_map(|name| Some((name, variable(name)?)));
            found.next().filter(|(_, text)| !is_cgi && !text.trim().is_empty())
        };
        let proxy = |names| {
            let (name, text) = set(names).or_else(|| set(["ALL_PROXY", "all_proxy"]))?;
            Some(Variable { name, proxy: Proxy::parse(&text, name) })
        };
        let excluded = set(["NO_PROXY", "no_proxy"]);
        Self {
            http: proxy(["HTTP_PROXY", "http_proxy"]),
            https: proxy(["HTTPS_PROXY", "https_proxy"]),
            excluded_by: excluded.as_ref().map_or("NO_PROXY", |(name, _)| name),
            excluded: excluded.map_or_else(NoProxy::default, |(_, text)| NoProxy::parse(&text)),
            system,
        }
    }

    /// Returns the variable for requests to this URL, unless they use no proxy.
    fn variable(&self, destination: &Url) -> Option<&Variable> {
        let variable = match destination.scheme() {
            "http" => self.http.as_ref(),
            "https" => self.https.as_ref(),
            _ => None,
        };
        variable.filter(|_| !self.excluded.excludes(destination))
    }

    /// Returns the proxy for requests to this URL. A variable whose proxy can never work counts as none; [`Self::check`] reports it.
    pub(crate) fn proxy(&self, destination: &Url) -> Option<Proxy> {
        if self.excluded.excludes(destination) {
            return None;
        }
        if let Some(variable) = self.variable(destination) {
            return variable.proxy.clone().ok();
        }
        let found = self.system.intercept(&destination.as_str().parse().ok()?)?;
        Proxy::parse(&found.uri().to_string(), SYSTEM).ok()
    }

    /// Checks the proxy for requests to this URL. The proxies for other URLs are not checked.
    ///
    /// # Errors
    /// Returns [`InvalidSetting`] with the variable's name, and the reason why the variable's proxy can never work.
    pub(crate) fn check(&self, destination: &Url) -> Result<(), InvalidSetting> {
        let Some(variable) = self.variable(destination) else { return Ok(()) };
        if let Some(ignored) = self.ignored() {
            tracing::warn!("{ignored}");
        }
        let checked = variable.proxy.as_ref().map(drop);
        checked.map_err(|why| InvalidSetting::new(variable.name, *why))
    }

    /// Returns a warning if the list of hosts without a proxy has entries that cannot be read.
    pub(crate) fn ignored(&self) -> Option<String> {
        let name = self.excluded_by;
        let which = match self.excluded.unreadable() {
            [] => return None,
            [one] => format!("entry {one} is ignored"),
            [first, ..] => format!("entry {first} and others are ignored"),
        };
        Some(format!(
            "{name}: {which}, so a proxy may get requests to these hosts: write a host, HOST:PORT, .DOMAIN, an address, \
             a network such as 10.0.0.0/8, or *"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(set: &[(&str, &str)]) -> EnvironmentProxies {
        let variable = |name: &str| {
            set.iter().find(|(other, _)| *other == name).map(|(_, text)| (*text).to_string())
        };
        EnvironmentProxies::read(variable, Matcher::builder().build())
    }

    #[test]
    fn the_variable_of_the_url_is_used_and_checked() {
        let bad = "nonsense://me:secret@p";
        let (plain, tls) = ("http://edge.example/x", "https://edge.example");
        for (edge, set, variable) in [
            (plain, &[][..], None),
            (plain, &[("HTTP_PROXY", bad)], Some("HTTP_PROXY")),
            (plain, &[("http_proxy", bad)], Some("http_proxy")),
            (plain, &[("HTTP_PROXY", "http://p"), ("http_proxy", bad)], None),
            (plain, &[("HTTP_PROXY", ""), ("http_proxy", bad)], None),
            (plain, &[("HTTPS_PROXY", bad)], None),
            (tls, &[("HTTPS_PROXY", bad)], Some("HTTPS_PROXY")),
            (tls, &[("ALL_PROXY", bad)], Some("ALL_PROXY")),
            (tls, &[("ALL_PROXY", bad), ("HTTPS_PROXY", "http://p")], None),
            (tls, &[("ALL_PROXY", bad), ("HTTPS_PROXY", " ")], Some("ALL_PROXY")),
            (tls, &[("HTTPS_PROXY", bad), ("NO_PROXY", "other,edge.example")], None),
            (tls, &[("HTTPS_PROXY", bad), ("NO_PROXY", "other")], Some("HTTPS_PROXY")),
            (tls, &[("HTTPS_PROXY", bad), ("REQUEST_METHOD", "GET")], None),
            ("http://127.0.0.1:80", &[("HTTP_PROXY", bad), ("no_proxy", "127.0.0.0/8")], None),
        ] {
            let (environment, edge) = (environment(set), Url::parse(edge).unwrap());
            let checked = environment.check(&edge);
            let said = checked.as_ref().map_err(ToString::to_string).err().unwrap_or_default();
            assert!(!said.contains("secret"), "{said}");
            let named = checked.err().map(|error| error.name);
            assert_eq!(named.as_deref(), variable, "{edge} {set:?}");
            let used = environment.proxy(&edge).map(|proxy| proxy.to_string());
            let expected = set.iter().find(|(name, text)| {
                *text == "http://p" && name.starts_with(&edge.scheme().to_uppercase())
            });
            let expected = expected.map(|(name, _)| format!("the proxy p:80 of {name}"));
            assert_eq!(used, expected, "{edge} {set:?}");
        }
    }

    #[test]
    fn the_systems_settings_apply_where_no_variable_is_set() {
        let system = || Matcher::builder().http("10.0.0.1:3128").build();
        let edge = Url::parse("http://edge.example/base").unwrap();
        for (name, text, proxy) in [
            ("OTHER", "", Some("the proxy 10.0.0.1:3128 of the system's settings")),
            ("ALL_PROXY", "p", Some("the proxy p:80 of ALL_PROXY")),
            ("NO_PROXY", "*", None),
        ] {
            let variable = |wanted: &str| (wanted == name).then(|| text.to_string());
            let used = EnvironmentProxies::read(variable, system()).proxy(&edge);
            assert_eq!(used.map(|proxy| proxy.to_string()).as_deref(), proxy, "{name}");
        }
    }

    #[test]
    fn ignored_entries_give_a_warning_without_their_text() {
        assert_eq!(environment(&[("NO_PROXY", "edge,.example")]).ignored(), None);
        let said = environment(&[("no_proxy", "edge,http://me:secret@e")]).ignored().unwrap();
        assert!(said.starts_with("no_proxy: entry 2 is ignored"), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}
