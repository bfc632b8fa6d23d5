//! Streams that are evaluated for a context, and changes by time.

use super::*;
use crate::evaluations::Caller;
use crate::request_memory::of_context;
use crate::stream::copy::EvaluationThread;

/// Streams of client-evaluated keys get the same features. Evaluated streams end with `bye`, since any value may differ.
#[tokio::test(start_paused = true)]
async fn another_profile_ends_only_evaluated_streams() {
    let mut stage = Stage::serving();
    let [mut client, mut server] = [CLIENT, SERVER].map(|secret| stage.open(secret, "", None));
    read(&mut client);
    read(&mut server);
    stage.state.environments[0].profile = Some(Profile::Edge);
    stage.publish();
    assert_eq!(read(&mut client), (String::new(), false));
    assert_eq!(read(&mut server), (sse::BYE.to_string(), true));
}

#[tokio::test(start_paused = true)]
async fn a_change_by_time_is_sent_only_where_it_changes_a_value() {
    let mut stage = Stage::serving();
    stage.set(
        r#"{"value": "before", "version": 2, "strategies": [{"id": "s", "value": "after", "attributes": [
            {"fieldName": "now", "type": "DATETIME", "conditional": "GREATER_EQUALS", "values": ["2001-01-01T00:00:00Z"]},
            {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["nz"]}]}]}"#,
    );
    let mut kiwi = stage.open(SERVER, "country=nz", None);
    let mut nobody = stage.open(SERVER, "", None);
    read(&mut kiwi);
    read(&mut nobody);
    let turn = "2001-01-01T00:00:00Z".parse::<Timestamp>().unwrap();
    let given = stage.shared.environments.get(ID).unwrap().published_at;
    stage.shared.environments.change(ID, |next| next.at(turn));
    let now = stage.shared.environments.get(ID).unwrap().published_at;
    assert_eq!(now, given, "data are no newer because time passes");
    assert_eq!(names(&mut kiwi), ["feature"]);
    assert_eq!(read(&mut nobody).0, "");
}

/// Returns a value record whose value a rule changes at the beginning of the year 2001.
fn turning(version: u32) -> String {
    format!(
        r#"{{"value": "before", "version": {version}, "strategies": [{{"id": "s", "value": "after", "attributes": [
            {{"fieldName": "now", "type": "DATETIME", "conditional": "GREATER_EQUALS", "values": ["2001-01-01T00:00:00Z"]}}]}}]}}"#
    )
}

#[tokio::test(start_paused = true)]
async fn a_change_at_the_time_of_a_rule_is_sent_once() {
    let mut stage = Stage::serving();
    stage.set(&turning(2));
    let mut stream = stage.open(SERVER, "", None);
    read(&mut stream);
    let value = serde_json::from_str(&turning(3)).unwrap();
    stage.state.environments[0].values.insert("A".into(), value);
    stage.publish_at("2001-01-01T00:00:00Z".parse::<Timestamp>().unwrap().as_millis());
    assert_eq!(names(&mut stream), ["feature"]);
}

/// A feature that takes four steps for each byte of a context, in an Edge where a context of 100 bytes is a large one.
fn stage_with_a_large_evaluation() -> Stage {
    let mut stage = Stage::new(Options { evaluation_budget: 3000, ..Options::default() });
    stage.set(
        r#"{"value": "x", "version": 1, "strategies": [{"id": "s", "value": "found", "attributes": [
            {"fieldName": "a", "type": "STRING", "conditional": "INCLUDES", "values": ["needle"]}]}]}"#,
    );
    stage
}

/// Reads until a text has come.
async fn read_until(stream: &mut EventStream, text: &str) -> String {
    let mut all = String::new();
    while !all.contains(text) {
        let frame = std::future::poll_fn(|task| Pin::new(&mut *stream).poll_frame(task)).await;
        let data = frame.unwrap().unwrap().into_data().unwrap();
        all.push_str(std::str::from_utf8(&data).unwrap());
    }
    all
}

/// A later generation that is evaluated at once does not get before an earlier one that takes long.
#[tokio::test]
async fn a_change_waits_for_a_large_evaluation() {
    let mut stage = stage_with_a_large_evaluation();
    stage.state.environments[0].stale = true;
    stage.publish();
    let turns = stage.shared.evaluations.take_all_turns().await;
    let mut stream = stage.open(SERVER, &format!("a={}", "x".repeat(100)), None);
    assert_eq!(names(&mut stream), ["ack"]);
    stage.set(r#"{"value": "y", "version": 2}"#);
    assert_eq!(read(&mut stream), (String::new(), false));
    drop(turns);
    let text = read_until(&mut stream, "\"version\":2").await;
    let places = ["event: features", "\"version\":1", sse::STALE, "event: feature\n"];
    let places = places.map(|part| text.find(part).unwrap_or_else(|| panic!("{part} {text}")));
    assert!(places.is_sorted(), "{text}");
    assert_eq!(text.matches(sse::STALE).count(), 1, "{text}");
}

/// The same for a key that may come back.
#[tokio::test]
async fn a_key_during_its_revocation_delay_is_evaluated_on_another_thread() {
    let stage = stage_with_a_large_evaluation();
    stage.lose_keys(Duration::from_secs(60));
    let turns = stage.shared.evaluations.take_all_turns().await;
    let mut stream = stage.open(SERVER, &format!("a={}", "x".repeat(100)), None);
    assert_eq!(names(&mut stream), ["ack"]);
    drop(turns);
    assert!(read_until(&mut stream, "\"version\":1").await.contains("event: features"));
}

/// Evaluates a generation for a client that has disconnected, and then for one that has not. Returns the number of events of each.
fn events_written(copy: &mut Copy, published: &Published) -> [usize; 2] {
    [Caller::gone(), Caller::default()].map(|caller| {
        let mut ready = VecDeque::new();
        copy.write(published, EvaluationThread::Background(&caller), &mut ready);
        let text: Vec<u8> = ready.iter().flatten().copied().collect();
        String::from_utf8(text).unwrap().matches("event: feature").count()
    })
}

/// The list, a change, and the outcome of a rule on `now` are evaluated separately.
#[tokio::test(start_paused = true)]
async fn no_features_are_evaluated_for_a_client_that_has_disconnected() {
    let mut stage = Stage::serving();
    let context = "country=nz";
    let stream = stage.open(SERVER, context, None);
    let mut copy = stream.live.as_ref().unwrap().copy.clone();
    let current = |stage: &Stage| stage.shared.environments.get(ID).unwrap();
    let list = events_written(&mut copy, &current(&stage));
    stage.set(&turning(2));
    let change = events_written(&mut copy, &current(&stage));
    let turn = "2001-01-01T00:00:00Z".parse::<Timestamp>().unwrap();
    stage.shared.environments.change(ID, |next| next.at(turn));
    let time = events_written(&mut copy, &current(&stage));
    assert_eq!([list, change, time], [[0, 1]; 3]);
}

/// Such a stream keeps no context, and its client connects again.
#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_bye_if_too_many_requests_wait_for_memory() {
    let options = Options { request_memory: 64 << 10, ..Options::default() };
    let stage = Stage::new(options);
    stage.publish();
    let context = format!("a={}", "x".repeat(10 << 10));
    let mut streams: Vec<_> = (0..5).map(|_| stage.open(CLIENT, &context, None)).collect();
    // Two streams have memory, one waits for memory, and there is no room for two more contexts.
    let open = streams.iter_mut().map(|stream| names(stream).len()).collect::<Vec<_>>();
    assert_eq!(open, [2, 2, 1, 1, 1]);
    tokio::time::advance(Duration::from_secs(18)).await;
    let ends = streams.iter_mut().map(|stream| read(stream).1).collect::<Vec<_>>();
    assert_eq!(ends, [false, false, false, true, true]);
    streams.truncate(3);
    streams.remove(0);
    assert_eq!(names(&mut streams[1]), ["features"]);
}

/// The differences that a change makes are not shared by streams with contexts, so they count until they are sent.
#[tokio::test(start_paused = true)]
async fn changes_wait_for_memory_and_their_stream_goes_on() {
    let options = Options { request_memory: 64 << 10, ..Options::default() };
    let mut stage = Stage::new(options);
    stage.publish();
    let mut stream = stage.open(SERVER, "userkey=one", None);
    assert_eq!(names(&mut stream), ["ack", "features"]);
    let all: Vec<_> = std::iter::from_fn(|| stage.shared.memory.try_reserve(None, 9)).collect();
    stage.set(r#"{"value": "y", "version": 2}"#);
    stage.set(r#"{"value": "z", "version": 3}"#);
    assert_eq!(names(&mut stream), <[&str; 0]>::default());
    drop(all);
    let (text, has_ended) = read(&mut stream);
    assert!(text.contains("\"z\"") && !text.contains("\"y\"") && !has_ended, "{text}");
    assert_eq!(stage.shared.memory.reserved(), of_context("userkey=one".len()));
}
