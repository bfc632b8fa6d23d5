//! The event stream of the admin API.

use axum::body::{Body, Bytes};
use fh_edge::FeatureChange;
use fh_edge::state::{Json, State};
use http::Response;

use super::*;
use crate::router;

fn router(state: State, options: Options) -> (axum::Router, EdgeHandle) {
    let edge = Edge::builder().state(state).options(options).build().unwrap();
    (edge.router(), edge.handle())
}

/// Opens a stream.
async fn open(router: &axum::Router) -> Response<Body> {
    let key = format!("Bearer {KEY}");
    router::ask(router, "GET", "/admin/v1/events", &[("authorization", &key)]).await
}

async fn change(handle: &EdgeHandle, change: FeatureChange) {
    handle.change(ENVIRONMENT.parse().unwrap(), "BANNER", change).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_sent_when_they_happen() {
    let (router, handle) = router(state(), options());
    let address = listen(router.clone()).await;
    let response = open(&router).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-store, no-transform");
    let (mut body, mut read) = (response.into_body(), String::new());
    let told = async {
        let first: Value =
            serde_json::from_str(&next_event(&mut body, &mut read, "environments").await).unwrap();
        assert_eq!(first["environments"][0]["name"], "dev");
        assert_eq!(
            patch(address, "BANNER", &json!({"value": "Sale!", "locked": false})).await.status,
            200
        );
        let change: Value =
            serde_json::from_str(&next_event(&mut body, &mut read, "features").await).unwrap();
        assert_eq!((&change["revision"], &change["environment"]), (&json!(1), &json!(ENVIRONMENT)));
        assert_eq!(change["features"].as_array().unwrap().len(), 1);
        assert_eq!(change["features"][0]["value"], "Sale!");
        assert_eq!(change["features"][0]["locked"], false);

        // Changes that happen while the stream is not read are sent as one event with the latest state.
        let mut state = handle.state().await.unwrap();
        state.features.remove(0);
        state.environments[0].name = "development".into();
        handle.replace(state, None).await.unwrap();
        let environments: Value =
            serde_json::from_str(&next_event(&mut body, &mut read, "environments").await).unwrap();
        assert_eq!(environments["environments"][0]["name"], "development");
        let change: Value =
            serde_json::from_str(&next_event(&mut body, &mut read, "features").await).unwrap();
        assert_eq!(change["gone"], json!(["NEW_CHECKOUT"]));
        handle.say_bye(Duration::ZERO).await;
        next_event(&mut body, &mut read, "bye").await;
    };
    tokio::time::timeout(PATIENCE, told).await.expect("an event did not come");
}

/// A key that is read again unchanged ends no stream, and another key ends the streams of the previous one before any further event.
#[tokio::test]
async fn another_admin_key_ends_the_streams_of_the_previous_one() {
    let (router, handle) = router(state(), options());
    let (mut body, mut read) = (open(&router).await.into_body(), String::new());
    let ended = async {
        next_event(&mut body, &mut read, "environments").await;
        handle.set_admin_key(AdminKey::new(KEY).unwrap());
        change(&handle, FeatureChange { locked: Some(false), ..Default::default() }).await;
        next_event(&mut body, &mut read, "features").await;
        handle.set_admin_key(AdminKey::new("another-admin-key-for-tests").unwrap());
        handle.replace(State::default(), None).await.unwrap();
        while let Some(frame) = body.frame().await {
            read.push_str(std::str::from_utf8(frame.unwrap().data_ref().unwrap()).unwrap());
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("the stream did not end");
    assert!(read.starts_with("event: bye\n") && read.matches("event:").count() == 1, "{read}");
}

/// An Edge without environments has no generation that could announce the stop.
#[tokio::test]
async fn a_stop_ends_the_streams_of_an_edge_without_environments() {
    let (router, handle) = router(State::default(), options());
    let (mut body, mut read) = (open(&router).await.into_body(), String::new());
    let ended = async {
        next_event(&mut body, &mut read, "environments").await;
        // Readiness fails from now on, and open connections continue.
        handle.announce_stop();
        handle.replace(state(), None).await.unwrap();
        next_event(&mut body, &mut read, "environments").await;
        handle.replace(State::default(), None).await.unwrap();
        next_event(&mut body, &mut read, "environments").await;
        handle.say_bye(Duration::ZERO).await;
        next_event(&mut body, &mut read, "bye").await;
        assert!(body.frame().await.is_none());
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("an event did not arrive");
}

/// Changes that a stream does not show do not delay its heartbeats.
#[tokio::test]
async fn heartbeats_are_sent_whatever_changes() {
    let mut quick = options();
    quick.heartbeat = Duration::from_millis(100);
    let (router, handle) = router(state(), quick);
    let (mut body, mut read) = (open(&router).await.into_body(), String::new());
    let alive = async {
        next_event(&mut body, &mut read, "environments").await;
        while !read.contains(": heartbeat\n\n") {
            let frame = body.frame().await.unwrap().unwrap();
            read.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        }
        assert!(!read.contains("event:"), "{read}");
    };
    let nothing_new = async {
        loop {
            let same = handle.state().await.unwrap();
            handle.replace(same, None).await.unwrap();
        }
    };
    let both = async {
        tokio::select! {
            () = alive => {}
            () = nothing_new => {}
        }
    };
    tokio::time::timeout(PATIENCE, both).await.expect("no heartbeat arrived");
}

async fn frame(body: &mut Body) -> Bytes {
    let frame = tokio::time::timeout(PATIENCE, body.frame()).await.expect("no event arrived");
    frame.unwrap().unwrap().into_data().unwrap()
}

/// Each comparison makes bytes of its own, so streams with the same bytes share a comparison.
#[tokio::test]
async fn streams_share_one_comparison_for_each_change() {
    let (router, handle) = router(state(), options());
    let mut streams = Vec::new();
    for _ in 0..64 {
        let mut body = open(&router).await.into_body();
        frame(&mut body).await;
        streams.push(body);
    }
    let mut slow = streams.pop().unwrap();
    for value in ["one", "two", "three"] {
        let value = Some(Some(Json::text(value)));
        change(&handle, FeatureChange { value, ..Default::default() }).await;
        let mut comparisons = std::collections::BTreeSet::new();
        for body in &mut streams {
            comparisons.insert(frame(body).await.as_ptr());
        }
        assert_eq!(comparisons.len(), 1);
    }
    let missed = String::from_utf8(frame(&mut slow).await.to_vec()).unwrap();
    assert!(missed.contains("three") && missed.matches("event: ").count() == 1, "{missed}");
}

/// The console connects again after `bye`, and loads the features again after the first event of each stream.
#[tokio::test(start_paused = true)]
async fn a_stream_ends_at_the_age_of_the_streams_of_clients() {
    let mut brief = options();
    brief.drop_after = Duration::from_secs(50);
    let (router, _edge) = router(state(), brief);
    let start = tokio::time::Instant::now();
    let mut body = open(&router).await.into_body();
    let mut read = String::new();
    while let Some(frame) = body.frame().await {
        read.push_str(std::str::from_utf8(frame.unwrap().data_ref().unwrap()).unwrap());
    }
    assert!((45..=55).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    assert!(read.starts_with("event: environments\n"), "{read}");
    let rest = ": heartbeat\n\n: heartbeat\n\nevent: bye\ndata: {\"status\":\"closed\"}\n\n";
    assert!(read.ends_with(rest) && read.matches("event: ").count() == 2, "{read}");
}

#[tokio::test]
async fn the_number_of_event_streams_is_limited() {
    let (router, _edge) = router(state(), options());
    let mut streams = Vec::new();
    for _ in 0..1_000 {
        let stream = open(&router).await;
        assert_eq!(stream.status(), 200);
        streams.push(stream);
    }
    assert_eq!(open(&router).await.status(), 429);
    streams.pop();
    assert_eq!(open(&router).await.status(), 200, "closed streams do not count");
}
