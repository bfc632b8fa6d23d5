//! The form of the files on FeatureSignals' protocol: requests with their answers, and streams as bytes. Nothing here runs them. The tests of
//! the test server (`fh-test-featuresignals`) and of the client do.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

type Raw = Box<RawValue>;

/// The requests to the handlers of the server, with a ruleset in the form of the server's own structs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
pub(super) struct Handlers {
    ruleset: Lists,
    cases: Vec<Exchange>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
struct Lists {
    flags: Vec<Raw>,
    states: Vec<Raw>,
    segments: Vec<Raw>,
}

/// The requests to the complete server in their order, and its streams.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
pub(super) struct Conversation {
    environment: String,
    ruleset: Maps,
    steps: Vec<Exchange>,
    streams: Vec<Stream>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
struct Maps {
    flags: BTreeMap<String, Raw>,
    states: BTreeMap<String, Raw>,
    segments: BTreeMap<String, Raw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
struct Exchange {
    name: String,
    request: Request,
    response: Response,
    note: Option<String>,
}

/// A request with at most one kind of body, or the bytes of a connection.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
struct Request {
    method: Option<String>,
    path: Option<String>,
    headers: Option<BTreeMap<String, String>>,
    body: Option<String>,
    body_base64: Option<String>,
    body_shape: Option<String>,
    raw: Option<String>,
    times: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
struct Response {
    status: Option<u16>,
    headers: Option<BTreeMap<String, String>>,
    body: Option<String>,
    decoded: Option<String>,
    raw: Option<String>,
    statuses: Option<Vec<u16>>,
    answers: Option<Vec<Raw>>,
    answered_200: Option<usize>,
    rate_limit_headers: Option<Vec<Raw>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
struct Stream {
    name: String,
    server: String,
    request: Option<String>,
    raw: String,
    steps: Option<Vec<Write>>,
    open_after_answer: Option<bool>,
    two_more_clients_got_the_same: Option<bool>,
    open_before_the_write: Option<bool>,
    write_status: Option<u16>,
    bytes_after_the_write: Option<String>,
    then: Option<String>,
    last_chunk_sent: Option<bool>,
}

/// A change on the server, and the bytes that a stream received then.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
struct Write {
    did: String,
    status: u16,
    then: String,
}

/// The bytes of a stream, and its end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form is checked")]
pub(super) struct Bytes {
    raw: String,
    end: String,
    note: String,
}
