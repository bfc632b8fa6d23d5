//! The event stream of the admin API.

use fh_edge::state::State;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_sent_when_they_happen() {
    let (address, handle) = shop().await;
    let request = format!("GET /admin/v1/events\nauthorization: Bearer {KEY}");
    let response = send(address, &request).await;
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
    let (address, handle) = shop().await;
    let request = format!("GET /admin/v1/events\nauthorization: Bearer {KEY}");
    let (mut body, mut read) = (send(address, &request).await.into_body(), String::new());
    let ended = async {
        next_event(&mut body, &mut read, "environments").await;
        handle.set_admin_key(AdminKey::new(KEY).unwrap());
        patch(address, "BANNER", &json!({"locked": false})).await;
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
    let (address, handle) = serve(State::default(), options()).await;
    let request = format!("GET /admin/v1/events\nauthorization: Bearer {KEY}");
    let (mut body, mut read) = (send(address, &request).await.into_body(), String::new());
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
    let (address, handle) = serve(state(), quick).await;
    let request = format!("GET /admin/v1/events\nauthorization: Bearer {KEY}");
    let (mut body, mut read) = (send(address, &request).await.into_body(), String::new());
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

#[tokio::test]
async fn the_number_of_event_streams_is_limited() {
    let (address, _edge) = shop().await;
    let request = format!("GET /admin/v1/events\nauthorization: Bearer {KEY}");
    let mut open = Vec::new();
    let refused = loop {
        let response = send(address, &request).await;
        if response.status() != 200 {
            break response.status().as_u16();
        }
        open.push(response);
        assert!(open.len() < 1000);
    };
    assert_eq!((refused, open.len()), (429, 64));
    drop(open);
    let is_free = async || send(address, &request).await.status() == 200;
    wait_until_async("closed streams no longer count", is_free).await;
}
