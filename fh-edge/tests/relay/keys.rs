//! Keys that are configured and taken away while a relay runs, as a file of them changes.

use fh_edge::origin::relay::{RelayError, RelayKeys};
use fh_fake_edge::{FakeEdge, Feature};

use crate::stream::Stream;
use crate::support::{Relay, options, until};

fn upstream() -> FakeEdge {
    let upstream = FakeEdge::start().unwrap();
    upstream.replace_all([Feature::string("COLOUR", "red")]);
    upstream
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_and_go_without_a_restart() {
    let upstream = upstream();
    let (client, server) = (upstream.client_key(), upstream.server_key());
    let relay = Relay::ready(options(&upstream.url()).keys(RelayKeys::client(&client))).await;
    assert_eq!(relay.poll(&client).await.status, 200);
    assert_eq!(relay.poll(&server).await.status, 404);
    let mut stream = Stream::open(relay.address, &client, "").await;
    stream.until("features").await;

    // Its sister comes: the stream goes on, on a connection of both.
    let pair = RelayKeys::pair(&client, &server);
    relay.handle.set_relay_keys(std::slice::from_ref(&pair)).unwrap();
    stream.until("bye").await;
    until("the sister", || async { relay.poll(&server).await.status == 200 }).await;
    assert_eq!(relay.handle.upstreams().len(), 1);

    // Invalid keys change nothing.
    let wrong = relay.handle.set_relay_keys(&[pair.clone(), RelayKeys::client(&client)]);
    assert!(matches!(wrong, Err(RelayError::Twice(2))), "{wrong:?}");
    assert!(matches!(relay.handle.set_relay_keys(&[]), Err(RelayError::NoKeys)));
    assert_eq!(relay.poll(&client).await.status, 200);

    // The client-evaluated key goes, and may come back for five seconds; the sister stands alone.
    let mut stream = Stream::open(relay.address, &client, "").await;
    stream.until("features").await;
    relay.handle.set_relay_keys(&[RelayKeys::server(&server)]).unwrap();
    assert_eq!(relay.poll(&client).await.status, 200);
    relay.handle.set_relay_keys(std::slice::from_ref(&pair)).unwrap();
    upstream.set_value("COLOUR", "blue");
    stream.until("feature").await;

    // Both go.
    let other = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/other*key";
    relay.handle.set_relay_keys(&[RelayKeys::client(other)]).unwrap();
    assert_eq!(relay.poll(&client).await.status, 200);
    stream.until("failure").await;
    for key in [&client, &server] {
        until("revoked", || async { relay.poll(key).await.status == 404 }).await;
    }
    assert_eq!(relay.handle.upstreams().len(), 1);
}
