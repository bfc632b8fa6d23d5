//! Invalid options of a relay, and its start.

use fh_edge::origin::relay::{RelayError, RelayKeys, RelayOptions};
use fh_edge::state::State;
use fh_edge::{Edge, Options, StartError};
use fh_eval::Profile;

use crate::shop::{CLIENT_KEY, SERVER_KEY, WRITER_KEY};
use crate::support::options;

/// Returns the error of a relay that does not start.
fn refused(relay: RelayOptions, options: Options) -> String {
    match Edge::builder().relay(relay).options(options).build() {
        Err(StartError::Relay(why)) => {
            let text = why.to_string();
            assert!(!text.contains("reader"), "a key in {text}");
            assert_eq!(StartError::Relay(why).to_string(), text);
            text
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn invalid_options_are_refused() {
    let url = "http://127.0.0.1:1";
    let keys = |keys: Vec<RelayKeys>| keys.into_iter().fold(options(url), RelayOptions::keys);
    let good = || RelayKeys::pair(CLIENT_KEY, SERVER_KEY);
    for (relay, why) in [
        (options(url), "needs keys"),
        (options("edge.example").keys(good()), "neither http:// nor https://"),
        (options("http://user@edge").keys(good()), "send them as a header"),
        (keys(vec![good(), RelayKeys::client("")]), "keys 2: the API key is missing or empty"),
        (keys(vec![RelayKeys::client("reader*client")]), "keys 1: an API key looks like"),
        (
            keys(vec![RelayKeys::client("production/reader*")]),
            "keys 1: the environment of the key is not a UUID",
        ),
        (
            keys(vec![RelayKeys::client(SERVER_KEY)]),
            "keys 1: a client-evaluated key contains a `*`",
        ),
        (
            keys(vec![RelayKeys::server(CLIENT_KEY)]),
            "keys 1: a server-evaluated key contains no `*`",
        ),
        (
            keys(vec![RelayKeys::pair(SERVER_KEY, CLIENT_KEY)]),
            "keys 1: a client-evaluated key contains a `*`",
        ),
        (
            keys(vec![RelayKeys::pair(CLIENT_KEY, "22222222-2222-4222-8222-222222222222/reader")]),
            "keys 1: the two keys are of different environments",
        ),
        (keys(vec![good(), RelayKeys::server(SERVER_KEY)]), "keys 2: the key is configured twice"),
        (
            keys(vec![good().named("shop"), RelayKeys::client(WRITER_KEY).named("shop")]),
            "keys 2: this environment already has keys with the same name",
        ),
        (
            keys(vec![good()]).snapshot_folder("/dev/null/relay"),
            "the folder of the snapshots, /dev/null/relay,",
        ),
        (keys(vec![good()]).header("bad header", "x"), "the header \"bad header\" cannot be sent"),
        // Options are checked at the start, even if the first connection is made at the first request.
        (
            keys(vec![RelayKeys::server(SERVER_KEY)]).header("bad header", "x"),
            "the header \"bad header\" cannot be sent",
        ),
        (
            options(url)
                .allow_any_key(std::num::NonZeroUsize::MIN)
                .configure(|config| config.backoff.jitter = 2.0),
            "a jitter from 0 to 1",
        ),
    ] {
        let said = refused(relay, Options::default());
        assert!(said.contains(why), "{said}");
    }
    let mut by_edge = Options::default();
    by_edge.profile = Profile::Edge;
    let said = refused(keys(vec![good()]), by_edge);
    assert!(said.contains("profile `edge`"), "{said}");
}

#[test]
fn a_relay_has_no_other_origin() {
    let relay = || options("http://127.0.0.1:1").keys(RelayKeys::client(CLIENT_KEY));
    let both = Edge::builder().relay(relay()).state(State::default()).build();
    assert!(matches!(both, Err(StartError::Relay(RelayError::OwnState))));
    let both = Edge::builder().relay(relay()).data_folder("/tmp/unused").build();
    assert!(matches!(both, Err(StartError::Relay(RelayError::OwnState))));
}

#[test]
fn an_edge_with_a_state_has_no_relay_settings() {
    let edge = Edge::builder().state(State::default()).build().unwrap();
    let keys = edge.handle().set_relay_keys(&[RelayKeys::client(CLIENT_KEY)]);
    let headers = edge.handle().set_relay_headers(&[]);
    for refused in [keys, headers] {
        assert_eq!(
            refused.unwrap_err().to_string(),
            "this Edge is not a relay, so it has no relay keys and headers to replace"
        );
    }
}

/// An Edge can be built outside a runtime.
#[test]
fn a_relay_is_built_without_a_runtime() {
    let relay = options("http://127.0.0.1:1").keys(RelayKeys::client(CLIENT_KEY).named("shop"));
    let edge = Edge::builder().relay(relay).build().unwrap();
    assert_eq!(&*edge.handle().upstreams()[0].name, "shop");
}
