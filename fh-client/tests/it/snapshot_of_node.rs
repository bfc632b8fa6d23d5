//! Snapshot files that the client in TypeScript reads and writes, too. The files are beside its tests, which check that it reads and writes
//! the same bytes.

use std::path::Path;

use fh_client::{Attributes, ClientBuilder, Source};
use fh_test::Folder;
use fh_test_servers::featurehub::{Behaviour, FakeEdge, Framing, Route};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::support::{builder_with, soon, started, until};

const SERVER_KEY: &str = "environment/secret-of-the-server";

/// A file, and the client to which it belongs.
struct File {
    name: &'static str,
    keys: &'static [&'static str],
    context: Option<Attributes>,
    /// The value of the feature `COLOUR` for the user `mara`.
    colour: &'static str,
}

fn mara() -> Attributes {
    Attributes::builder()
        .user_key("mara")
        .attribute("plan", ["gold", "a,b=c"])
        .attribute("city", "Ōtautahi")
        .build()
}

fn files() -> [File; 3] {
    let keys: &[&str] = &["second/secret*of-two", "first/secret*of-one"];
    [
        File { name: "rust", keys: &[SERVER_KEY], context: None, colour: "red" },
        File { name: "node_client", keys, context: None, colour: "blue" },
        File { name: "node_context", keys: &[SERVER_KEY], context: Some(mara()), colour: "green" },
    ]
}

impl File {
    fn text(&self) -> String {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../bindings/web/packages/client/tests/client");
        let text = std::fs::read_to_string(tests.join(format!("snapshot_of_{}.txt", self.name)));
        text.unwrap().trim_end().to_string()
    }

    /// Returns the builder of a polling client with the keys and the context of the file, which uses a copy of the file.
    fn builder(&self, edge: &FakeEdge, copy: &Path) -> ClientBuilder {
        let mut builder = builder_with(edge, self.keys[0])
            .api_keys(self.keys[1..].iter().copied())
            .polling(std::time::Duration::from_secs(3600))
            .snapshot_file(copy);
        if let Some(context) = &self.context {
            builder = builder.initial_context(context.clone());
        }
        builder
    }
}

/// Returns the text of a member of a JSON document.
fn member(document: &str, name: &str) -> String {
    let members: std::collections::BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(document).unwrap();
    members[name].get().to_string()
}

#[test]
fn starts_a_client_while_the_edge_is_away() {
    for file in files() {
        let (edge, folder) = (FakeEdge::start_refusing().unwrap(), Folder::new());
        let copy = folder.file("features.json");
        std::fs::write(&copy, file.text()).unwrap();
        let document: Value = serde_json::from_str(&file.text()).unwrap();
        let saved = document["environments"].as_array().unwrap().iter();
        let saved: usize = saved.map(|each| each["features"].as_array().unwrap().len()).sum();
        let client = started(file.builder(&edge, &copy));
        // The client is ready after the first of the environments.
        let status = until(&client, |status| status.features == saved);
        assert_eq!(status.source, Some(Source::Snapshot), "{}", file.name);
        assert!(status.data_age.is_some(), "{}", file.name);
        let user = if file.name == "rust" { Attributes::default() } else { mara() };
        assert_eq!(client.context_of(user).string("COLOUR").as_deref(), Some(file.colour));
    }
}

#[test]
fn is_written_with_the_same_bytes() {
    for file in files() {
        let (edge, folder) = (FakeEdge::start().unwrap(), Folder::new());
        let text = file.text();
        // A poll's body has the form of the file's environments.
        let answer = Behaviour::new()
            .head(200, Framing::Length)
            .header("content-type", "application/json")
            .body(member(&text, "environments"));
        edge.behave_on(Route::Poll, answer);
        let copy = folder.file("features.json");
        let client = started(file.builder(&edge, &copy));
        client.close();
        soon(client.closed());
        let written = std::fs::read_to_string(&copy).unwrap();
        let saved_at = member(&written, "savedAt");
        assert_eq!(written.replace(&saved_at, &member(&text, "savedAt")), text, "{}", file.name);
    }
}
