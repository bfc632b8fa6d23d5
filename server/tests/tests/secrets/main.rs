//! Shows public types that contain secrets with `Debug` and `Display`, and checks these texts and the log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod client;
mod edge;
mod featbit;
mod featuresignals;
mod integrations;
mod session;
mod shown;
mod sources;

use fh_test::Log;

use crate::shown::Shown;

/// The mark in every secret below, so that one search finds all of them.
const MARK: &str = "Hush";
const ENVIRONMENT: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";
const CLIENT_KEY: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/clientHush*1";
const SERVER_KEY: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/serverHush1";
/// The server secret of an environment of FeatBit. A token holds it in two parts.
const SERVER_SECRET: &str = "HushHushHushHushHushHushHushHushHushHushHush";
/// A header that authorizes the client at a proxy.
const HEADER: &str = "Bearer headerHush";
const ADMIN_KEY: &str = "adminHush-0123456789";
const WRITE_KEY: &str = "writeKeyHush";
/// A user id in a queued event.
const USER: &str = "fredHush";
const PASSWORD: &str = "passwordHush";

/// Returns an Edge's URL with the API key in it, as a user may paste it by mistake. Without `/features/` the key is not cut off.
fn url_with_a_key(base: &str) -> String {
    format!("{base}/{CLIENT_KEY}")
}

/// Returns true if the text contains a secret, also as a list of byte values.
fn holds_a_secret(text: &str) -> bool {
    let numbers = format!("{:?}", MARK.as_bytes());
    text.contains(MARK) || text.contains(numbers.trim_matches(['[', ']']))
}

#[test]
fn no_public_type_error_or_log_line_shows_a_secret() {
    let log = Log::capture();
    let mut shown = Shown::default();
    session::show(&mut shown);
    client::show(&mut shown);
    edge::show(&mut shown);
    featbit::show(&mut shown);
    featuresignals::show(&mut shown);
    integrations::show(&mut shown);
    let leaks = shown.texts().filter(|(_, text)| holds_a_secret(text));
    let mut leaks: Vec<String> = leaks.map(|(name, text)| format!("{name}: {text}")).collect();
    let logged = log.text();
    assert!(logged.contains("fh_client::status_log"), "the client logged nothing");
    leaks.extend(logged.lines().filter(|line| holds_a_secret(line)).map(str::to_string));
    assert!(leaks.is_empty(), "secrets are shown: {leaks:#?}");
    let missing = sources::types_with_text().filter(|name| !shown.has(name));
    let missing: Vec<String> = missing.collect();
    assert!(
        missing.is_empty(),
        "public types that no test shows; show them in this test, or name them with the reason in `EXCEPTIONS`: {missing:#?}"
    );
}
