//! Callers that hang up while their change is made. The server then drops the future of the request.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use fh_edge::state::Json;
use fh_edge::{AdminKey, AdminTransport, Edge, Options};
use fh_test::Log;

use crate::router::{JSON, ask, from, request, send, text};
use crate::shop::{WRITER_KEY, state};

const ADMIN_KEY: &str = "an-admin-key-for-tests";

/// Polls a future at most this many times, and then drops it. Returns true if the future ended.
async fn hang_up_after(polls: usize, future: impl Future) -> bool {
    let (mut future, mut left) = (pin!(future), polls);
    poll_fn(|context| {
        if future.as_mut().poll(context).is_ready() {
            return Poll::Ready(true);
        }
        left -= 1;
        if left == 0 { Poll::Ready(false) } else { Poll::Pending }
    })
    .await
}

/// Each kind of change is dropped at each point at which it waits.
#[tokio::test]
async fn each_change_that_was_made_has_one_audit_line_and_counts_even_if_its_caller_hangs_up() {
    let log = Log::capture();
    let mut initial = state();
    let banner = initial.environments[0].values.get_mut("BANNER").unwrap();
    (banner.locked, banner.value) = (false, None);
    let put = format!("PUT /features/{WRITER_KEY}/BANNER");
    let kinds = [
        ("192.0.2.71", put.as_str()),
        ("192.0.2.72", "PATCH /admin/v1/features/dev/BANNER"),
        ("192.0.2.73", "PUT /admin/v1/state"),
    ];
    for (address, line) in kinds {
        let mut options = Options::default();
        options.admin_key = Some(AdminKey::new(ADMIN_KEY).unwrap());
        options.admin_transport = AdminTransport::Any;
        let builder = Edge::builder().options(options);
        // A replacement of the state is the first state of its Edge.
        let is_first = line.ends_with("/state");
        let builder = if is_first { builder } else { builder.state(initial.clone()) };
        let edge = builder.build().unwrap();
        let router = edge.router();
        let (method, path) = line.split_once(' ').unwrap();
        let (mut made, mut unanswered) = (0, 0);
        // The writer may answer during any poll, so one attempt for each point would not be enough. A busy machine needs more of them.
        for attempt in 0..3_000 {
            if attempt >= 60 && unanswered > 0 && unanswered < made {
                break;
            }
            let polls = 1 + attempt % 5;
            let value = format!("value {attempt}.");
            let body = if is_first {
                let mut next = initial.clone();
                let banner = next.environments[0].values.get_mut("BANNER").unwrap();
                banner.value = Some(Json::text(&value));
                serde_json::to_string(&next).unwrap()
            } else {
                format!("{{\"value\": \"{value}\"}}")
            };
            let key = format!("Bearer {ADMIN_KEY}");
            let headers = [JSON, ("authorization", &key), ("if-match", "*")];
            let request = from(address, request(method, path, &headers, body));
            let ended = hang_up_after(polls, send(&router, request)).await;
            // The writer answers this after the change.
            let state = edge.handle().state().await.unwrap();
            let is_made = format!("{state:?}").contains(&value);
            made += usize::from(is_made);
            unanswered += usize::from(is_made && !ended);
            let lines = log.text();
            let lines = lines.lines().filter(|line| line.contains(address));
            assert_eq!(lines.count(), made, "{method} {path} after {polls} polls");
        }
        assert!(unanswered > 0 && unanswered < made, "{method} {path}: {unanswered} of {made}");
        assert_eq!(ask(&router, "GET", "/health/readiness", &[]).await.status(), 200);
        let metrics = text(ask(&router, "GET", "/metrics", &[]).await).await;
        let counted = if method == "PUT" && !is_first { made } else { 0 };
        for name in ["edge_stat_hitsource_testsdk_total", "edge_testsdk_length_test_count"] {
            let line = format!("{name} {counted}");
            assert!(metrics.lines().any(|each| each == line), "{line} in\n{metrics}");
        }
    }
}
