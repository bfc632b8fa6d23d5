//! Tests of streams without sockets: the tests publish generations themselves and control the time.

mod cut;
mod evaluated;
mod keys;
mod lists;
mod times;

use std::task::Waker;

use fh_eval::{Profile, Timestamp};

use super::*;
use crate::options::Options;
use crate::origin::own_state::OwnState;
use crate::serving::{
    AnswerBudget, Counting, Environments, Grants, Published, ServedFeature, Settings,
};
use crate::state::{Account, Environment, State};
use crate::state_store::{NoPersistence, Records, ServeDefaults, StateStore, Writer};

const ID: Uuid = Uuid::from_u128(0x71ed_3c04_122b_4312_9ea8_06b2_b8d6_ceac);
const CLIENT: &str = "client*key";
const SERVER: &str = "server-key";

/// An Edge with one environment, whose generations a test publishes.
struct Stage {
    shared: Arc<SharedState>,
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
        let base = ServeDefaults {
            profile: Profile::Client,
            cache_control: None,
            answers: AnswerBudget::new(1 << 20),
            notices: Arc::default(),
        };
        let nothing = (State::default(), StateStore::waiting(Records::default()));
        let writer =
            Writer::start(nothing, Box::new(NoPersistence), base, Arc::clone(&environments));
        let origin = Box::new(OwnState::new(writer.unwrap(), None));
        let shared = Arc::new(SharedState::new(options, environments, origin, Arc::default()));
        let state = state(FLAG, r#"{"A": {"value": "x", "version": 1}}"#);
        let stage = Self { shared, state };
        stage.shared.environments.add(stage.waiting());
        stage
    }

    /// Returns an Edge that serves the state.
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
            accepted: Arc::default(),
        }
    }

    fn grants(accounts: &[Account]) -> Arc<Grants> {
        Arc::new(Grants::of(ID, accounts))
    }

    fn waiting(&self) -> Published {
        let environment = &self.state.environments[0];
        let grants = Self::grants(&self.state.accounts);
        Published::waiting(ID, Self::settings(environment), grants, &AnswerBudget::new(1 << 20))
    }

    fn publish(&self) {
        self.publish_at(0);
        self.shared.origin.writer().unwrap().loading.set_loaded();
    }

    fn publish_at(&self, now: i64) {
        let environment = &self.state.environments[0];
        let served = self.state.features.iter().map(|feature| {
            let value = environment.values.get(&feature.key);
            let version = value.and_then(|value| value.version).unwrap_or(0);
            ServedFeature::new(feature, value, version, Counting::Counts, None)
        });
        let (served, settings) = (served.collect(), Self::settings(environment));
        self.shared.environments.change(ID, |next| {
            let next = next.with_grants(Self::grants(&self.state.accounts));
            next.with_features(served, settings, Timestamp::from_millis(now))
        });
    }

    /// Sets the value record of feature A and publishes it.
    fn set(&mut self, value: &str) {
        let value = serde_json::from_str(value).unwrap();
        self.state.environments[0].values.insert("A".into(), value);
        self.publish();
    }

    /// Opens a stream of a client at this address.
    fn open_from(&self, address: &str, secret: &str) -> EventStream {
        let address = Some(address.parse().unwrap());
        let limited = address;
        self.start(Start { secret, address, limited, ..Self::NO_CONTEXT })
    }

    fn open(&self, secret: &str, context: &str, last_event_id: Option<&str>) -> EventStream {
        self.start(Start { secret, context, last_event_id, ..Self::NO_CONTEXT })
    }

    const NO_CONTEXT: Start<'static> = Start {
        environment: ID,
        secret: "",
        context: "",
        last_event_id: None,
        sdk: None,
        address: None,
        limited: None,
        proof: KeyProof::Wanted,
    };

    fn start(&self, start: Start<'_>) -> EventStream {
        EventStream::open(&self.shared, start).unwrap().0
    }

    /// Removes all keys, which may come back for this time.
    fn lose_keys(&self, delay: Duration) {
        self.shared.environments.leave(ID, &Grants::default(), delay);
        self.shared.environments.change(ID, |next| {
            let mut next = next.with_grants(Arc::default());
            next.revocation_delay = delay;
            next
        });
    }
}

/// Returns everything that a stream sends at this moment, and whether it ended.
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

/// Returns the names of the events that a stream sends at this moment.
fn names(stream: &mut EventStream) -> Vec<String> {
    let (text, _) = read(stream);
    text.lines().filter_map(|line| line.strip_prefix("event: ")).map(str::to_string).collect()
}

fn id_of(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap()
}
