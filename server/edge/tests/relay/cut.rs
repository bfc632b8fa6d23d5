//! A client whose stream is cut after each event of a change, and who comes back to the same server.

use std::collections::BTreeMap;

use fh_edge::Options;
use fh_edge::origin::relay::RelayKeys;
use fh_edge::state::{Json, State};
use serde_json::Value;

use crate::http::request;
use crate::shop::{CLIENT_KEY, SERVER_KEY, serve, state};
use crate::stream::{Event, Stream};
use crate::support::{Relay, options, wait_until_async};

/// The features of a client by id, and the last event id.
#[derive(Clone, Default, PartialEq, Debug)]
struct Held {
    features: BTreeMap<String, Value>,
    id: String,
}

fn id(feature: &Value) -> String {
    feature["id"].as_str().unwrap().to_string()
}

fn by_id(list: &Value) -> BTreeMap<String, Value> {
    list.as_array().unwrap().iter().map(|feature| (id(feature), feature.clone())).collect()
}

impl Held {
    fn take(&mut self, event: &Event) {
        match &*event.name {
            "features" => self.features = by_id(&event.json()),
            "feature" => drop(self.features.insert(id(&event.json()), event.json())),
            "delete_feature" => drop(self.features.remove(&id(&event.json()))),
            _ => return,
        }
        self.id = event.id.clone();
    }
}

/// The former state, the one of the change, and a third one. The change deletes a feature, changes one and adds one.
fn states() -> [State; 3] {
    let value = |state: &mut State, key: &str, value: &str, version| {
        let values = &mut state.environments[0].values;
        let record = values.entry(key.into()).or_default();
        (record.value, record.version) = (Some(Json::parse(value).unwrap()), Some(version));
    };
    let mut changed = state();
    changed.features.retain(|feature| &*feature.key != "BANNER");
    changed.environments[0].values.remove("BANNER");
    value(&mut changed, "NEW_CHECKOUT", "true", 5);
    value(&mut changed, "NEVER_SET", "1", 5);
    let mut third = state();
    value(&mut third, "BANNER", "\"Bye\"", 9);
    [state(), changed, third]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_gets_what_a_new_client_gets() {
    let (origin, handle) = serve(state(), Options::default()).await;
    let pair = RelayKeys::pair(CLIENT_KEY, SERVER_KEY);
    let relay = Relay::ready(options(&format!("http://{origin}")).keys(pair)).await;
    let poll = async |address, key: &str| {
        let body =
            request(address, "GET", &format!("/features?apiKey={key}"), &[], "").await.json();
        by_id(&body[0]["features"])
    };
    let mut cuts = 0;
    for door in [origin, relay.address] {
        for key in [CLIENT_KEY, SERVER_KEY] {
            let serve = async |state: &State| {
                handle.replace(state.clone(), None).await.unwrap();
                let reached = async || poll(door, key).await == poll(origin, key).await;
                wait_until_async("the door has the state", reached).await;
            };
            let [former, changed, third] = &states();
            serve(former).await;
            let mut stream = Stream::open(door, key, "").await;
            let mut held = Held::default();
            held.take(&stream.until("features").await);
            let mut all = vec![held.clone()];
            handle.replace(changed.clone(), None).await.unwrap();
            for _ in 0..3 {
                held.take(&stream.next().await.unwrap());
                all.push(held.clone());
            }
            // The state of the change is still there, then the other ones follow.
            for next in [None, Some(former), Some(third)] {
                if let Some(next) = next {
                    serve(next).await;
                }
                let mut new = Held::default();
                new.take(&Stream::open(door, key, "").await.until("features").await);
                for held in &all {
                    for id in [held.id.clone(), format!("\"{}\"", held.id)] {
                        let mut back = Stream::open_with(door, key, ("last-event-id", &id)).await;
                        let mut held = held.clone();
                        let first = back.any().await.unwrap();
                        if first.name == "ack" || held.id != new.id {
                            held.take(&back.next().await.unwrap());
                        }
                        assert_eq!(held, new, "{door}, {key}, {id}");
                        cuts += 1;
                    }
                }
            }
        }
    }
    assert_eq!(cuts, 2 * 2 * 3 * 4 * 2);
}
