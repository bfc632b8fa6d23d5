//! Lists of features, and their updates.

use super::*;

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
