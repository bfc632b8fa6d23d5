//! The main job: a program reads flags, and sees their changes.

use std::sync::mpsc;
use std::time::Duration;

use fh_client::{Client, Reason};
use fh_test_servers::featbit::{TestServer, sample};

use super::{builder, settings};
use crate::support::{PATIENCE, started, transport, until};

#[test]
fn a_changed_flag_and_a_changed_segment_reach_readers_and_listeners() {
    let server = TestServer::start().unwrap();
    let environment = server.environment();
    environment.put_flag(&sample::boolean_flag("new-checkout", false)).unwrap();
    environment.put_flag(&sample::segment_flag("beta", "members")).unwrap();
    environment.put_segment(&sample::segment("members", &["alice"])).unwrap();
    let client = started(builder(&server));
    let bob = client.context().user_key("bob").attribute("plan", "pro").build();
    assert!(!bob.is_enabled("new-checkout") && !bob.is_enabled("beta"));
    assert!(client.context().user_key("alice").build().is_enabled("beta"));

    let (heard, changes) = mpsc::channel();
    let beta = heard.clone();
    let one = bob.on_change("new-checkout", move |_| heard.send("new-checkout").unwrap());
    let other = bob.on_change("beta", move |_| beta.send("beta").unwrap());
    environment.put_flag(&sample::boolean_flag("new-checkout", true)).unwrap();
    assert_eq!(changes.recv_timeout(PATIENCE).unwrap(), "new-checkout");
    assert!(bob.is_enabled("new-checkout"));
    // The flag itself does not change, and the server does not send it.
    environment.put_segment(&sample::segment("members", &["alice", "bob"])).unwrap();
    assert_eq!(changes.recv_timeout(PATIENCE).unwrap(), "beta");
    assert!(bob.is_enabled("beta"));
    drop((one, other));

    environment.archive_flag("new-checkout", true).unwrap();
    until(&client, |_| !bob.exists("new-checkout"));
    assert_eq!(bob.detail("new-checkout").reason, Reason::NotFound);
    environment.archive_flag("new-checkout", false).unwrap();
    until(&client, |_| bob.is_enabled("new-checkout"));
    let record = server.record();
    assert_eq!(record.messages_of("data-sync").len(), 1, "one socket brought everything");
}

#[test]
fn updates_that_are_held_back_name_the_flags_of_a_changed_segment() {
    let server = TestServer::start().unwrap();
    let environment = server.environment();
    environment.put_flag(&sample::segment_flag("beta", "members")).unwrap();
    environment.put_flag(&sample::boolean_flag("other", true)).unwrap();
    environment.put_segment(&sample::segment("members", &["alice"])).unwrap();
    let client = started(builder(&server).catch_updates());
    let bob = client.context().user_key("bob").build();
    let (heard, held) = mpsc::channel();
    let subscription = client.on_new_state(move |state| heard.send(state.keys.to_vec()).unwrap());
    environment.put_segment(&sample::segment("members", &["bob"])).unwrap();
    assert_eq!(held.recv_timeout(PATIENCE).unwrap(), ["beta".into()]);
    assert!(!bob.is_enabled("beta"), "the update is held back");
    client.release();
    assert!(bob.is_enabled("beta"));
    drop(subscription);
}

#[test]
fn the_cursor_of_a_client_that_comes_back_is_the_newest_version() {
    let server = TestServer::start().unwrap();
    let environment = server.environment();
    environment.put_flag(&sample::string_flag("colour", "red")).unwrap();
    let client = started(builder(&server));
    let bob = client.context().user_key("bob").build();
    assert_eq!(bob.string("colour").as_deref(), Some("red"));
    for reset in [true, false] {
        server.drop_sockets(reset);
        until(&client, |status| status.attempts > 0);
        assert_eq!(bob.string("colour").as_deref(), Some("red"), "values are kept");
        until(&client, |status| status.attempts == 0);
    }
    server.stop();
    environment.put_flag(&sample::string_flag("colour", "blue")).unwrap();
    server.restart().unwrap();
    until(&client, |_| bob.string("colour").as_deref() == Some("blue"));
    let record = server.record();
    let asked: Vec<bool> = record
        .messages_of("data-sync")
        .iter()
        .map(|message| message.text.contains("\"timestamp\":0}"))
        .collect();
    assert_eq!(asked.first(), Some(&true));
    assert!(asked.iter().skip(1).all(|from_zero| !from_zero), "{asked:?}");
}

#[test]
fn a_client_that_is_started_anew_serves_the_flags_and_segments_of_the_former_one() {
    let server = TestServer::start().unwrap();
    let environment = server.environment();
    environment.put_flag(&sample::segment_flag("beta", "members")).unwrap();
    environment.put_segment(&sample::segment("members", &["bob"])).unwrap();
    let former = started(builder(&server));
    server.stop();
    let client = former.after_fork().transport(transport()).start().unwrap();
    assert!(client.is_ready());
    let user = |key: &str| client.context().user_key(key).build();
    assert!(user("bob").is_enabled("beta") && !user("alice").is_enabled("beta"));
    server.restart().unwrap();
    environment.put_segment(&sample::segment("members", &["alice"])).unwrap();
    until(&client, |_| user("alice").is_enabled("beta") && !user("bob").is_enabled("beta"));
}

#[test]
fn typed_reads_convert_and_details_name_the_variation() {
    let server = TestServer::start().unwrap();
    let environment = server.environment();
    environment.put_flag(&sample::string_flag("count", "12.5")).unwrap();
    environment.put_flag(&sample::boolean_flag("on", true)).unwrap();
    let client = started(builder(&server));
    let bob = client.context().user_key("bob").build();
    assert_eq!(bob.string("count").as_deref(), Some("12.5"));
    assert_eq!(bob.number("count"), Some(12.5));
    assert_eq!(bob.boolean("count"), None);
    assert_eq!(bob.string("on").as_deref(), Some("true"));
    let detail = bob.detail("on");
    assert_eq!((detail.reason, detail.variant()), (Reason::Default, "v0"));
    assert!(bob.explain("on").to_string().contains("on"));
    // Without a user key, a flag of FeatBit has no value.
    assert_eq!(client.detail("on").reason, Reason::Malformed);
    assert_eq!(client.string_or("count", "default"), "default".into());
}

#[test]
fn a_polling_client_polls_from_the_end_of_a_poll() {
    let server = TestServer::start().unwrap();
    let environment = server.environment();
    environment.put_flag(&sample::string_flag("colour", "red")).unwrap();
    let settings = settings(&server).polling(Duration::from_millis(50));
    let client = started(Client::featbit(settings).transport(transport()));
    let bob = client.context().user_key("bob").build();
    assert_eq!(bob.string("colour").as_deref(), Some("red"));
    environment.put_flag(&sample::string_flag("colour", "blue")).unwrap();
    until(&client, |_| bob.string("colour").as_deref() == Some("blue"));
    let record = server.record();
    assert!(record.upgrades.is_empty());
    assert!(!record.requests[0].target.contains("timestamp"), "{:?}", record.requests[0]);
    assert!(record.requests[1].target.contains("timestamp="), "{:?}", record.requests[1]);
}

#[test]
fn an_offline_client_serves_its_bootstrap_document() {
    let server = TestServer::start().unwrap();
    server.environment().put_flag(&sample::string_flag("colour", "red")).unwrap();
    let document = server.environment().full_message();
    for builder in [
        builder(&server).offline().bootstrap(&document),
        Client::featbit(fh_client::featbit::Settings::from_environment())
            .offline()
            .bootstrap(&document),
    ] {
        let client = builder.start().unwrap();
        assert!(client.is_ready());
        let bob = client.context().user_key("bob").build();
        assert_eq!(bob.string("colour").as_deref(), Some("red"));
    }
    // Online, the values are served at once, and the first request asks for everything.
    server.environment().put_flag(&sample::string_flag("colour", "blue")).unwrap();
    let client = builder(&server).bootstrap(&document).start().unwrap();
    assert!(client.is_ready());
    let bob = client.context().user_key("bob").build();
    until(&client, |_| bob.string("colour").as_deref() == Some("blue"));
}
