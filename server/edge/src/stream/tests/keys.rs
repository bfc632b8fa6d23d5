//! Keys that are unknown, are removed, come back, or get other permissions.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_stream_beyond_the_rate_waits_for_its_features() {
    let options = Options { requests_per_second: Some(1), ..Options::default() };
    let stage = Stage::new(options);
    stage.publish();
    let mut first = stage.open(CLIENT, "", None);
    assert_eq!(names(&mut first), ["ack", "features"]);
    let [mut second, mut third] = [0, 1].map(|_| stage.open(CLIENT, "", None));
    assert_eq!(names(&mut second), ["ack"]);
    assert_eq!(names(&mut third), ["ack"]);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(names(&mut second), ["features"]);
    assert_eq!(read(&mut third).0, "", "one in a second");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(names(&mut third), ["features"]);
}

/// A stream beyond the limit of its address takes a token of its key only after it has waited for its address. Many addresses together
/// therefore do not exceed the limit of their key.
#[tokio::test(start_paused = true)]
async fn a_stream_that_has_waited_for_its_address_waits_for_its_key_too() {
    let options = Options {
        requests_per_second: Some(1),
        requests_per_second_per_address: Some(1),
        ..Options::default()
    };
    let stage = Stage::new(options);
    stage.publish();
    let open = || stage.open_from("192.0.2.1", CLIENT);
    assert_eq!(names(&mut open()), ["ack", "features"]);
    let mut second = open();
    assert_eq!(names(&mut second), ["ack"]);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(read(&mut second).0, "", "its key has no token either");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(names(&mut second), ["features"]);
    // The waiting stream took no further token of the key: another address waits for one stream, not for two.
    let mut other = stage.open_from("192.0.2.2", CLIENT);
    assert_eq!(names(&mut other), ["ack"]);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(names(&mut other), ["features"]);
}

/// While a removed key may come back, new streams are served like the open ones (D-104).
#[tokio::test(start_paused = true)]
async fn streams_opened_during_the_revocation_delay() {
    let mut stage = Stage::serving();
    let delay = Duration::from_secs(5);
    let accounts = std::mem::take(&mut stage.state.accounts);
    let held = format!("\"{}\"", id_of(&read(&mut stage.open(CLIENT, "", None)).0));
    stage.lose_keys(delay);
    tokio::time::advance(Duration::from_secs(2)).await;
    let [mut client, mut server] = [CLIENT, SERVER].map(|secret| stage.open(secret, "", None));
    let mut resumed = stage.open(CLIENT, "", Some(&held));
    let (text, ended) = read(&mut client);
    assert!(text.contains("event: features\nid: ") && text.contains("\"A\"") && !ended, "{text}");
    assert_eq!(names(&mut server), ["ack", "features"]);
    assert_eq!(read(&mut resumed).0, sse::RESUMED, "it holds what it opens");
    assert_eq!(names(&mut stage.open("nobody's", "", None)), ["ack", "failure"]);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(read(&mut client), (String::new(), false));
    // The delay of five seconds ends for all streams at once, whenever they were opened.
    tokio::time::advance(Duration::from_secs(2)).await;
    for stream in [&mut client, &mut server, &mut resumed] {
        assert_eq!(read(stream), (sse::UNKNOWN_KEY.to_owned(), true));
    }
    assert_eq!(names(&mut stage.open(CLIENT, "", None)), ["ack", "failure"]);

    // The key comes back in time, and the stream continues with later changes.
    stage.state.accounts = accounts;
    stage.publish();
    stage.lose_keys(delay);
    let mut stream = stage.open(CLIENT, "", None);
    assert_eq!(names(&mut stream), ["ack", "features"]);
    stage.set(r#"{"value": "y", "version": 2}"#);
    assert_eq!(names(&mut stream), ["feature"]);
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!(read(&mut stream), (String::new(), false));
}

/// The whole environment is missing, as in a half-written file.
#[tokio::test(start_paused = true)]
async fn a_removed_environment_ends_its_streams_after_the_delay() {
    let stage = Stage::serving();
    let delay = Duration::from_secs(5);
    let remove = || {
        stage.shared.environments.remove(ID, |last| {
            let mut last = last.with_grants(Arc::default());
            last.revocation_delay = delay;
            last
        });
    };
    let [mut first, mut second] = [0, 1].map(|_| stage.open(CLIENT, "", None));
    read(&mut first);
    remove();
    assert_eq!(read(&mut first), (String::new(), false));
    assert_eq!(names(&mut second), ["ack"], "nothing is shown any more");
    tokio::time::advance(Duration::from_secs(6)).await;
    for stream in [&mut first, &mut second] {
        assert_eq!(read(stream), (sse::UNKNOWN_KEY.to_string(), true));
    }

    // The environment comes back in time, in another cell.
    stage.shared.environments.add(stage.waiting());
    stage.publish();
    let mut stream = stage.open(CLIENT, "", None);
    read(&mut stream);
    remove();
    assert_eq!(read(&mut stream), (String::new(), false));
    stage.shared.environments.add(stage.waiting());
    stage.publish();
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!(read(&mut stream), (sse::BYE.to_string(), true));
}
