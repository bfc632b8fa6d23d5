//! A strict reader takes the payloads of a state, whichever door the state came through.

use std::net::SocketAddr;

use fh_edge::state::file::{ExtraAccount, Options as FileOptions};
use fh_edge::state::{Permission, ServiceKey, State};
use fh_edge::{AdminKey, DataFolderError, Edge, Options, StartError};
use fh_test::Folder;
use fh_test::wait::wait_for;
use serde_json::{Map, Value, json};
use tokio::task::JoinHandle;

use crate::forms::{StrictEnvironment, few_forms, set, values};
use crate::http::request;
use crate::shop::{CLIENT_KEY, ENVIRONMENT, SERVER_KEY};

const KEY: &str = "an-admin-key-for-tests";
/// The members of a feature in FeatureHub's lists.
const MEMBERS: [&str; 9] =
    ["id", "key", "l", "version", "type", "value", "strategies", "fp", "extra"];

/// Returns features that each have another value of one member, or another form of a strategy, with the names of the members.
fn features() -> Vec<(&'static str, Value)> {
    let second = json!({"id": "t", "value": "y", "percentage": 300_000});
    let strategies = few_forms().into_iter();
    let strategies = strategies.map(|(_, form)| ("strategies", Some(json!([form, second]))));
    let members = MEMBERS.into_iter().flat_map(|member| values().map(|value| (member, value)));
    let feature = |(number, (member, value)): (usize, (&'static str, Option<Value>))| {
        let mut feature = json!({
            "id": format!("00000000-0000-4000-8000-{number:012}"), "key": format!("F{number:03}"),
            "l": false, "version": 1, "type": "STRING", "value": "default"
        });
        set(&mut feature, member, value.as_ref());
        (member, feature)
    };
    strategies.chain(members).enumerate().map(feature).collect()
}

/// Returns a state file with these features.
fn file(features: &[&Value]) -> String {
    let (mut definitions, mut all) = (Vec::new(), Map::new());
    for feature in features {
        let mut value = feature.as_object().unwrap().clone();
        let mut definition = Map::new();
        for (from, to) in [("id", "id"), ("key", "key"), ("type", "type"), ("fp", "properties")] {
            definition.extend(value.remove(from).map(|member| (to.to_string(), member)));
        }
        let locked = value.remove("l").map(|member| ("locked".to_string(), member));
        value.extend(locked);
        let key = definition.get("key").and_then(Value::as_str).unwrap_or("F");
        all.insert(key.to_string(), Value::Object(value));
        definitions.push(definition);
    }
    json!({
        "features": definitions,
        "environments": [{"id": ENVIRONMENT, "name": "dev", "values": all}],
        "accounts": [{"name": "sdk", "clientKey": "reader*client", "serverKey": "reader-server",
            "permissions": {"dev": ["READ", "EXTENDED_DATA"]}}]
    })
    .to_string()
}

/// Returns a list with these features, as FeatureHub sends it. `fh serve --key` takes such a list.
fn list(features: &[&Value]) -> String {
    json!([{"id": ENVIRONMENT, "features": features}]).to_string()
}

fn keys() -> FileOptions {
    let key = |text| vec![ServiceKey::new(text).unwrap()];
    FileOptions::new().account(ExtraAccount {
        name: "sdk".into(),
        client_keys: key("reader*client"),
        server_keys: key("reader-server"),
        filters: Default::default(),
        permissions: [Permission::Read, Permission::ExtendedData].into_iter().collect(),
    })
}

/// Reads the features that this form of a text accepts, from one text.
fn state(text: fn(&[&Value]) -> String, options: &FileOptions) -> (State, usize) {
    let all = features();
    let read = |features: &[&Value]| State::from_text(&text(features), options);
    let taken: Vec<&Value> = all
        .iter()
        .map(|(_, feature)| feature)
        .filter(|feature| read(&[feature]).is_ok_and(|read| !read.state.features.is_empty()))
        .collect();
    (read(&taken).unwrap_or_else(|error| panic!("{error}")).state, taken.len())
}

async fn serve(state: State, folder: Option<&Folder>) -> (SocketAddr, JoinHandle<()>) {
    let mut options = Options::default();
    options.admin_key = Some(AdminKey::new(KEY).unwrap());
    let edge = wait_for("a dropped Edge releases its folder", || {
        let edge = Edge::builder().state(state.clone()).options(options.clone());
        let edge = match folder {
            Some(folder) => edge.data_folder(folder.path()),
            None => edge,
        };
        let built = edge.build();
        let is_in_use = matches!(built, Err(StartError::DataFolder(DataFolderError::InUse(_))));
        (!is_in_use).then_some(built)
    });
    let edge = edge.unwrap_or_else(|why| panic!("{why}"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (address, tokio::spawn(async move { axum::serve(listener, edge.router()).await.unwrap() }))
}

/// Reads the answers for both kinds of keys strictly. Returns the number of features and of strategies.
async fn read(address: SocketAddr, what: &str) -> (usize, usize) {
    let mut counts = (0, 0);
    for (key, context) in
        [(CLIENT_KEY, ""), (SERVER_KEY, ""), (SERVER_KEY, "userkey=fred,country=nz")]
    {
        let path = format!("/features?apiKey={key}");
        let reply = request(address, "GET", &path, &[("x-featurehub", context)], "").await;
        let strict: Result<[StrictEnvironment; 1], _> = serde_json::from_str(&reply.body);
        let [environment] = strict.unwrap_or_else(|why| panic!("{what}: {why}: {}", reply.body));
        let strategies = environment.features.iter().map(|feature| feature.strategies.len()).sum();
        counts = (environment.features.len().max(counts.0), counts.1.max(strategies));
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn states_of_files_and_lists() {
    for (door, text, options, least) in [
        ("a file", file as fn(&[&Value]) -> String, FileOptions::new(), 170),
        ("a list", list, keys(), 200),
    ] {
        let (state, taken) = state(text, &options);
        let (address, _) = serve(state, None).await;
        let (features, strategies) = read(address, door).await;
        println!("{door}: {taken} of {} forms, {strategies} strategies", self::features().len());
        assert_eq!(features, taken, "{door}");
        assert!(taken >= least && strategies >= least, "{door}: {taken} {strategies}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn states_of_the_admin_api_and_of_a_restart() {
    let folder = Folder::new();
    let all = features();
    // The features of the PUT with other strategies, which the PUT replaces.
    let plain = |(_, feature): &(&str, Value)| {
        let mut plain = feature.clone();
        set(&mut plain, "strategies", Some(&json!([{"id": "a", "value": "x", "percentage": 5}])));
        plain
    };
    let plain: Vec<Value> =
        all.iter().filter(|(member, _)| *member == "strategies").map(plain).collect();
    let plain: Vec<&Value> = plain.iter().collect();
    let base = State::from_text(&file(&plain), &FileOptions::new()).unwrap().state;
    let (address, server) = serve(base.clone(), Some(&folder)).await;
    let bearer = format!("Bearer {KEY}");
    let admin =
        [("authorization", &*bearer), ("content-type", "application/json"), ("if-match", "*")];
    let (mut patched, mut refused) = (0, 0);
    let members = [("strategies", "strategies"), ("value", "value"), ("l", "locked")];
    for (member, feature) in &all {
        let Some((_, name)) = members.iter().find(|(known, _)| known == member) else { continue };
        let Some(value) = feature.get(member) else { continue };
        let body = json!({*name: value}).to_string();
        let key = if *member == "strategies" { feature["key"].as_str().unwrap() } else { "F000" };
        let path = format!("/admin/v1/features/dev/{key}");
        let reply = request(address, "PATCH", &path, &admin[..2], &body).await;
        match reply.status {
            200 => patched += 1,
            _ => refused += 1,
        }
        assert!(matches!(reply.status, 200 | 400 | 422), "{body}: {reply:?}");
        read(address, &body).await;
    }
    println!("PATCH: {patched} forms, {refused} refused");
    assert!(patched >= 60 && refused >= 60, "{patched} {refused}");
    let (state, taken) = state(file, &FileOptions::new());
    let whole = serde_json::to_string(&state).unwrap();
    let reply = request(address, "PUT", "/admin/v1/state", &admin, &whole).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let counts = read(address, "PUT").await;
    assert_eq!(counts.0, taken);
    server.abort();
    let (address, _) = serve(base, Some(&folder)).await;
    assert_eq!(read(address, "a restart").await, counts);
}
