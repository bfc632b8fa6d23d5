//! Event streams of an Edge.

use fh_test_servers::featurehub::EdgeHandle;
use serde_json::Value;

use crate::client::Client;

impl Client {
    /// Returns the next event of a chunked stream, as text without its empty line at the end. The Edge writes each event as one chunk.
    pub(crate) fn event(&mut self) -> Option<String> {
        let text = String::from_utf8(self.chunk().unwrap()?).unwrap();
        Some(text.strip_suffix("\n\n").unwrap_or(&text).to_owned())
    }

    /// Returns the name and the data of the next event.
    pub(crate) fn event_json(&mut self) -> (String, Value) {
        let event = self.event().expect("an event");
        let field = |name: &str| {
            let line = event.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().to_owned()
        };
        (field("event: "), serde_json::from_str(&field("data: ")).unwrap())
    }
}

pub(crate) fn stream(edge: &EdgeHandle, key: &str) -> Client {
    let mut client = Client::connect(edge.address());
    client.request("GET", &format!("/features/{key}"), &[("accept", "text/event-stream")], b"");
    client
}
