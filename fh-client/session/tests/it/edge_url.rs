//! URLs of an Edge and of its requests.

use fh_session::{ApiKeys, ContextHeader, EdgeUrl, SecretUrl, UrlError};

#[test]
fn base_urls_are_normalised() {
    for (text, base) in [
        ("http://x/y", "http://x/y"),
        ("http://x/y/", "http://x/y"),
        ("HTTP://X:8085/", "http://x:8085"),
        ("https://x/features", "https://x"),
        ("https://x/features/", "https://x"),
        ("https://x/y/features/env/key*", "https://x/y"),
        ("https://x/features-of-mine", "https://x/features-of-mine"),
        (" http://[::1]:80/a/b ", "http://[::1]:80/a/b"),
        ("http://[::ffff:1.2.3.4]", "http://[::ffff:1.2.3.4]"),
        ("http://x:65535", "http://x:65535"),
    ] {
        assert_eq!(EdgeUrl::parse(text).unwrap().as_str(), base, "{text}");
    }
    for (text, error) in [
        ("", UrlError::Empty),
        ("edge.example", UrlError::Scheme),
        ("ftp://edge.example", UrlError::Scheme),
        ("https://", UrlError::Host),
        ("https:///x", UrlError::Host),
        ("https://:80", UrlError::Host),
        ("https://a b", UrlError::Character),
        ("https://é", UrlError::Character),
        ("http://edge:99999", UrlError::Port),
        ("http://edge:65536/x", UrlError::Port),
        ("http://edge:0", UrlError::Port),
        ("http://edge:8o", UrlError::Port),
        ("http://[::1]:-1", UrlError::Port),
        ("http://[::1", UrlError::Host),
        ("http://[::g]", UrlError::Host),
        ("http://[::1]x", UrlError::Host),
        ("http://::1", UrlError::Host),
        ("http://a%b", UrlError::Host),
        ("https://me:pw@x", UrlError::Credentials),
        ("https://x?a=b", UrlError::Query),
    ] {
        assert_eq!(EdgeUrl::parse(text), Err(error), "{text}");
    }
}

#[test]
fn urls_of_requests() {
    let edge = EdgeUrl::parse("https://x/p/").unwrap();
    let keys = ApiKeys::parse(["e/a*b", "default/f/c&d?*"]).unwrap();
    let none = ContextHeader::default();
    assert_eq!(
        edge.poll(&keys, &none).expose(),
        "https://x/p/features?apiKey=e/a*b&apiKey=default/f/c%26d%3F*&contextSha=0"
    );
    assert_eq!(edge.stream(keys.first(), None).expose(), "https://x/p/features/e/a*b");
    assert_eq!(
        edge.stream(keys.first(), Some("userkey=a%20b,x=y")).expose(),
        "https://x/p/features/e/a*b?xfeaturehub=userkey%3Da%2520b%2Cx%3Dy"
    );
    assert_eq!(
        edge.update(keys.first(), "A B/C").unwrap().expose(),
        "https://x/p/features/e/a*b/A%20B%2FC"
    );
    for elsewhere in [".", ".."] {
        assert_eq!(edge.update(keys.first(), elsewhere), None);
    }
    assert!(edge.update(keys.first(), "...").is_some());
}

#[test]
fn redirects_stay_within_the_origin() {
    let url = SecretUrl::new("https://x:1/a/features/e/k?q");
    for (location, target) in [
        ("/b", Some("https://x:1/b")),
        ("c", Some("https://x:1/a/features/e/c")),
        ("https://X:1/d", Some("https://X:1/d")),
        ("//x:1/e", Some("https://x:1/e")),
        ("/b?from=https://y/", Some("https://x:1/b?from=https://y/")),
        ("c?from=https://y/", Some("https://x:1/a/features/e/c?from=https://y/")),
        ("?r", Some("https://x:1/a/features/e/k?r")),
        ("#f", Some("https://x:1/a/features/e/k?q")),
        ("/b#f", Some("https://x:1/b")),
        ("?r#f", Some("https://x:1/a/features/e/k?r")),
        ("c/d:e", Some("https://x:1/a/features/e/c/d:e")),
        ("/b:c", Some("https://x:1/b:c")),
        ("no_scheme:c", Some("https://x:1/a/features/e/no_scheme:c")),
        ("mailto:x", None),
        ("mailto:x//https://x:1/", None),
        ("https:/b", None),
        ("ftp://x:1/d", None),
        ("https://x:443/d", None),
        ("http://x:1/d", None),
        ("https://x/d", None),
        ("https://y:1/d", None),
        ("//evil/e", None),
        ("https://x:1@evil/", None),
        ("", None),
        ("/a\r\nb", None),
    ] {
        assert_eq!(url.redirected(location).as_ref().map(SecretUrl::expose), target, "{location}");
    }
    for (home, location) in [
        ("https://x/a", "https://x:443/b"),
        ("https://x:443/a", "https://X/b"),
        ("http://x/a", "http://x:80/b"),
    ] {
        let target = SecretUrl::new(home).redirected(location);
        assert_eq!(target.unwrap().expose(), location);
    }
    for (home, location) in [
        ("http://x/a", "http://x:443/b"),
        ("http://x/a", "https://x/b"),
        ("http://x/a", "http://x:8080/"),
    ] {
        assert_eq!(SecretUrl::new(home).redirected(location), None, "{location}");
    }
    assert_eq!(format!("{url} {url:?}"), "https://x:1/*** SecretUrl(https://x:1/***)");
}
