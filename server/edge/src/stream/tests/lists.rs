//! Lists of features, and their updates.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_list_comes_first_and_changes_follow_with_their_ids() {
    let mut stage = Stage::serving();
    let mut stream = stage.open(CLIENT, "", None);
    let (text, ended) = read(&mut stream);
    let id = id_of(&text).to_string();
    assert_eq!(
        text,
        format!(
            "{}event: features\nid: {id}\ndata: [{{\"id\":\"9cd1a3ef-d06e-4292-95d4-86ec02a3fd5b\",\"key\":\"A\",\"l\":false,\"version\":1,\
             \"type\":\"STRING\",\"value\":\"x\",\"strategies\":[]}}]\n\n",
            sse::ACK
        )
    );
    assert!(!ended);
    assert_eq!(read(&mut stream).0, "");
    stage.set(r#"{"value": "y", "version": 2}"#);
    let (text, _) = read(&mut stream);
    assert!(text.starts_with("event: feature\nid: ") && text.contains("\"value\":\"y\""), "{text}");
    assert_ne!(id_of(&text), id);
    // Two changes between two reads give one event with the later value.
    stage.set(r#"{"value": "z", "version": 3}"#);
    stage.set(r#"{"value": "w", "version": 4}"#);
    let (text, _) = read(&mut stream);
    assert!(text.matches("event:").count() == 1 && text.contains("\"value\":\"w\""), "{text}");
    // Publishing without a change sends nothing.
    stage.publish();
    assert_eq!(read(&mut stream).0, "");
}

/// Streams of one view share the events from one generation to the next. A stream that missed a generation, or has a context, gets events
/// of its own.
#[tokio::test(start_paused = true)]
async fn each_stream_gets_the_events_since_its_last_generation() {
    let mut stage = Stage::serving();
    let [mut quick, mut slow] = [0, 1].map(|_| stage.open(CLIENT, "", None));
    let mut with_context = stage.open(CLIENT, "a=1", None);
    for stream in [&mut quick, &mut slow, &mut with_context] {
        read(stream);
    }
    stage.set(r#"{"value": "y", "version": 2}"#);
    let first = read(&mut quick).0;
    let id = format!("{}//", id_of(&first));
    assert!(id_of(&read(&mut with_context).0).starts_with(&id), "{id}");
    let mut other = stage.state.features[0].clone();
    (other.id, other.key) = (Uuid::from_u128(7), "B".into());
    stage.state.features.push(other);
    stage.publish();
    assert_eq!(names(&mut quick), ["feature"]);
    let text = read(&mut slow).0;
    assert!(text.contains("\"key\":\"A\"") && text.contains("\"key\":\"B\""), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_moves_to_another_feature_ends_with_that() {
    let mut stage = Stage::serving();
    let mut stream = stage.open(CLIENT, "", None);
    read(&mut stream);
    stage.state.features[0].id = Uuid::from_u128(7);
    stage.publish();
    assert_eq!(names(&mut stream), ["delete_feature", "feature"]);
}

#[tokio::test(start_paused = true)]
async fn a_resumed_stream_gets_nothing_until_a_change() {
    let mut stage = Stage::serving();
    let mut first = stage.open(CLIENT, "", None);
    let id = id_of(&read(&mut first).0).to_string();
    let quoted = format!("\"{id}\"");
    let mut again = stage.open(CLIENT, "", Some(&quoted));
    assert_eq!(read(&mut again), (sse::RESUMED.to_owned(), false));
    for old in ["\"0123\"", "\"-\""] {
        assert_eq!(names(&mut stage.open(CLIENT, "", Some(old))), ["features"]);
    }
    // The library of a client that has lost its features may send the last id.
    assert_eq!(names(&mut stage.open(CLIENT, "", Some(&id))), ["ack", "features"]);
    let mut other_context = stage.open(CLIENT, "a=1", Some(&quoted));
    assert_eq!(names(&mut other_context), ["ack", "features"]);
    stage.set(r#"{"value": "y", "version": 2}"#);
    assert_eq!(names(&mut again), ["feature"]);
    // The id of an update resumes a stream as well as the id of a list.
    let mut update = stage.open(CLIENT, "", None);
    let now = format!("\"{}\"", id_of(&read(&mut update).0));
    let mut again = stage.open(CLIENT, "", Some(&now));
    assert_eq!(read(&mut again).0, sse::RESUMED);
}

#[tokio::test(start_paused = true)]
async fn retired_and_deleted() {
    let mut stage = Stage::serving();
    let mut stream = stage.open(CLIENT, "", None);
    read(&mut stream);
    stage.set(r#"{"value": "x", "version": 2, "retired": true}"#);
    let (text, _) = read(&mut stream);
    assert!(text.contains("event: delete_feature") && text.contains("\"version\":2"), "{text}");
    stage.set(r#"{"value": "x", "version": 3}"#);
    assert!(read(&mut stream).0.starts_with("event: feature\n"));
    stage.state.features.clear();
    stage.publish();
    let (text, _) = read(&mut stream);
    assert!(text.contains("event: delete_feature") && text.contains("\"version\":0"), "{text}");
    assert!(!text.contains("value"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_stream_keeps_no_generation_in_memory() {
    let mut stage = Stage::serving();
    let mut stream = stage.open(SERVER, "a=1", None);
    read(&mut stream);
    let first = Arc::downgrade(&stage.shared.environments.get(ID).unwrap());
    stage.set(r#"{"value": "y", "version": 2}"#);
    assert!(first.upgrade().is_none(), "with its answers and rules");
    assert!(read(&mut stream).0.contains("\"value\":\"y\""));
}

#[tokio::test(start_paused = true)]
async fn a_feature_hidden_by_a_filter_is_sent_as_deleted() {
    let mut stage = Stage::serving();
    stage.state.accounts[0].filters.insert("web".into());
    stage.state.features[0].filters.insert("web".into());
    stage.publish();
    let mut stream = stage.open(CLIENT, "", None);
    assert!(read(&mut stream).0.contains("\"value\":\"x\""));
    // The feature is retired and moves to another filter at once.
    stage.state.features[0].filters = ["app".to_string()].into();
    stage.set(r#"{"value": "secret", "version": 2, "retired": true}"#);
    let (text, _) = read(&mut stream);
    assert!(
        text.starts_with("event: delete_feature\n") && text.contains("\"version\":0"),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");
}
