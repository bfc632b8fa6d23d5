//! Clients that evaluate a ruleset themselves.

use std::sync::mpsc;
use std::time::Duration;

use fh_client::{Client, Connection, NotReady, Notice, Readiness, Reason, featuresignals};
use fh_test::Folder;

use super::{CHECKOUT, IN_NEW_ZEALAND};
use crate::support::{PATIENCE, soon, started, until};

fn ruleset(default: &str) -> String {
    let flag = CHECKOUT.replace("one page", default);
    format!(
        r#"{{"flags": {{"new-checkout": {flag}}}, "states": {{"new-checkout": {IN_NEW_ZEALAND}}}}}"#
    )
}

#[test]
fn any_number_of_contexts_is_evaluated_without_a_request() {
    let settings = featuresignals::Settings::of_ruleset(ruleset("one page"));
    let client = started(Client::featuresignals(settings));
    let status = until(&client, |status| status.connection == Connection::Offline);
    assert_eq!(status.requests, 0);
    for (country, value, reason) in
        [("NZ", "two pages", Reason::StrategyMatch), ("AU", "one page", Reason::Default)]
    {
        let context = client.context().user_key("mara").attribute("country", country).build();
        let detail = context.detail("new-checkout");
        assert_eq!(
            (context.string("new-checkout").as_deref(), detail.reason),
            (Some(value), reason)
        );
        soon(client.set_context(&context)).unwrap();
    }
    let mara = client.context().user_key("mara").attribute("country", "NZ").build();
    assert!(mara.explain("new-checkout").to_string().contains("condition 1: country eq [\"NZ\"]"));
    let several = client.context().user_key("mara").attribute("country", ["NZ", "AU"]).build();
    assert_eq!(several.attributes().get("country").unwrap().next(), Some("[NZ AU]"));
}

#[test]
fn a_wait_without_a_ruleset_names_the_file_and_the_reason() {
    let folder = Folder::new();
    let path = folder.path().join("ruleset.json");
    let client =
        Client::featuresignals(featuresignals::Settings::of_ruleset_file(&path)).start().unwrap();
    for (content, reason) in [
        (None, "there is no such file"),
        (Some("flags: {}"), "not JSON: "),
        (Some("{\"states\": {}}"), "`flags`"),
    ] {
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let waits =
            [client.wait_ready(Duration::ZERO), client.wait_ready_through_refusals(Duration::ZERO)];
        for why in waits.into_iter().map(Result::unwrap_err).chain([client.timed_out()]) {
            let text = why.to_string();
            assert!(matches!(why, NotReady::RulesetFile { .. }), "{text}");
            for part in [&*path.display().to_string(), reason, "give the path of a ruleset"] {
                assert!(text.contains(part), "no {part:?} in {text}");
            }
        }
    }
}

#[test]
fn a_file_is_followed_and_a_broken_one_keeps_the_last_ruleset() {
    let folder = Folder::new();
    let path = folder.path().join("ruleset.json");
    let (heard, notices) = mpsc::channel();
    let settings = featuresignals::Settings::of_ruleset_file(&path);
    let client = Client::featuresignals(settings)
        .on_notice(move |notice: &Notice| heard.send(notice.to_string()).unwrap())
        .start()
        .unwrap();
    let notice = notices.recv_timeout(PATIENCE).unwrap();
    assert!(
        notice.contains("ruleset.json") && client.readiness() == Readiness::NotReady,
        "{notice}"
    );
    std::fs::write(&path, ruleset("one page")).unwrap();
    client.wait_ready(PATIENCE).unwrap();
    let bob = client.context().user_key("bob").build();
    assert_eq!(bob.string("new-checkout").as_deref(), Some("one page"));
    let (changed, changes) = mpsc::channel();
    let subscription = bob.on_change("new-checkout", move |_| changed.send(()).unwrap());
    for broken in ["{", r#"{"flags": []}"#] {
        std::fs::write(&path, broken).unwrap();
        let notice = notices.recv_timeout(PATIENCE).unwrap();
        assert!(notice.contains("the state from ruleset-file was not used"), "{notice}");
        assert_eq!(bob.string("new-checkout").as_deref(), Some("one page"));
    }
    std::fs::write(&path, ruleset("three pages")).unwrap();
    changes.recv_timeout(PATIENCE).unwrap();
    assert_eq!(bob.string("new-checkout").as_deref(), Some("three pages"));
    std::fs::remove_file(&path).unwrap();
    notices.recv_timeout(PATIENCE).unwrap();
    until(&client, |status| status.readiness == Readiness::Ready);
    assert_eq!(bob.string("new-checkout").as_deref(), Some("three pages"));
    drop(subscription);
}
