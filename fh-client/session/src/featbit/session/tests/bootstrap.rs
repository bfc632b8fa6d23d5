//! Tests of bootstrap documents: they give values at once, and the first request asks for everything nevertheless.

use super::*;

fn bootstrap(driver: &mut TestDriver, text: &str) {
    let (source, environment) = (Source::Store("bootstrap".into()), "e".into());
    driver.tell(Input::Stored { source, environment, features: text.as_bytes() });
}

#[test]
fn a_bootstrap_document_gives_values_and_readiness_at_once() {
    let document = full(&[flag("a", 50, "stored"), flag("only-stored", 60, "x")]);
    for mode in [Mode::Streaming, Mode::Polling(Duration::from_secs(5)), Mode::Offline] {
        for is_before_start in [true, false] {
            let mut driver = TestDriver::idle(mode);
            if !is_before_start {
                driver.tell(Input::Start);
            }
            bootstrap(&mut driver, &document);
            assert_eq!(driver.status().readiness, Readiness::Ready, "{mode:?}");
            assert_eq!(driver.value().as_deref(), Some("stored"), "{mode:?}");
            assert_eq!(driver.published[0].cause, Cause::First, "{mode:?} {is_before_start}");
            driver.tell(Input::Start);
            assert_eq!(driver.status().readiness, Readiness::Ready, "{mode:?}");
        }
    }
}

#[test]
fn the_first_request_after_a_bootstrap_asks_for_everything() {
    let document = full(&[flag("a", 50, "stored")]);
    let mut driver = TestDriver::streaming();
    bootstrap(&mut driver, &document);
    driver.open();
    assert_eq!(driver.asked(), 0);
    driver.say(&patch(&[flag("a", 70, "pushed")]));
    assert_eq!(driver.value().as_deref(), Some("stored"), "a patch waits for the full message");
    driver.end(End::Broken("reset"));
    driver.come_back();
    driver.open();
    assert_eq!(driver.asked(), 0, "the server has sent nothing yet that was applied");
    driver.say(&full(&[flag("a", 40, "served")]));
    assert_eq!((driver.value().as_deref(), driver.status().cursor), (Some("served"), Some(40)));

    let mut driver = TestDriver::started(Mode::Polling(Duration::from_secs(5)));
    bootstrap(&mut driver, &document);
    assert!(driver.url().ends_with("/latest-all"), "{}", driver.url());
}

#[test]
fn the_server_has_the_last_word() {
    let mut driver = TestDriver::synchronised();
    bootstrap(&mut driver, &full(&[flag("a", 99, "stored")]));
    assert_eq!((driver.value().as_deref(), driver.notices.len()), (Some("x"), 0));
}

#[test]
fn a_document_that_cannot_be_read_is_reported() {
    for text in ["", "[]", PONG, r#"{"messageType":"data-sync","data":{"eventType":"full"}}"#] {
        let mut driver = TestDriver::streaming();
        bootstrap(&mut driver, text);
        assert_eq!(driver.status().readiness, Readiness::NotReady, "{text}");
        assert!(matches!(driver.notices[..], [Notice::StoreIgnored { .. }]), "{text}");
    }
}

#[test]
fn a_document_gives_a_client_values_whose_secret_is_refused() {
    let mut driver = TestDriver::streaming();
    driver.deny();
    assert_eq!(driver.status().readiness, Readiness::Failed);
    bootstrap(&mut driver, &full(&[flag("a", 50, "stored")]));
    assert_eq!(driver.status().readiness, Readiness::Ready);
    assert_eq!(driver.problem(), Some(Problem::SecretRefused));
    driver.come_back();
    driver.deny();
    assert_eq!(driver.status().readiness, Readiness::Ready);
}
