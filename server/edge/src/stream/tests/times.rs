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
async fn a_stream_waits_for_a_state() {
    let stage = Stage::new(Options::default());
    let mut stream = stage.open(CLIENT, "", None);
    assert_eq!(names(&mut stream), ["ack"]);
    // Clients take a stream that sends nothing for 15 s for one that a proxy holds back.
    for _ in 0..2 {
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(read(&mut stream), (sse::HEARTBEAT.to_string(), false));
    }
    stage.publish();
    assert_eq!(names(&mut stream), ["features"]);
    tokio::time::advance(Duration::from_secs(19)).await;
    assert_eq!(read(&mut stream).0, "");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(read(&mut stream).0, sse::HEARTBEAT);
}

#[tokio::test(start_paused = true)]
async fn heartbeats_and_the_end_of_its_time() {
    let options = Options { drop_after: Duration::from_secs(50), ..Options::default() };
    let stage = Stage::new(options);
    stage.publish();
    let mut stream = stage.open(CLIENT, "", None);
    read(&mut stream);
    for _ in 0..2 {
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(read(&mut stream).0, sse::HEARTBEAT);
    }
    tokio::time::advance(Duration::from_secs(15)).await;
    let (text, ended) = read(&mut stream);
    assert!(ended && text.ends_with(sse::BYE), "{text}");
    assert_eq!(stage.shared.connections.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn goodbye_when_the_server_stops() {
    let stage = Stage::serving();
    let mut stream = stage.open(CLIENT, "", None);
    read(&mut stream);
    stage.shared.environments.close(Duration::from_secs(10));
    assert_eq!(read(&mut stream).0, "");
    // A stream that opens now still gets its features first.
    let mut late = stage.open(CLIENT, "", None);
    assert_eq!(names(&mut late), ["ack", "features"]);
    tokio::time::advance(Duration::from_secs(8)).await;
    for stream in [&mut stream, &mut late] {
        assert_eq!(read(stream), (sse::BYE.to_string(), true));
    }
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
