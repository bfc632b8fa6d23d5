//! The removal of secrets from texts.

use fh_session::{ApiKeys, Secrets};

fn secrets<const N: usize>(keys: [&str; N]) -> Secrets {
    Secrets::of(ApiKeys::parse(keys).unwrap().iter())
}

#[test]
fn keys_are_wiped_in_every_spelling() {
    let secrets = secrets(["environment/s3cret*word", "default/other/hidden*1"]);
    let said = "GET http://x/features/environment/s3cret*word, apiKey=other/hidden%2A1 \
                or other/hidden%2a1: refused";
    assert_eq!(
        secrets.wiped(said),
        "GET http://x/features/environment/***, apiKey=other/*** or other/***: refused"
    );
    assert_eq!(secrets.wiped("nothing here ❤️"), "nothing here ❤️");
    assert!(!format!("{secrets:?}").contains("s3cret"));
}

#[test]
fn a_key_that_was_cut_is_wiped_as_well() {
    let secrets = secrets(["environment/s3cret*word-of-many"]);
    assert_eq!(secrets.wiped("environment/s3cret*word-o…, more"), "environment/***…, more");
    assert_eq!(secrets.wiped("environment/s3cret%2Awo"), "environment/***");
    // A beginning this short reveals nothing, and may occur by chance.
    assert_eq!(secrets.wiped("a s3cret"), "a s3cret");
}

#[test]
fn headers_are_wiped_with_and_without_their_scheme() {
    let secrets = secrets(["e/abcdef"]).and_headers(["Bearer opensesame ", "on", "plainsecret"]);
    assert_eq!(
        secrets
            .wiped("'Bearer opensesame' is bad, opensesame too, and plainsecret; carry on, abcdef"),
        "'***' is bad, *** too, and ***; carry on, ***"
    );
}

#[test]
fn short_keys_are_not_wiped() {
    assert_eq!(secrets(["e/k"]).wiped("kakapo"), "kakapo");
    assert_eq!(secrets(["e/abcdef"]).wiped("e/abcdef"), "e/***");
}
