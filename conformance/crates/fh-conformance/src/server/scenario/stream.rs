//! Streams: the scenarios that need only a few at a time.

use std::time::Duration;

use serde_json::{Value, json};

use super::Evaluated::{ByClient, ByServer};
use super::check::{Outcome, check, same, there};
use super::poll::{NOWHERE, UNKNOWN};
use super::scenario_client::{by_key, version};
use super::state::{close_dev, delete, permit, retire, without};
use super::{Bench, Setup, standard};
use crate::server::wire::component;

const ACK: [&str; 2] = ["event: ack", r#"data: {"status":"discover"}"#];

pub(super) fn open(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    for path in
        [client.dev(ByClient)?, client.dev(ByServer)?, format!("default/{}", client.dev(ByClient)?)]
    {
        let mut stream = client.open(&client.stream_request(&path))?;
        same("content type", stream.head.headers.get("content-type"), Some("text/event-stream"))?;
        same("buffering", stream.head.headers.get("x-accel-buffering"), Some("no"))?;
        let ack = there("the first event", stream.event()?)?;
        same("the first event", &*ack.lines, &ACK.map(str::to_owned))?;
        let list = there("the second event", stream.event()?)?;
        same("its lines", list.lines.len(), 3)?;
        for (line, start) in list.lines.iter().zip(["event: features", "id: ", "data: ["]) {
            check!(line.starts_with(start), "{line:.60} does not begin with {start}");
        }
        let id = there("an id", list.id.clone())?;
        check!(!id.is_empty() && !id.contains('"'), "the id is {id}");
        let polled = client.features(&path)?;
        same("the same as polled", by_key(&list.json()), polled)?;
        // An event id can be sent as an etag, and an etag as an event id.
        let again =
            client.ask(&client.poll(&[&path]).header("if-none-match", format!("\"{id}\"")))?;
        same("its id as an etag", again.status, 304)?;
    }
    Ok(())
}

pub(super) fn resumed(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let mut round = 0;
    for key in [client.dev(ByClient)?, client.dev(ByServer)?] {
        round += 1;
        let (mut first, list) = client.stream(&key)?;
        let id = there("an id", list.id)?;
        client.set("SCRATCH", &json!(format!("missed {round}")))?;
        let missed = client.updated(&mut first, "feature", "SCRATCH")?;
        // A client that has received the change has a newer state than the list's id.
        let newer = missed.id.unwrap_or_else(|| id.clone());
        let resume = |id: String| client.stream_request(&key).header("last-event-id", id);
        let mut outdated = client.open(&resume(format!("\"{id}\"")))?;
        let told = there("what was missed", outdated.told()?)?;
        same("after an old id", &*told.name, "features")?;
        let newest = if newer == id { there("an id", told.id)? } else { newer };
        // Event-source libraries send the last id without quotes, also for a client that has lost its features.
        let mut begun_anew = client.open(&resume(newest.clone()))?;
        for name in ["ack", "features"] {
            let told = begun_anew.told()?.map(|event| event.name);
            same("without quotes", told, Some(name.to_owned()))?;
        }
        let mut current = client.open(&resume(format!("\"{newest}\"")))?;
        client.set("SCRATCH", &json!(format!("resumed {round}")))?;
        // The next event is the change: no `ack` and no list come before it.
        client.updated(&mut current, "feature", "SCRATCH")?;
    }
    let other =
        client.stream_request(&client.dev(ByServer)?).header("x-featurehub", "userkey=fred");
    let (_, list) = client.stream(&client.dev(ByServer)?)?;
    let mut stream =
        client.open(&other.header("last-event-id", format!("\"{}\"", there("an id", list.id)?)))?;
    same("an id of another context", stream.told()?.map(|event| event.name), Some("ack".into()))
}

pub(super) fn update(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    for evaluated in [ByClient, ByServer] {
        let (mut stream, list) = client.stream(&client.dev(evaluated)?)?;
        let mut known =
            there("COLOUR", by_key(&list.json()).remove(&client.feature_key("COLOUR")?))?;
        let colours = [json!(format!("red {evaluated:?}")), json!("grey")];
        for colour in colours {
            client.set("COLOUR", &colour)?;
            let event = client.updated(&mut stream, "feature", "COLOUR")?;
            check!(event.lines.len() <= 3, "{:?}", event.lines);
            let feature = event.json();
            same("value", feature.get("value"), Some(&colour))?;
            check!(version(&feature) > version(&known), "{feature} after {known}");
            let members = |feature: &Value| {
                feature.as_object().map(|all| all.keys().cloned().collect::<Vec<_>>())
            };
            same("members", members(&feature), members(&known))?;
            same("as polled", &feature, &client.feature(&client.dev(evaluated)?, "COLOUR")?)?;
            known = feature;
        }
    }
    Ok(())
}

pub(super) fn delete_and_retire(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    for evaluated in [ByClient, ByServer] {
        client.subject().serve(&standard())?;
        let (mut stream, list) = client.stream(&client.dev(evaluated)?)?;
        let known = there("COLOUR", by_key(&list.json()).remove("COLOUR"))?;
        let mut state = standard();
        retire(&mut state, "COLOUR", true);
        client.subject().serve(&state)?;
        let retired = client.updated(&mut stream, "delete_feature", "COLOUR")?.json();
        same("id", retired.get("id"), known.get("id"))?;
        check!(version(&retired) > version(&known), "{retired} after {known}");
        client.subject().serve(&standard())?;
        let back = client.updated(&mut stream, "feature", "COLOUR")?.json();
        check!(version(&back) > version(&retired), "{back} after {retired}");
        delete(&mut state, "COLOUR");
        client.subject().serve(&state)?;
        let deleted = client.updated(&mut stream, "delete_feature", "COLOUR")?.json();
        same("id", deleted.get("id"), known.get("id"))?;
        same("version", deleted.get("version"), Some(&0.into()))?;
        same("lock", deleted.get("l"), Some(&false.into()))?;
        same("value", deleted.get("value"), None)?;
    }
    Ok(())
}

pub(super) fn unknown_key(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    for key in [
        format!("{}/{UNKNOWN}", client.environment("dev")?),
        format!("{NOWHERE}/{UNKNOWN}"),
        format!("default/{NOWHERE}/{UNKNOWN}"),
    ] {
        let mut stream = client.open(&client.stream_request(&key))?;
        same("the first event", stream.told()?.map(|event| event.name), Some("ack".into()))?;
        let failure = there("the second event", stream.told()?)?;
        same("the second event", &*failure.name, "failure")?;
        let status = json!({"status": "Unrecognized API key. Please stop requesting."});
        same("its data", failure.json(), status)?;
        same("then", stream.told()?, None)?;
    }
    let nonsense = client.ask(&client.stream_request("nonsense/abc"))?;
    same("no UUID", nonsense.status, 404)
}

pub(super) fn bye(bench: &Bench<'_>) -> Outcome {
    let drop_after = Some(Duration::from_millis(300));
    let client = bench.with(&Setup { drop_after, ..Setup::default() })?;
    for evaluated in [ByClient, ByServer] {
        let (mut stream, _) = client.stream(&client.dev(evaluated)?)?;
        let bye = there("an event", stream.told()?)?;
        let lines = ["event: bye", r#"data: {"status":"closed"}"#];
        same("the event", &*bye.lines, &lines.map(str::to_owned))?;
        same("then", stream.told()?, None)?;
    }
    Ok(())
}

pub(super) fn heartbeat(bench: &Bench<'_>) -> Outcome {
    let heartbeat = Some(Duration::from_millis(50));
    let client = bench.with(&Setup { heartbeat, ..Setup::default() })?;
    let (mut stream, _) = client.stream(&client.dev(ByClient)?)?;
    for _ in 0..3 {
        let event = there("a heartbeat", stream.event()?)?;
        same("heartbeat", &*event.lines, &["event: ack", "data: \"❤️\""].map(str::to_owned))?;
    }
    // Updates arrive between heartbeats, too.
    client.set("SCRATCH", &json!("between heartbeats"))?;
    client.updated(&mut stream, "feature", "SCRATCH")?;
    Ok(())
}

pub(super) fn evaluated(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let context = "country=new_zealand,plan=a%3Db";
    let query = format!("{}?xfeaturehub={}", client.dev(ByServer)?, component(context));
    let requests = [
        client.stream_request(&client.dev(ByServer)?).header("x-featurehub", context),
        client.stream_request(&query),
        // A context in the query replaces that of the header.
        client.stream_request(&query).header("x-featurehub", "country=turkey"),
    ];
    for (at, request) in requests.iter().enumerate() {
        let (mut stream, list) = client.listed(request)?;
        check!(!list.data.contains("strategies"), "strategies are sent to a server key");
        let features = by_key(&list.json());
        let member = |feature: &str, name: &str| features.get(feature)?.get(name).cloned();
        same("FLAG", member("FLAG", "value"), Some(true.into()))?;
        same("its strategy", member("FLAG", "v"), Some("kiwi".into()))?;
        same("DECODED", member("DECODED", "value"), Some("equals".into()))?;
        // The base value of DECODED changes; this context still gets the value of its strategy.
        client.set("DECODED", &json!(format!("changed {at}")))?;
        let event = client.updated(&mut stream, "feature", "DECODED")?;
        check!(!event.data.contains("strategies"), "strategies in an update");
        let feature = event.json();
        same("DECODED", feature.get("value"), Some(&"equals".into()))?;
        let before = member("DECODED", "version");
        check!(
            feature.get("version").and_then(Value::as_i64) > before.and_then(|v| v.as_i64()),
            "{feature} is not newer"
        );
    }
    client.set("DECODED", &json!("none"))
}

pub(super) fn isolation(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    for evaluated in [ByClient, ByServer] {
        let (mut stream, _) = client.stream(&client.dev(evaluated)?)?;
        client.set_in("other", "SCRATCH", &json!(format!("elsewhere {evaluated:?}")))?;
        client.set("SCRATCH", &json!(format!("here {evaluated:?}")))?;
        let event = client.updated(&mut stream, "feature", "SCRATCH")?.json();
        same("value", event.get("value"), Some(&json!(format!("here {evaluated:?}"))))?;
    }
    Ok(())
}

pub(super) fn revoked(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let (mut guest, _) = client.stream(&client.key("guest", "dev", ByClient)?)?;
    let (mut reader, _) = client.stream(&client.dev(ByClient)?)?;
    let mut state = standard();
    without(&mut state, "accounts", "name", "guest");
    client.subject().serve(&state)?;
    let event = there("an event", guest.told()?)?;
    same("to whom was revoked", &*event.name, "failure")?;
    same("then", guest.told()?, None)?;
    client.set("SCRATCH", &json!("others go on"))?;
    client.updated(&mut reader, "feature", "SCRATCH")?;
    // If the permissions of an account change, its streams get `bye`. Their clients reconnect and get the new permissions.
    for (account, permissions) in [("extended", ["READ"]), ("lock", ["LOCK"])] {
        let (mut changed, _) = client.stream(&client.key(account, "dev", ByClient)?)?;
        permit(&mut state, account, &permissions);
        client.subject().serve(&state)?;
        same(account, changed.told()?.map(|event| event.name), Some("bye".into()))?;
        same("then", changed.told()?, None)?;
    }
    close_dev(&mut state);
    client.subject().serve(&state)?;
    // Events about other changes of the new state may come first.
    loop {
        match reader.told()? {
            Some(event) if event.name == "failure" => break,
            Some(event) if event.name.ends_with("feature") => {}
            other => check!(false, "{other:?} when the environment went"),
        }
    }
    same("then", reader.told()?, None)
}

pub(super) fn stale(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    for evaluated in [ByClient, ByServer] {
        let (mut stream, list) = client.stream(&client.key("reader", "stale", evaluated)?)?;
        check!(by_key(&list.json()).contains_key("COLOUR"), "{:.80}", list.data);
        let config = there("an event", stream.told()?)?;
        same("the event", &*config.name, "config")?;
        same("its data", config.json(), json!({"edge.stale": true}))?;
    }
    Ok(())
}

pub(super) fn flush(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    // Nothing else happens on the server, so an event that it holds back would never arrive.
    let (mut stream, _) = client.stream(&client.dev(ByServer)?)?;
    client.set("SCRATCH", &json!("flushed"))?;
    client.updated(&mut stream, "feature", "SCRATCH")?;
    let unknown = format!("{NOWHERE}/{UNKNOWN}");
    let mut stream = client.open(&client.stream_request(&unknown))?;
    same("at once", stream.told()?.map(|event| event.name), Some("ack".into()))
}

pub(super) fn untouched(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let mut keys = vec![client.dev(ByClient)?, client.dev(ByServer)?];
    // The targets whose environments are unknown have none with a `cache-control`.
    keys.extend(client.key("reader", "cached", ByClient));
    for key in keys {
        let stream = client.open(&client.stream_request(&key))?;
        let value = stream.head.headers.get("cache-control").unwrap_or_default();
        let directives: Vec<_> = value.split(',').map(str::trim).collect();
        for wanted in ["no-store", "no-transform"] {
            check!(directives.contains(&wanted), "the cache-control of a stream is {value:?}");
        }
    }
    Ok(())
}
