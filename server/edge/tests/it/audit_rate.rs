//! Log lines that clients without the right to change cause.

use fh_edge::{Edge, Options};
use fh_test::Log;

use crate::router::{JSON, from, request, send};
use crate::shop::{CLIENT_KEY, WRITER_KEY, state};

#[tokio::test]
async fn lines_of_refused_changes_are_short_and_few_and_made_changes_always_have_theirs() {
    const ADDRESS: &str = "192.0.2.81";
    let log = Log::capture();
    let edge = Edge::builder().state(state()).options(Options::default()).build().unwrap();
    let router = edge.router();
    let put = async |key: &str, feature: &str, body: String| {
        let path = format!("/features/{key}/{feature}");
        let request = from(ADDRESS, request("PUT", &path, &[JSON], body));
        send(&router, request).await.status().as_u16()
    };
    let long = format!("LONG_{}", "x".repeat(30_000));
    for _ in 0..1000 {
        assert_eq!(put(CLIENT_KEY, "NEW_CHECKOUT", r#"{"value":true}"#.into()).await, 403);
        assert_eq!(put(WRITER_KEY, &long, r#"{"value":true}"#.into()).await, 404);
    }
    let lines = || -> Vec<String> {
        let text = log.text();
        text.lines().filter(|line| line.contains(ADDRESS)).map(str::to_string).collect()
    };
    let refused = lines();
    // The rate adds one line in two seconds, so it is far from 2,000 on a slow machine, too.
    assert!((10..200).contains(&refused.len()), "{}", refused.len());
    assert!(refused.iter().all(|line| line.len() < 1000), "{refused:?}");
    assert!(refused.iter().any(|line| line.contains("LONG_") && line.contains('…')));
    let text = log.text();
    assert!(text.lines().any(|line| line.contains("refused changes have no lines of their own")));
    for each in 0..20 {
        let value = each % 2 == 0;
        assert_eq!(put(WRITER_KEY, "NEW_CHECKOUT", format!(r#"{{"value":{value}}}"#)).await, 200);
    }
    let made = lines().iter().filter(|line| line.contains("outcome=\"changed\"")).count();
    assert_eq!(made, 20);
}
