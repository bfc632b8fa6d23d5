//! The Edge under test, and the clients that send requests.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use fh_edge::state::State;
use fh_edge::{Edge, EdgeHandle, Options};
use fh_test::memory::process;
use http::Response;
use http_body::Body as _;
use tokio::runtime::Runtime;
use tower_service::Service;

use super::laws;
use super::script::{Asked, requests};

/// The state of the Edge. Texts with `hush` must not be revealed: properties, rules to server-evaluated keys, and filtered
/// features.
const STATE: &str = r#"{
    "features": [
        {"id": "9cd1a3ef-d06e-4292-95d4-86ec02a3fd5b", "key": "FLAG", "type": "BOOLEAN", "properties": {"p": "hush-fp"}, "filters": ["web"]},
        {"id": "76b612ae-a782-4780-aeaa-597870a8c3ea", "key": "TEXT", "type": "STRING", "filters": ["web", "app"]},
        {"id": "95f6c09a-20e7-41e2-9014-1421682b71b1", "key": "NUMBER", "type": "NUMBER"},
        {"id": "15f6c09a-20e7-41e2-9014-1421682b71b2", "key": "JSON", "type": "JSON", "filters": ["app"]},
        {"id": "25f6c09a-20e7-41e2-9014-1421682b71b3", "key": "WORK", "type": "BOOLEAN"}
    ],
    "environments": [
        {"id": "71ed3c04-122b-4312-9ea8-06b2b8d6ceac", "name": "dev", "cacheControl": "max-age=60", "values": {
            "FLAG": {"value": false, "strategies": [
                {"id": "kiwi", "value": true, "attributes": [
                    {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["nz", "hush-rule"]}]},
                {"id": "some", "percentage": 500000, "value": true}]},
            "TEXT": {"value": "hello", "strategies": [
                {"id": "new", "value": "kia ora", "attributes": [
                    {"fieldName": "version", "type": "SEMANTIC_VERSION", "conditional": "GREATER", "values": ["1.2.3"]},
                    {"fieldName": "email", "type": "STRING", "conditional": "REGEX", "values": [".*hush-rule@.*"]}]}]},
            "JSON": {"value": "{\"hush\": \"hush-filtered\"}", "locked": true},
            "WORK": {"value": false, "strategies": [
                {"id": "w1", "value": true, "attributes": [
                    {"fieldName": "email", "type": "STRING", "conditional": "REGEX", "values": ["[ab]*a[ab]{12}[^ab0-9]"]}]},
                {"id": "w2", "value": true, "attributes": [
                    {"fieldName": "a", "type": "IP_ADDRESS", "conditional": "INCLUDES", "values": ["10.0.0.0/8", "::1"]}]},
                {"id": "w3", "value": true, "attributes": [
                    {"fieldName": "now", "type": "DATETIME", "conditional": "REGEX", "values": ["^1.*x"]}]},
                {"id": "w4", "value": true, "percentage": 1, "percentageAttributes": ["a", "email"]}]}
        }},
        {"id": "5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0", "name": "stale", "stale": true, "profile": "edge"}
    ],
    "accounts": [
        {"name": "reader", "clientKey": ["reader*client"], "serverKey": ["reader-server"], "permissions": {
            "71ed3c04-122b-4312-9ea8-06b2b8d6ceac": ["READ"], "5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0": ["READ"]}},
        {"name": "filtered", "serverKey": ["filtered-server"], "filters": ["web"], "permissions": {
            "71ed3c04-122b-4312-9ea8-06b2b8d6ceac": ["READ"]}},
        {"name": "writer", "serverKey": ["writer-server"], "permissions": {
            "71ed3c04-122b-4312-9ea8-06b2b8d6ceac": ["READ", "LOCK", "UNLOCK", "CHANGE_VALUE"]}}
    ]
}"#;

/// The limits for the length of a context and for the work of an evaluation. They are small, so that short contexts exceed
/// them.
pub(super) const CONTEXT: usize = 1 << 10;
const BUDGET: u64 = 20_000;
/// The limit for the cache of responses, in bytes.
const CACHE: u64 = 1 << 20;
/// The memory limit of a request, in bytes: a factor for each of its bytes, and a constant.
const FACTOR: usize = 256;
const BESIDE: usize = 4 << 20;

pub(super) struct Stage {
    runtime: Runtime,
    handle: EdgeHandle,
    router: Router,
    state: State,
    is_changed: bool,
}

/// A response, read to its end or, for a stream, as far as it has arrived.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) etag: Option<String>,
    pub(super) content_type: String,
    pub(super) body: String,
}

/// An open stream, and its request.
struct Open {
    asked: Asked,
    body: Body,
}

impl Stage {
    pub(super) fn new() -> Self {
        let state: State = serde_json::from_str(STATE).expect("a state");
        let mut options = Options::default();
        options.answer_cache = CACHE;
        options.body_limit = 1 << 16;
        options.max_context_bytes = CONTEXT;
        options.evaluation_budget = BUDGET;
        let edge = Edge::builder().state(state.clone()).options(options).build().expect("an Edge");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        Self {
            runtime: runtime.expect("a runtime"),
            handle: edge.handle(),
            router: edge.router(),
            state,
            is_changed: false,
        }
    }

    pub(super) fn play(&mut self, script: &[u8]) {
        if std::mem::take(&mut self.is_changed) {
            let replaced = self.handle.replace(self.state.clone(), None);
            self.runtime.block_on(replaced).expect("the same state again");
        }
        let (mut tag, mut open) = (String::new(), Vec::new());
        for text in requests(script) {
            let Some(asked) = Asked::read(text, &tag) else { continue };
            let held = process::begin();
            let Some((answered, body)) = self.ask(&asked) else { continue };
            let cost = process::peak() - held;
            let bound = FACTOR * asked.len() + BESIDE + CACHE as usize;
            assert!(cost <= bound.cast_signed(), "{cost} bytes for a request of {}", asked.len());
            laws::answer(&asked, &answered);
            self.is_changed |= asked.method == "PUT" && answered.status == 200;
            if laws::is_poll(&asked) && answered.status == 200 && asked.headers.len() < 100 {
                self.again(&asked, &answered);
            }
            if let Some(etag) = &answered.etag {
                tag.clone_from(etag);
            }
            if answered.content_type == "text/event-stream" {
                laws::events(&asked, &answered.body);
                open.push(Open { asked, body });
            }
            self.follow(&mut open);
        }
        drop(open);
        assert_eq!(self.handle.streams(), 0, "streams outlive their readers");
    }

    /// Reads and checks new events of the open streams.
    fn follow(&self, open: &mut [Open]) {
        let _inside = self.runtime.enter();
        for Open { asked, body } in open {
            laws::events(asked, &read(body));
        }
    }

    fn ask(&mut self, asked: &Asked) -> Option<(Answered, Body)> {
        let request = asked.request()?;
        let response: Response<Body> = match self.runtime.block_on(self.router.call(request)) {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let text = |name: &str| {
            let value = response.headers().get(name)?;
            Some(value.to_str().expect("a header of our own").to_string())
        };
        let (status, etag) = (response.status().as_u16(), text("etag"));
        let content_type = text("content-type").unwrap_or_default();
        let mut body = response.into_body();
        let _inside = self.runtime.enter();
        let answered = Answered { status, etag, content_type, body: read(&mut body) };
        Some((answered, body))
    }

    /// Sends a poll again. The response must be the same, and 304 if the request has the etag.
    fn again(&mut self, asked: &Asked, answered: &Answered) {
        let (again, _) = self.ask(asked).expect("it was a request before");
        assert_eq!(again.body, answered.body);
        assert_eq!(again.etag, answered.etag);
        let etag = answered.etag.clone().expect("every list has an etag");
        let mut headers = asked.headers.clone();
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("if-none-match"));
        headers.push(("if-none-match".to_string(), etag));
        let holds = Asked {
            method: asked.method.clone(),
            path: asked.path.clone(),
            headers,
            body: Vec::new(),
        };
        if let Some((holds, _)) = self.ask(&holds) {
            assert_eq!((holds.status, holds.body.as_str()), (304, ""));
        }
    }
}

/// Reads the available part of a body.
fn read(body: &mut Body) -> String {
    let mut bytes = Vec::new();
    let mut task = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(frame)) = Pin::new(&mut *body).poll_frame(&mut task) {
        if let Ok(data) = frame.expect("no body of ours fails").into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    String::from_utf8(bytes).expect("all that is said is text")
}
