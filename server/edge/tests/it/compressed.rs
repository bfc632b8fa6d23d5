//! Compressed answers to polls, for clients that accept gzip.

use std::io::Read as _;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use fh_edge::state::State;
use fh_edge::{Compression, Edge, Options};
use http::Response;

use crate::router::ask;
use crate::shop::{CLIENT_KEY, SERVER_KEY, WRITER_KEY, state};

/// Returns the state with so many features that answers are compressed.
fn large() -> State {
    let mut state = serde_json::to_value(state()).unwrap();
    for number in 0..40 {
        let feature = serde_json::json!({
            "id": format!("0c2f5b8e-96a4-4d1a-8d9e-{number:012x}"), "key": format!("EXTRA_{number}"), "type": "STRING"
        });
        state["features"].as_array_mut().unwrap().push(feature);
        state["environments"][0]["values"][format!("EXTRA_{number}")] =
            serde_json::json!({ "value": "of the usual kind" });
    }
    serde_json::from_value(state).unwrap()
}

fn router(state: State, compression: Compression) -> Router {
    let mut options = Options::default();
    options.compression = compression;
    Edge::builder().state(state).options(options).build().unwrap().router()
}

struct Got {
    status: u16,
    coding: String,
    etag: String,
    vary: String,
    body: Bytes,
}

async fn got(response: Response<Body>) -> Got {
    let header = |name| {
        let value = response.headers().get(name).map(|value| value.to_str().unwrap());
        value.unwrap_or_default().to_string()
    };
    let (coding, etag, vary) = (header("content-encoding"), header("etag"), header("vary"));
    let status = response.status().as_u16();
    Got { status, coding, etag, vary, body: to_bytes(response.into_body(), 1 << 20).await.unwrap() }
}

#[tokio::test]
async fn compressed_answers_have_the_same_content_and_weak_etags() {
    let router = router(large(), Compression::Gzip);
    let kiwi = ("x-featurehub", "country=new_zealand");
    let gzip = ("accept-encoding", "br, gzip");
    for key in [CLIENT_KEY, SERVER_KEY] {
        let path = format!("/features?apiKey={key}");
        let plain = got(ask(&router, "GET", &path, &[kiwi]).await).await;
        assert_eq!((plain.status, &*plain.coding), (200, ""));
        assert_eq!(plain.vary, "x-featurehub, accept-encoding, origin");
        // The first request compresses the answer; the second one gets the cached result.
        for _ in 0..2 {
            let small = got(ask(&router, "GET", &path, &[kiwi, gzip]).await).await;
            assert_eq!((small.status, &*small.coding), (200, "gzip"));
            assert_eq!((&*small.etag, &small.vary), (&*format!("W/{}", plain.etag), &plain.vary));
            assert!(small.body.len() * 2 < plain.body.len());
            let mut read = Vec::new();
            flate2::read::GzDecoder::new(&*small.body).read_to_end(&mut read).unwrap();
            assert_eq!(read, plain.body);
            for (etag, coding) in [(&small.etag, gzip), (&small.etag, kiwi), (&plain.etag, gzip)] {
                let held = [kiwi, ("if-none-match", etag), coding];
                // If a request has two context headers, the last one counts. Here both are equal.
                let held = got(ask(&router, "GET", &path, &held).await).await;
                assert_eq!((held.status, &held.etag, &*held.coding), (304, etag, ""));
                assert_eq!((held.body.len(), &held.vary), (0, &plain.vary));
            }
        }
        let head = got(ask(&router, "HEAD", &path, &[kiwi, gzip]).await).await;
        assert_eq!((head.status, &*head.coding, head.body.len()), (200, "gzip", 0));
    }
}

#[tokio::test]
async fn answers_that_stay_uncompressed() {
    let gzip = [("accept-encoding", "gzip")];
    let path = format!("/features?apiKey={CLIENT_KEY}");
    let off = got(ask(&router(large(), Compression::Off), "GET", &path, &gzip).await).await;
    assert_eq!((off.status, &*off.coding, &*off.vary), (200, "", "x-featurehub, origin"));
    let short = got(ask(&router(state(), Compression::Gzip), "GET", &path, &gzip).await).await;
    assert_eq!((short.status, &*short.coding), (200, ""));

    let router = router(large(), Compression::Gzip);
    let refused = [("accept-encoding", "gzip;q=0, br")];
    let refused = got(ask(&router, "GET", &path, &refused).await).await;
    assert_eq!((refused.status, &*refused.coding), (200, ""));
    // The answer to several keys is built for each request, so it is not compressed.
    let several = format!("{path}&apiKey={WRITER_KEY}");
    let several = got(ask(&router, "GET", &several, &gzip).await).await;
    assert_eq!((several.status, &*several.coding), (200, ""));
    let stream = ask(&router, "GET", &format!("/features/{CLIENT_KEY}"), &gzip).await;
    assert_eq!(stream.headers().get("content-encoding"), None);
}
