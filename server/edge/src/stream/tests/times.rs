//! Streams before there is a state, while nothing changes, and at the end.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_unknown_key_waits_for_the_first_state() {
    let stage = Stage::new(Options::default());
    let mut unknown = stage.open("nobody's", "", None);
    let mut resumed = stage.open("nobody's", "", Some("\"a0\""));
    assert_eq!(read(&mut unknown), (sse::ACK.to_owned(), false));
    assert_eq!(read(&mut resumed), (sse::RESUMED.to_owned(), false));
    tokio::time::advance(Duration::from_secs(10)).await;
    assert_eq!(read(&mut unknown), (sse::HEARTBEAT.to_owned(), false));
    stage.publish();
    for stream in [&mut unknown, &mut resumed] {
        let (text, ended) = read(stream);
        assert!(ended && text.ends_with(sse::UNKNOWN_KEY), "{text}");
    }

    let stage = Stage::new(Options::default());
    let mut waiting = stage.open("nobody's", "", None);
    stage.shared.stop();
    assert_eq!(read(&mut waiting), (format!("{}{}", sse::ACK, sse::BYE), true));
}

#[tokio::test(start_paused = true)]
async fn stale_is_told_once() {
    let mut stage = Stage::serving();
    let mut stream = stage.open(CLIENT, "", None);
    read(&mut stream);
    stage.state.environments[0].stale = true;
    stage.publish();
    assert_eq!(read(&mut stream).0, sse::STALE);
    stage.publish();
    assert_eq!(read(&mut stream).0, "");
    let mut late = stage.open(CLIENT, "", None);
    assert_eq!(names(&mut late), ["ack", "features", "config"]);
    // The environment is in use again, and later stale again.
    stage.state.environments[0].stale = false;
    stage.publish();
    assert_eq!(read(&mut stream).0, "");
    stage.state.environments[0].stale = true;
    stage.publish();
    assert_eq!(read(&mut stream).0, sse::STALE);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_before_it_has_a_state() {
    let stage = Stage::new(Options::default());
    let mut stream = stage.open(CLIENT, "", None);
    assert_eq!(names(&mut stream), ["ack"]);
    stage.shared.environments.close(Duration::from_secs(10));
    assert_eq!(read(&mut stream).0, "", "not a list of nothing");
    tokio::time::advance(Duration::from_secs(8)).await;
    assert_eq!(read(&mut stream), (sse::BYE.to_string(), true));
    // A change after the end was announced does not cancel it.
    let stage = Stage::serving();
    stage.shared.environments.close(Duration::from_secs(10));
    stage.publish();
    let mut late = stage.open(CLIENT, "", None);
    assert_eq!(names(&mut late), ["ack", "features"]);
    tokio::time::advance(Duration::from_secs(8)).await;
    assert_eq!(read(&mut late), (sse::BYE.to_string(), true));
}
