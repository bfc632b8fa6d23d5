//! Checks for proxy settings that can never work, when a transport is built and when a client starts.

use hyper_util::client::proxy::matcher::Matcher;

use super::InvalidSetting;

/// The variables that hold the proxy for all destinations. The first variable that is set is used.
const ALL: [&str; 2] = ["ALL_PROXY", "all_proxy"];

/// Checks the URL of a proxy.
///
/// # Errors
/// Returns the reason why the URL can never work. The reason contains no part of the URL, because the URL may contain a
/// password.
pub(super) fn check(proxy: &str) -> Result<(), &'static str> {
    let proxy = proxy.trim();
    // curl and reqwest also add `http://` to a proxy without a scheme.
    let url = if proxy.contains("://") { proxy.to_string() } else { format!("http://{proxy}") };
    let url = reqwest::Url::parse(&url).map_err(|_| "the proxy is not a valid URL")?;
    match url.scheme() {
        "http" | "https" if !url.has_host() => Err("the proxy's URL has no host"),
        "http" | "https" => Ok(()),
        "socks4" | "socks4a" | "socks5" | "socks5h" if cfg!(feature = "socks") => Ok(()),
        "socks4" | "socks4a" | "socks5" | "socks5h" => {
            Err("SOCKS proxies need the feature `socks` of fh-client")
        }
        _ => Err("the proxy's URL begins with neither http:// nor https://"),
    }
}

/// Checks the proxy that reqwest takes from the environment variables for this Edge, if there is one. A proxy for another
/// scheme than the Edge's is not checked. If `NO_PROXY` or `no_proxy` excludes the Edge, no proxy is checked.
///
/// # Errors
/// Returns [`InvalidSetting`] with the variable's name, and the reason why the variable's proxy can never work.
pub(super) fn check_environment(
    edge: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<(), InvalidSetting> {
    // reqwest ignores these variables in a CGI program, where a header of the request could set them.
    if variable("REQUEST_METHOD").is_some() {
        return Ok(());
    }
    let first = |names: [&'static str; 2]| {
        let set = names.into_iter().find_map(|name| Some((name, variable(name)?)));
        set.filter(|(_, proxy)| !proxy.trim().is_empty())
    };
    let of_scheme = if edge.starts_with("https:") {
        ["HTTPS_PROXY", "https_proxy"]
    } else {
        ["HTTP_PROXY", "http_proxy"]
    };
    let Some((name, proxy)) = first(of_scheme).or_else(|| first(ALL)) else { return Ok(()) };
    let excluded = ["NO_PROXY", "no_proxy"].into_iter().find_map(variable).unwrap_or_default();
    let is_used = |proxy: &str| {
        let matcher = Matcher::builder().all(proxy).no(excluded.as_str()).build();
        edge.parse::<http::Uri>().is_ok_and(|edge| matcher.intercept(&edge).is_some())
    };
    if !is_used("http://proxy.invalid") {
        return Ok(());
    }
    let why = match check(&proxy) {
        Err(why) => why,
        // reqwest would ignore this proxy and connect directly.
        Ok(()) if !is_used(&proxy) => "the proxy is not a valid URL",
        Ok(()) => return Ok(()),
    };
    Err(InvalidSetting::new(name, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxy_urls_that_can_never_work_are_rejected() {
        for good in
            ["http://p:3128", "https://me:pw@p", "p:3128", "p", "http://[::1]:1", " http://p "]
        {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("http://p:99999", "not a valid URL"),
            ("http://[::1", "not a valid URL"),
            ("p:port", "not a valid URL"),
            ("http://", "not a valid URL"),
            ("ftp://p", "neither http"),
            ("quic://p:1", "neither http"),
        ] {
            let said = check(bad).unwrap_err();
            assert!(said.contains(why), "{bad}: {said}");
        }
        for socks in ["socks5://p:1080", "socks4://p", "socks5h://me:pw@p"] {
            assert_eq!(check(socks).is_ok(), cfg!(feature = "socks"), "{socks}");
        }
    }

    #[test]
    fn only_the_variable_that_reqwest_uses_is_checked() {
        let bad = "nonsense://me:secret@p";
        let found = |edge: &str, set: &[(&str, &str)]| {
            let variable = |name: &str| {
                set.iter().find(|(other, _)| *other == name).map(|(_, text)| text.to_string())
            };
            match check_environment(edge, variable) {
                Ok(()) => None,
                Err(error) => {
                    assert!(!error.to_string().contains("secret"), "{error}");
                    Some(error.name)
                }
            }
        };
        let (plain, tls) = ("http://edge.example/x", "https://edge.example");
        for (edge, set, variable) in [
            (plain, &[][..], None),
            (plain, &[("HTTP_PROXY", bad)], Some("HTTP_PROXY")),
            (plain, &[("http_proxy", bad)], Some("http_proxy")),
            (plain, &[("HTTP_PROXY", "http://p"), ("http_proxy", bad)], None),
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
            assert_eq!(found(edge, set).as_deref(), variable, "{edge} {set:?}");
        }
    }
}
