//! Payloads that an Edge of this program serves to a client of the SDK.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, ENVIRONMENT, FakeEdge};
use serde_json::{Value, json};

use super::ask;
use crate::adapter::Adapter;
use crate::deadline::Deadline;
use crate::protocol::{Answers, Closed, Create, Created, Hello, Mode, SdkReadiness, State};
use crate::target::Broken;

/// The time for which a client may take to become ready. A client never does with a payload that it cannot read.
const READY_LIMIT: Duration = Duration::from_secs(2);

/// The time between two looks at the state of a client.
const LOOK: Duration = Duration::from_millis(1);

/// An Edge, and the client that has read its payload.
#[derive(Debug)]
pub(super) struct Served {
    edge: FakeEdge,
    mode: Mode,
    clients: u64,
    payload: Option<String>,
}

impl Served {
    pub(super) fn start(hello: &Hello) -> Result<Self, String> {
        let edge = FakeEdge::start().map_err(|error| format!("no port: {error}"))?;
        let mode = if hello.has("transport.poll") { Mode::Poll } else { Mode::Stream };
        Ok(Self { edge, mode, clients: 0, payload: None })
    }

    /// Reads features of a payload. Each payload gets a client of its own.
    pub(super) fn read(
        mut self,
        adapter: &mut Adapter,
        payload: &str,
        reads: &[Value],
    ) -> Result<(Self, Answers), Broken> {
        if self.payload.as_deref() != Some(payload) {
            self.close_client(adapter);
            self.open_client(adapter, payload)?;
        }
        let members = json!({ "client": self.client(), "reads": reads });
        let answers = ask(adapter, "read", &members)?;
        Ok((self, answers))
    }

    fn client(&self) -> String {
        format!("p{}", self.clients)
    }

    fn close_client(&mut self, adapter: &mut Adapter) {
        if self.payload.take().is_some() {
            // A client that cannot be closed has failed its own scenarios.
            let _: Result<Closed, _> = ask(adapter, "close", &json!({ "client": self.client() }));
        }
    }

    fn open_client(&mut self, adapter: &mut Adapter, payload: &str) -> Result<(), Broken> {
        self.clients += 1;
        let (mark, features) = match payload.strip_prefix('\u{feff}') {
            Some(features) => ("\u{feff}", features),
            None => ("", payload),
        };
        let elements: Vec<Value> = serde_json::from_str(features).unwrap_or_default();
        // A client drops features of environments that its key does not open.
        let environment = environment_of(&elements).unwrap_or_else(|| ENVIRONMENT.to_owned());
        let list = if is_body(&elements) {
            payload.to_owned()
        } else {
            format!(r#"{mark}[{{"id":"{environment}","features":{features}}}]"#)
        };
        self.edge.behave(match self.mode {
            Mode::Stream => Behaviour::sse().ack().event("features", features).hang(),
            Mode::Poll | Mode::Passive | Mode::Once => {
                Behaviour::status(200).header("content-type", "application/json").body(list)
            }
        });
        let create = Create {
            client: self.client(),
            edge_url: self.edge.url(),
            keys: vec![format!("{environment}/secret*")],
            mode: self.mode,
            poll_ms: Some(3_600_000),
            ..Create::default()
        };
        let members = serde_json::to_value(&create).unwrap_or_default();
        let _: Created = ask(adapter, "create", &members)?;
        self.payload = Some(payload.to_owned());
        let deadline = Deadline::after(READY_LIMIT);
        loop {
            let state: State = ask(adapter, "state", &json!({ "client": self.client() }))?;
            if state.readiness != SdkReadiness::NotReady || deadline.is_over() {
                return Ok(());
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// Returns true if a payload is the body of a poll, and not the list of one environment.
fn is_body(elements: &[Value]) -> bool {
    elements.iter().any(|element| element.get("features").is_some())
}

/// Returns the id of the environment that a payload names.
fn environment_of(elements: &[Value]) -> Option<String> {
    let name = if is_body(elements) { "id" } else { "environmentId" };
    elements.iter().find_map(|element| Some(element.get(name)?.as_str()?.to_owned()))
}
