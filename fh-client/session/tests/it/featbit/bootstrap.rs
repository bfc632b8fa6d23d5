//! Tests of bootstrap documents, which give values at once.

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
