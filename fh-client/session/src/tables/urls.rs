//! URLs of an Edge and of its resources, and targets of redirects.

use fh_eval::Attributes;
use serde_json::json;

use super::check;
use crate::context_header::{ContextHeader, percent_encode};
use crate::edge_url::{EdgeUrl, SecretUrl, UrlError};
use crate::key::ApiKeys;

fn name(error: UrlError) -> &'static str {
    match error {
        UrlError::Empty => "empty",
        UrlError::Scheme => "scheme",
        UrlError::Host => "host",
        UrlError::Port => "port",
        UrlError::Character => "character",
        UrlError::Credentials => "credentials",
        UrlError::Query => "query",
    }
}

#[test]
fn base_urls() {
    let texts = [
        "http://x/y",
        "http://x/y/",
        "HTTP://X:8085/",
        "https://x/features",
        "https://x/features/",
        "https://x/y/features/env/key*",
        "https://x/features-of-mine",
        " http://[::1]:80/a/b ",
        "http://[::ffff:1.2.3.4]",
        "http://x:65535",
        "http://x:65536",
        "http://x:0",
        "http://x:",
        "http://x:/a",
        "http://x:a",
        "http://x:-1",
        "http://x:+1",
        "http://x:00080",
        "http://x:8 0",
        "",
        "  ",
        "edge.example",
        "ftp://edge.example",
        "https://",
        "https:///a",
        "https://:80",
        "http://[",
        "http://[]",
        "http://[::1",
        "http://[::1]x",
        "http://[::1]:",
        "http://[::1]:x",
        "http://[:::]",
        "http://[1::2::3]",
        "http://[1:2:3:4:5:6:7:8]",
        "http://[1:2:3:4:5:6:7]",
        "http://[::1%25eth0]",
        "http://[::FFFF:1.2.3.400]",
        "http://[::01.2.3.4]",
        "http://[12345::]",
        "http://[1:2:3:4:5:6:1.2.3.4]",
        "http://[1:2:3:4:5:6:7:1.2.3.4]",
        "http://[::1.2.3]",
        "http://[1::1.2.3.4]",
        "http://[::abcd:ABCD]",
        "http://a b",
        "http://ä",
        "http://user@x",
        "http://user:pw@x/",
        "http://x/@y",
        "http://x?y",
        "http://x/#y",
        "http://x/y?",
        "http://a<b",
        "http://a\"b",
        "http://a`b",
        "http://a{b}",
        "http://a%b",
        "http://a\\b",
        "http://a^b",
        "http://a|b",
        "http://a]b",
        "http://a!b",
        "http://1.2.3.4",
        "http://x//",
        "http://x//y//",
        "http://X/Y",
        "HtTpS://x",
        "http:/x",
        "http:x",
        "://x",
        "http://x/features/a/features/b",
        "http://x/featuresfeatures/",
        "http://x/a/features/../b",
        "\u{feff}http://x",
        "\u{a0}http://x\u{a0}",
        "http://x\u{7f}",
        "http://x/\t",
        "http://_x",
        "http://x..y",
        "http://xn--a",
    ];
    let rows = texts.iter().map(|text| match EdgeUrl::parse(text) {
        Ok(url) => json!({"text": text, "base": url.as_str(), "shown": url.to_string()}),
        Err(error) => json!({"text": text, "error": name(error), "message": error.to_string()}),
    });
    check("base-urls", &rows.collect::<Vec<_>>());
}

#[test]
fn urls_of_resources() {
    let edges = ["http://edge", "https://edge.example:8/fh"];
    let keys: [&[&str]; 4] = [&["e/k*"], &["e/k"], &["x/e/k ä*"], &["e/k&?#", "f/~_.-%*"]];
    let contexts = [
        Attributes::default(),
        Attributes::builder().user_key("fred").build(),
        Attributes::builder().attribute("styles", ["a b", "c,d"]).user_key("ä=&").build(),
    ];
    let features = ["A", "a b", "ä/*", ".", "..", "...", ""];
    let mut rows = Vec::new();
    for edge in edges.map(|edge| EdgeUrl::parse(edge).unwrap()) {
        for texts in keys {
            let Ok(keys) = ApiKeys::parse(texts) else { continue };
            for attributes in &contexts {
                let header = ContextHeader::of(attributes).unwrap();
                rows.push(json!({
                    "edge": edge.as_str(), "keys": texts, "context": super::context(attributes),
                    "poll": edge.poll(&keys, &header).expose(), "stream": edge.stream(keys.first(), None).expose(),
                    "streamWithContext": edge.stream(keys.first(), header.text()).expose(),
                }));
            }
            for feature in features {
                let url = edge.update(keys.first(), feature);
                rows.push(json!({
                    "edge": edge.as_str(), "keys": texts, "feature": feature, "update": url.as_ref().map(SecretUrl::expose),
                }));
            }
        }
    }
    check("resource-urls", &rows);
}

#[test]
fn redirects() {
    let from = [
        "http://edge/features/e/k*?x=/y",
        "https://edge:8443",
        "http://edge:80/a/b#c",
        "HTTPS://Edge/a",
    ];
    let locations = [
        "",
        "  ",
        "#x",
        "/",
        "/a",
        "a",
        "a/b",
        "../a",
        "./a",
        "?",
        "?a=b",
        "?a=/b#c",
        "//edge/a",
        "//edge:80/a",
        "//edge:8443/a",
        "//evil/a",
        "http://edge",
        "http://edge/",
        "http://edge:80/",
        "http://EDGE/x",
        "https://edge/",
        "https://edge:443/a",
        "https://edge:8443/b",
        "http://evil/",
        "http://edge@evil/",
        "http://edge:81",
        "mailto:x",
        "javascript:x",
        "a:b",
        "1a:b",
        "a+b.c-d:e",
        "/a:b",
        "?a:b",
        "a/b:c",
        " /a ",
        "/a b",
        "/ä",
        "/a\u{7f}",
        "\u{85}/a",
        "http:/edge/",
        "http:edge",
        "://edge",
        "HTTP://edge/a#b",
        "http://edge?x",
        "http://edge#x",
        "///a",
        "/\\evil",
        "\\\\evil",
    ];
    let mut rows = Vec::new();
    for from in from {
        let url = SecretUrl::new(from);
        for location in locations {
            let target = url.redirected(location);
            rows.push(json!({
                "from": from, "location": location, "target": target.as_ref().map(SecretUrl::expose),
            }));
        }
    }
    check("redirects", &rows);
    let rows = from.iter().chain(&locations).map(|text| {
        let url = SecretUrl::new(*text);
        json!({"url": text, "origin": url.origin(), "shown": url.to_string()})
    });
    check("origins", &rows.collect::<Vec<_>>());
}

#[test]
fn percent_encoding() {
    let mut texts: Vec<String> = (0_u8..=127).map(|byte| char::from(byte).to_string()).collect();
    texts.extend(["", "añb", "\u{1f600}", "a b,c=d&e", "\u{fffd}", "%41"].map(str::to_string));
    let rows = texts.iter().map(|text| json!({"text": text, "encoded": percent_encode(text)}));
    check("percent-encoding", &rows.collect::<Vec<_>>());
}
