//! Streams without sockets and threads: generations are published by hand, and time is the test's.

use std::task::Waker;

use fh_eval::{Profile, Timestamp};

use super::*;
use crate::core::Origin;
use crate::options::Options;
use crate::serving::{Counting, Environments, Grants, ServedFeature, Settings};
use crate::state::{Account, Environment, State};
use crate::world::{Base, NoJournal, Records, World, Writer};

const ID: Uuid = Uuid::from_u128(0x71ed_3c04_122b_4312_9ea8_06b2_b8d6_ceac);
const CLIENT: &str = "client*key";
const SERVER: &str = "server-key";

/// An environment that a test publishes as it likes.
struct Stage {
    core: Arc<Core>,
    state: State,
}

fn state(features: &str, values: &str) -> State {
    let text = format!(
        r#"{{"features": {features}, "environments": [{{"id": "{ID}", "name": "dev", "values": {values}}}],
            "accounts": [{{"name": "sdk", "clientKey": ["{CLIENT}"], "serverKey": ["{SERVER}"],
                "permissions": {{"{ID}": ["READ"]}}}}]}}"#
    );
    serde_json::from_str(&text).unwrap()
}

const FLAG: &str =
    r#"[{"id": "9cd1a3ef-d06e-4292-95d4-86ec02a3fd5b", "key": "A", "type": "STRING"}]"#;

impl Stage {
    fn new(options: Options) -> Self {
        let environments = Arc::new(Environments::default());
        let base = Base { profile: Profile::Client, cache_control: None, cache_bytes: 1 << 20 };
        let nothing = (State::default(), World::waiting(Records::default()));
        let writer = Writer::start(nothing, Box::new(NoJournal), base, Arc::clone(&environments));
        let core = Arc::new(Core::new(options, environments, Origin::World(writer.unwrap())));
        let state = state(FLAG, r#"{"A": {"value": "x", "version": 1}}"#);
        let stage = Self { core, state };
        stage.core.environments.add(stage.waiting());
        stage
    }

    /// With the state published.
    fn serving() -> Self {
        let stage = Self::new(Options::default());
        stage.publish();
        stage
    }

    fn settings(environment: &Environment) -> Settings {
        Settings {
            name: "dev".into(),
            cache_control: None,
            stale: environment.stale,
            profile: environment.profile.unwrap_or(Profile::Client),
        }
    }

    fn grants(accounts: &[Account]) -> Arc<Grants> {
        Arc::new(Grants::of(ID, accounts))
    }

    fn waiting(&self) -> Published {
        let environment = &self.state.environments[0];
        let grants = Self::grants(&self.state.accounts);
        Published::waiting(ID, Self::settings(environment), grants, 1 << 20)
    }

    fn publish(&self) {
        self.publish_at(0);
        self.core.set_ready();
    }

    fn publish_at(&self, now: i64) {
        let environment = &self.state.environments[0];
        let served = self.state.features.iter().map(|feature| {
            let value = environment.values.get(&feature.key);
            let version = value.and_then(|value| value.version).unwrap_or(0);
            ServedFeature::new(feature, value, version, Counting::Counts)
        });
        let (served, settings) = (served.collect(), Self::settings(environment));
        self.core.environments.change(ID, |next| {
            let next = next.with_grants(Self::grants(&self.state.accounts));
            next.with_features(served, settings, Timestamp::from_millis(now))
        });
    }

    /// Changes what is said of A.
    fn set(&mut self, value: &str) {
        let value = serde_json::from_str(value).unwrap();
        self.state.environments[0].values.insert("A".into(), value);
        self.publish();
    }

    fn open(&self, secret: &str, context: &str, last_event_id: Option<&str>) -> EventStream {
        let start = Start { environment: ID, secret, context, last_event_id, sdk: None };
        EventStream::open(&self.core, start).0
    }
}

/// Everything that a stream has to say at this moment, and whether it ended.
fn read(stream: &mut EventStream) -> (String, bool) {
    let mut text = String::new();
    let mut task = TaskContext::from_waker(Waker::noop());
    loop {
        match Pin::new(&mut *stream).poll_frame(&mut task) {
            Poll::Ready(Some(Ok(frame))) => {
                let data = frame.into_data().unwrap();
                assert!(!data.is_empty(), "nothing is no reason to write");
                text.push_str(std::str::from_utf8(&data).unwrap());
            }
            Poll::Ready(None) => return (text, true),
            Poll::Pending => return (text, false),
        }
    }
}

/// Names of the events, with their data where there is room.
fn names(stream: &mut EventStream) -> Vec<String> {
    let (text, _) = read(stream);
    text.lines().filter_map(|line| line.strip_prefix("event: ")).map(str::to_string).collect()
}

fn id_of(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap()
}

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
    // Two changes between two looks are one event with the later value.
    stage.set(r#"{"value": "z", "version": 3}"#);
    stage.set(r#"{"value": "w", "version": 4}"#);
    let (text, _) = read(&mut stream);
    assert!(text.matches("event:").count() == 1 && text.contains("\"value\":\"w\""), "{text}");
    // Published again without a change.
    stage.publish();
    assert_eq!(read(&mut stream).0, "");
}

/// Readers of one view share what leads from one generation to the next, but not those who missed one, nor those with a context.
#[tokio::test(start_paused = true)]
async fn each_gets_what_leads_on_from_what_it_holds() {
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
async fn who_holds_the_list_gets_nothing_until_a_change() {
    let mut stage = Stage::serving();
    let mut first = stage.open(CLIENT, "", None);
    let id = id_of(&read(&mut first).0).to_string();
    for held in [id.clone(), format!("\"{id}\"")] {
        let mut again = stage.open(CLIENT, "", Some(&held));
        assert_eq!(read(&mut again), (String::new(), false));
    }
    let mut again = stage.open(CLIENT, "", Some(&id));
    read(&mut again);
    let mut old = stage.open(CLIENT, "", Some("0123"));
    assert_eq!(names(&mut old), ["features"]);
    let mut other_context = stage.open(CLIENT, "a=1", Some(&id));
    assert_eq!(names(&mut other_context), ["ack", "features"]);
    stage.set(r#"{"value": "y", "version": 2}"#);
    assert_eq!(names(&mut again), ["feature"]);
    // The id of an update is as good as that of a list.
    let mut update = stage.open(CLIENT, "", None);
    let now = id_of(&read(&mut update).0).to_string();
    let mut again = stage.open(CLIENT, "", Some(&now));
    assert_eq!(read(&mut again).0, "");
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
async fn evaluated_for_the_context() {
    let mut stage = Stage::serving();
    let rule = |version: u32, country: &str| {
        format!(
            r#"{{"value": "x", "version": {version}, "strategies": [{{"id": "s", "value": "kiwi", "attributes": [
                {{"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["{country}"]}}]}}]}}"#
        )
    };
    stage.set(&rule(2, "nz"));
    let mut kiwi = stage.open(SERVER, "country=nz", None);
    let mut nobody = stage.open(SERVER, "", None);
    let (text, _) = read(&mut kiwi);
    assert!(text.contains("\"value\":\"kiwi\",\"v\":\"s\"") && text.contains("//"), "{text}");
    let (text, _) = read(&mut nobody);
    assert!(text.contains("\"value\":\"x\"}") && !text.contains("strategies"), "{text}");
    stage.set(&rule(3, "au"));
    let (text, _) = read(&mut kiwi);
    assert!(text.contains("\"version\":3") && text.contains("\"value\":\"x\"}"), "{text}");
    // Every change is told, seen or not (edge-protocol 3.5).
    assert_eq!(names(&mut nobody), ["feature"]);
}

/// Where clients' rules hold, a session has two names (D-20).
#[tokio::test(start_paused = true)]
async fn a_session_by_its_other_name() {
    let mut stage = Stage::serving();
    let rule = |version: u32| {
        format!(
            r#"{{"value": "x", "version": {version}, "strategies": [{{"id": "s", "value": "mine", "attributes": [
                {{"fieldName": "session", "type": "STRING", "conditional": "EQUALS", "values": ["s1"]}}]}}]}}"#
        )
    };
    stage.set(&rule(2));
    let mut stream = stage.open(SERVER, "sessionkey=s1", None);
    assert!(read(&mut stream).0.contains("\"value\":\"mine\""));
    stage.set(&rule(3));
    assert!(read(&mut stream).0.contains("\"value\":\"mine\""));
}

#[tokio::test(start_paused = true)]
async fn time_changes_what_is_evaluated() {
    let mut stage = Stage::serving();
    stage.set(
        r#"{"value": "before", "version": 2, "strategies": [{"id": "s", "value": "after", "attributes": [
            {"fieldName": "now", "type": "DATETIME", "conditional": "GREATER_EQUALS", "values": ["2001-01-01T00:00:00Z"]}]}]}"#,
    );
    let mut server = stage.open(SERVER, "", None);
    let mut client = stage.open(CLIENT, "", None);
    let id = id_of(&read(&mut server).0).to_string();
    read(&mut client);
    let turn = "2001-01-01T00:00:00Z".parse::<Timestamp>().unwrap();
    stage.core.environments.change(ID, |next| next.at(turn));
    let (text, _) = read(&mut server);
    assert!(text.starts_with("event: feature\n") && text.contains("\"v\":\"s\""), "{text}");
    assert_ne!(id_of(&text), id);
    assert_eq!(read(&mut client).0, "", "strategies are the same at any time");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_not_good() {
    let stage = Stage::serving();
    let mut stream = stage.open("nobody's", "", None);
    assert_eq!(read(&mut stream), (format!("{}{}", sse::ACK, sse::UNKNOWN_KEY), true));
    assert!(stream.is_end_stream());
    assert_eq!(stage.core.connections.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn while_there_is_no_state_nobody_knows() {
    let stage = Stage::new(Options::default());
    let mut unknown = stage.open("nobody's", "", None);
    let mut resumed = stage.open("nobody's", "", Some("a0"));
    assert_eq!(read(&mut unknown), (sse::ACK.to_owned(), false));
    assert_eq!(read(&mut resumed), (String::new(), false));
    tokio::time::advance(Duration::from_secs(20)).await;
    assert_eq!(read(&mut unknown), (sse::HEARTBEAT.to_owned(), false));
    stage.publish();
    assert_eq!(read(&mut unknown), (sse::UNKNOWN_KEY.to_owned(), true));
    assert_eq!(read(&mut resumed), (sse::UNKNOWN_KEY.to_owned(), true));

    let stage = Stage::new(Options::default());
    let mut waiting = stage.open("nobody's", "", None);
    stage.core.stop();
    assert_eq!(read(&mut waiting), (format!("{}{}", sse::ACK, sse::BYE), true));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_goes() {
    let mut stage = Stage::serving();
    let mut stream = stage.open(CLIENT, "", None);
    read(&mut stream);
    let accounts = std::mem::take(&mut stage.state.accounts);
    let delay = Duration::from_secs(5);
    let without = |delay| {
        stage.core.environments.change(ID, |next| {
            let mut next = next.with_grants(Arc::default());
            next.revocation_delay = delay;
            next
        });
    };
    let with = || {
        let grants = Stage::grants(&accounts);
        stage.core.environments.change(ID, |next| next.with_grants(grants));
    };
    // A file that was half written, say: the key comes back.
    without(delay);
    assert_eq!(read(&mut stream), (String::new(), false));
    tokio::time::advance(Duration::from_secs(4)).await;
    with();
    assert_eq!(read(&mut stream).0, "");
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!(read(&mut stream), (String::new(), false));
    // It does not come back.
    without(delay);
    assert_eq!(read(&mut stream).0, "");
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!(read(&mut stream), (sse::UNKNOWN_KEY.to_string(), true));

    with();
    let mut stream = stage.open(CLIENT, "", None);
    read(&mut stream);
    without(Duration::ZERO);
    assert_eq!(read(&mut stream), (sse::UNKNOWN_KEY.to_string(), true));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_opens_something_else() {
    for permissions in [r#"["READ", "EXTENDED_DATA"]"#, r#"["READ", "LOCK"]"#] {
        let mut stage = Stage::serving();
        let mut stream = stage.open(CLIENT, "", None);
        read(&mut stream);
        stage.state.accounts[0].permissions.insert(ID, serde_json::from_str(permissions).unwrap());
        stage.publish();
        assert_eq!(read(&mut stream), (sse::BYE.to_string(), true), "{permissions}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_waits_for_a_state() {
    let stage = Stage::new(Options::default());
    let mut stream = stage.open(CLIENT, "", None);
    assert_eq!(names(&mut stream), ["ack"]);
    tokio::time::advance(Duration::from_secs(20)).await;
    assert_eq!(read(&mut stream), (sse::HEARTBEAT.to_string(), false));
    stage.publish();
    assert_eq!(names(&mut stream), ["features"]);
}

/// Who evaluates gets the same; who is evaluated for comes again, for all values may be others.
#[tokio::test(start_paused = true)]
async fn another_profile() {
    let mut stage = Stage::serving();
    let [mut client, mut server] = [CLIENT, SERVER].map(|secret| stage.open(secret, "", None));
    read(&mut client);
    read(&mut server);
    stage.state.environments[0].profile = Some(Profile::Edge);
    stage.publish();
    assert_eq!(read(&mut client), (String::new(), false));
    assert_eq!(read(&mut server), (sse::BYE.to_string(), true));
}

#[tokio::test(start_paused = true)]
async fn heartbeats_and_the_end_of_its_time() {
    let options = Options { drop_after: Duration::from_secs(50), ..Options::default() };
    let stage = Stage::new(options);
    stage.publish();
    let mut stream = stage.open(CLIENT, "", None);
    read(&mut stream);
    for _ in 0..2 {
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(read(&mut stream).0, sse::HEARTBEAT);
    }
    tokio::time::advance(Duration::from_secs(15)).await;
    let (text, ended) = read(&mut stream);
    assert!(ended && text.ends_with(sse::BYE), "{text}");
    assert_eq!(stage.core.connections.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn goodbye_when_the_server_stops() {
    let stage = Stage::serving();
    let mut stream = stage.open(CLIENT, "", None);
    read(&mut stream);
    stage.core.environments.close(Duration::from_secs(10));
    assert_eq!(read(&mut stream).0, "");
    // Who comes now still gets features first.
    let mut late = stage.open(CLIENT, "", None);
    assert_eq!(names(&mut late), ["ack", "features"]);
    tokio::time::advance(Duration::from_secs(8)).await;
    for stream in [&mut stream, &mut late] {
        assert_eq!(read(stream), (sse::BYE.to_string(), true));
    }
}

#[tokio::test(start_paused = true)]
async fn stale_is_told_once() {
    let mut stage = Stage::serving();
    let mut stream = stage.open(CLIENT, "", None);
    read(&mut stream);
    stage.state.environments[0].stale = true;
    stage.publish();
    assert_eq!(read(&mut stream).0, sse::STALE);
    stage.publish();
    assert_eq!(read(&mut stream).0, "");
    let mut late = stage.open(CLIENT, "", None);
    assert_eq!(names(&mut late), ["ack", "features", "config"]);
    // In use again, and not again.
    stage.state.environments[0].stale = false;
    stage.publish();
    assert_eq!(read(&mut stream).0, "");
    stage.state.environments[0].stale = true;
    stage.publish();
    assert_eq!(read(&mut stream).0, sse::STALE);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_asks_too_often_waits_for_its_features() {
    let options = Options { requests_per_second: Some(1), ..Options::default() };
    let stage = Stage::new(options);
    stage.publish();
    let mut first = stage.open(CLIENT, "", None);
    assert_eq!(names(&mut first), ["ack", "features"]);
    let mut second = stage.open(CLIENT, "", None);
    assert_eq!(names(&mut second), ["ack"]);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(names(&mut second), ["features"]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_does_not_read_holds_no_generation() {
    let mut stage = Stage::serving();
    let mut stream = stage.open(SERVER, "a=1", None);
    read(&mut stream);
    let first = Arc::downgrade(&stage.core.environments.get(ID).unwrap());
    stage.set(r#"{"value": "y", "version": 2}"#);
    assert!(first.upgrade().is_none(), "with its answers and rules");
    assert!(read(&mut stream).0.contains("\"value\":\"y\""));
}

#[tokio::test(start_paused = true)]
async fn what_a_filter_hides_is_gone_however_it_went() {
    let mut stage = Stage::serving();
    stage.state.accounts[0].filters.insert("web".into());
    stage.state.features[0].filters.insert("web".into());
    stage.publish();
    let mut stream = stage.open(CLIENT, "", None);
    assert!(read(&mut stream).0.contains("\"value\":\"x\""));
    // Retired, and not for them any more, both at once.
    stage.state.features[0].filters = ["app".to_string()].into();
    stage.set(r#"{"value": "secret", "version": 2, "retired": true}"#);
    let (text, _) = read(&mut stream);
    assert!(
        text.starts_with("event: delete_feature\n") && text.contains("\"version\":0"),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn time_is_told_only_to_those_for_whom_it_changes_something() {
    let mut stage = Stage::serving();
    stage.set(
        r#"{"value": "before", "version": 2, "strategies": [{"id": "s", "value": "after", "attributes": [
            {"fieldName": "now", "type": "DATETIME", "conditional": "GREATER_EQUALS", "values": ["2001-01-01T00:00:00Z"]},
            {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["nz"]}]}]}"#,
    );
    let mut kiwi = stage.open(SERVER, "country=nz", None);
    let mut nobody = stage.open(SERVER, "", None);
    read(&mut kiwi);
    read(&mut nobody);
    let turn = "2001-01-01T00:00:00Z".parse::<Timestamp>().unwrap();
    let given = stage.core.environments.get(ID).unwrap().published_at;
    stage.core.environments.change(ID, |next| next.at(turn));
    let now = stage.core.environments.get(ID).unwrap().published_at;
    assert_eq!(now, given, "data are no newer because time passes");
    assert_eq!(names(&mut kiwi), ["feature"]);
    assert_eq!(read(&mut nobody).0, "");
}

/// While a key may come back, who comes is served as those are who came before (D-104).
#[tokio::test(start_paused = true)]
async fn whoever_comes_while_a_key_may_come_back() {
    let mut stage = Stage::serving();
    let delay = Duration::from_secs(5);
    let accounts = std::mem::take(&mut stage.state.accounts);
    let lose = |stage: &Stage| {
        stage.core.environments.leave(ID, &Grants::default(), delay);
        stage.core.environments.change(ID, |next| {
            let mut next = next.with_grants(Arc::default());
            next.revocation_delay = delay;
            next
        });
    };
    let held = id_of(&read(&mut stage.open(CLIENT, "", None)).0).to_string();
    lose(&stage);
    tokio::time::advance(Duration::from_secs(2)).await;
    let [mut client, mut server] = [CLIENT, SERVER].map(|secret| stage.open(secret, "", None));
    let mut resumed = stage.open(CLIENT, "", Some(&held));
    let (text, ended) = read(&mut client);
    assert!(text.contains("event: features\nid: ") && text.contains("\"A\"") && !ended, "{text}");
    assert_eq!(names(&mut server), ["ack", "features"]);
    assert_eq!(read(&mut resumed), (String::new(), false), "it holds what it opens");
    assert_eq!(names(&mut stage.open("nobody's", "", None)), ["ack", "failure"]);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(read(&mut client), (String::new(), false));
    // Five seconds are over for all, whenever they came.
    tokio::time::advance(Duration::from_secs(2)).await;
    for stream in [&mut client, &mut server, &mut resumed] {
        assert_eq!(read(stream), (sse::UNKNOWN_KEY.to_owned(), true));
    }
    assert_eq!(names(&mut stage.open(CLIENT, "", None)), ["ack", "failure"]);

    // It comes back in time, and goes on with what changed meanwhile.
    stage.state.accounts = accounts;
    stage.publish();
    lose(&stage);
    let mut stream = stage.open(CLIENT, "", None);
    assert_eq!(names(&mut stream), ["ack", "features"]);
    stage.set(r#"{"value": "y", "version": 2}"#);
    assert_eq!(names(&mut stream), ["feature"]);
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!(read(&mut stream), (String::new(), false));
}

#[tokio::test(start_paused = true)]
async fn a_change_in_the_moment_in_which_it_turns_is_told_once() {
    let mut stage = Stage::serving();
    let turning = |version: u32| {
        format!(
            r#"{{"value": "before", "version": {version}, "strategies": [{{"id": "s", "value": "after", "attributes": [
                {{"fieldName": "now", "type": "DATETIME", "conditional": "GREATER_EQUALS", "values": ["2001-01-01T00:00:00Z"]}}]}}]}}"#
        )
    };
    stage.set(&turning(2));
    let mut stream = stage.open(SERVER, "", None);
    read(&mut stream);
    let value = serde_json::from_str(&turning(3)).unwrap();
    stage.state.environments[0].values.insert("A".into(), value);
    stage.publish_at("2001-01-01T00:00:00Z".parse::<Timestamp>().unwrap().as_millis());
    assert_eq!(names(&mut stream), ["feature"]);
}

/// A file that was half written, say: there is no environment at all.
#[tokio::test(start_paused = true)]
async fn an_environment_that_goes() {
    let stage = Stage::serving();
    let delay = Duration::from_secs(5);
    let remove = || {
        stage.core.environments.remove(ID, |last| {
            let mut last = last.with_grants(Arc::default());
            last.revocation_delay = delay;
            last
        });
    };
    let [mut first, mut second] = [0, 1].map(|_| stage.open(CLIENT, "", None));
    read(&mut first);
    remove();
    assert_eq!(read(&mut first), (String::new(), false));
    assert_eq!(names(&mut second), ["ack"], "nothing is shown any more");
    tokio::time::advance(Duration::from_secs(6)).await;
    for stream in [&mut first, &mut second] {
        assert_eq!(read(stream), (sse::UNKNOWN_KEY.to_string(), true));
    }

    // It comes back in time, as another one.
    stage.core.environments.add(stage.waiting());
    stage.publish();
    let mut stream = stage.open(CLIENT, "", None);
    read(&mut stream);
    remove();
    assert_eq!(read(&mut stream), (String::new(), false));
    stage.core.environments.add(stage.waiting());
    stage.publish();
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!(read(&mut stream), (sse::BYE.to_string(), true));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_before_it_has_a_state() {
    let stage = Stage::new(Options::default());
    let mut stream = stage.open(CLIENT, "", None);
    assert_eq!(names(&mut stream), ["ack"]);
    stage.core.environments.close(Duration::from_secs(10));
    assert_eq!(read(&mut stream).0, "", "not a list of nothing");
    tokio::time::advance(Duration::from_secs(8)).await;
    assert_eq!(read(&mut stream), (sse::BYE.to_string(), true));
    // A change that comes late hides nothing of the end.
    let stage = Stage::serving();
    stage.core.environments.close(Duration::from_secs(10));
    stage.publish();
    let mut late = stage.open(CLIENT, "", None);
    assert_eq!(names(&mut late), ["ack", "features"]);
    tokio::time::advance(Duration::from_secs(8)).await;
    assert_eq!(read(&mut late), (sse::BYE.to_string(), true));
}

#[tokio::test(start_paused = true)]
async fn ids_stand_for_one_content() {
    let stage = Stage::serving();
    let list = |secret| read(&mut stage.open(secret, "", None)).0;
    let (client, server) = (list(CLIENT), list(SERVER));
    assert!(client.contains("strategies") && !server.contains("strategies"));
    assert_ne!(id_of(&client), id_of(&server));
}
