//! Keys, header values and contexts do not appear in logs, debug output, metrics, answers or files.

use fh_client::Problem;
use fh_edge::Edge;
use fh_edge::origin::relay::RelayKeys;
use fh_test::Folder;
use fh_test::Log;
use fh_test_servers::featurehub::{Behaviour, Closing, ENVIRONMENT, FakeEdge, Feature, Route};

use crate::http::request;
use crate::stream::Stream;
use crate::support::{Relay, options, wait_until_async};

/// Parts of keys, header values and contexts, which no text may contain.
const SECRETS: [&str; 5] =
    ["hushClientHush", "hushServerHush", "hushStrangerHush", "hushHeaderHush", "hushFredHush"];

fn holds_no_secret(what: &str, text: &str) {
    for secret in SECRETS {
        if let Some(at) = text.find(secret) {
            let line = text[..at].rfind('\n').map_or(0, |line| line + 1);
            panic!("{what} contains a secret: {}", &text[line..at + secret.len()]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_appear_nowhere() {
    let log = Log::capture();
    let folder = Folder::new();
    let upstream = FakeEdge::start().unwrap();
    upstream.set_feature(Feature::string("COLOUR", "red"));
    let key = |secret: &str| format!("{ENVIRONMENT}/{secret}");
    let (client, server) = (key("hushClientHush*1"), key("hushClientHush2"));
    let (lone, stranger) = (key("hushServerHush"), key("hushStrangerHush*"));
    let told = options(&upstream.url())
        .keys(RelayKeys::pair(&*client, &*server))
        .keys(RelayKeys::server(&*lone))
        .allow_any_key(std::num::NonZeroUsize::new(3).unwrap())
        .header("x-secret", "hushHeaderHush")
        .snapshot_folder(folder.path());
    holds_no_secret("debug output", &format!("{told:?} {:?}", Edge::builder().relay(told.clone())));
    let relay = Relay::ready(told).await;
    let use_everything = async |relay: &Relay| {
        for key in [&client, &server, &lone, &stranger] {
            for context in ["", "userkey=hushFredHush"] {
                let reply = relay.poll_for(key, context).await;
                assert!(!reply.body.contains("hush"), "{}", reply.body);
                Stream::open(relay.address, key, context).await.next().await;
            }
            let path = format!("/features/{key}/COLOUR");
            let json = [("content-type", "application/json")];
            let reply = request(relay.address, "PUT", &path, &json, r#"{"value":"x"}"#).await;
            holds_no_secret("an answer", &reply.body);
        }
        let upstreams = relay.handle.upstreams();
        holds_no_secret("debug output", &format!("{:?} {upstreams:?}", relay.handle));
        for upstream in &upstreams {
            let status = upstream.client.as_ref().unwrap();
            holds_no_secret(
                "a status",
                &format!("{status} {}", serde_json::to_string(status).unwrap()),
            );
        }
        holds_no_secret("the metrics", &relay.get("/metrics").await.body);
    };
    use_everything(&relay).await;
    assert_eq!(relay.handle.upstreams().len(), 4, "the pair, two contexts, an unconfigured key");
    for trouble in [
        Behaviour::status(404),
        Behaviour::status(500),
        Behaviour::sse().ack().failure().close(Closing::Fin),
        Behaviour::choose(|request| {
            // The answer repeats the keys of the request.
            let said = serde_json::json!({"status": request.api_keys().concat()});
            Behaviour::sse().ack().event("failure", &said.to_string()).close(Closing::Fin)
        }),
        Behaviour::garbage("hm"),
    ] {
        upstream.behave_on(Route::Stream, trouble);
        upstream.behave_on(Route::Put, Behaviour::garbage("hm"));
        upstream.close_connections(Closing::Rst);
        let look = || async {
            relay.handle.upstreams().iter().any(|each| {
                let problem = each.client.as_ref().and_then(|client| client.problem.clone());
                problem.is_some_and(|problem| {
                    !matches!(problem, Problem::Unreachable(_))
                        || problem.to_string().contains("HTTP")
                })
            })
        };
        wait_until_async("trouble", look).await;
        use_everything(&relay).await;
    }
    relay.handle.say_bye(std::time::Duration::ZERO).await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        holds_no_secret("a file's name", path.to_str().unwrap());
        holds_no_secret("a file", &std::fs::read_to_string(path).unwrap());
    }
    let text = log.text();
    assert!(text.contains("fh_client") && text.contains("fh_edge"), "nothing was logged");
    holds_no_secret("the log", &text);
}
