//! Bodies of requests that arrive slowly or not at all, and what is checked before and after them.

use std::time::Duration;

use axum::body::{Body, Bytes};
use fh_edge::{AdminKey, Options};
use fh_test::wait::PATIENCE;

use crate::router::{JSON, request, send};
use crate::routes::edge;
use crate::shop::{CLIENT_KEY, ENVIRONMENT, SERVER_KEY, WRITER_KEY, state};

/// A key that is removed while the body arrives changes nothing.
#[tokio::test]
async fn the_key_is_checked_again_after_a_slow_body() {
    for (method, path, header, body, status) in [
        ("PUT", format!("/features/{WRITER_KEY}/NEW_CHECKOUT"), JSON, r#"{"value":true}"#, 404),
        ("POST", "/ofrep/v1/evaluate/flags".to_string(), ("x-api-key", WRITER_KEY), "{}", 401),
    ] {
        let edge = edge(state(), Options::default());
        let (sender, receiver) = tokio::sync::mpsc::channel::<Bytes>(1);
        let request = request(method, &path, &[header], Body::new(Slow(receiver)));
        let router = edge.router();
        let answer = tokio::spawn(async move { send(&router, request).await });
        sender.send(Bytes::from_static(&body.as_bytes()[..1])).await.unwrap();
        // The first byte was read, so the key has been checked.
        let _place = sender.reserve().await.unwrap();
        drop(_place);
        let mut without = state();
        without.accounts.retain(|account| &*account.name != "writer");
        edge.handle().replace(without, None).await.unwrap();
        sender.send(Bytes::from_static(&body.as_bytes()[1..])).await.unwrap();
        drop(sender);
        assert_eq!(answer.await.unwrap().status(), status, "{method}");
        let now = edge.handle().state().await.unwrap();
        let value = &now.environment(ENVIRONMENT.parse().unwrap()).unwrap().values["NEW_CHECKOUT"];
        assert_eq!(value.value.as_ref().unwrap().as_str(), "false");
    }
}

/// A request of the admin API whose key is replaced while its body arrives ends, even if the rest of the body never arrives.
#[tokio::test]
async fn another_admin_key_ends_requests_of_the_previous_one() {
    for (method, path) in [
        ("PUT", "/admin/v1/state"),
        ("PATCH", "/admin/v1/features/dev/NEW_CHECKOUT"),
        ("POST", "/admin/v1/evaluate"),
        ("POST", "/admin/v1/rollout"),
    ] {
        let mut options = Options::default();
        options.admin_key = Some(AdminKey::new("an-admin-key-of-this-test").unwrap());
        let edge = edge(state(), options);
        let (sender, receiver) = tokio::sync::mpsc::channel::<Bytes>(1);
        let key = ("authorization", "Bearer an-admin-key-of-this-test");
        let headers = [key, JSON, ("if-match", "*")];
        let request = request(method, path, &headers, Body::new(Slow(receiver)));
        let router = edge.router();
        let answer = tokio::spawn(async move { send(&router, request).await });
        sender.send(Bytes::from_static(b"{")).await.unwrap();
        // The first byte was read, so the key has been checked.
        drop(sender.reserve().await.unwrap());
        edge.handle().set_admin_key(AdminKey::new("another-key-of-this-test").unwrap());
        let ended = tokio::time::timeout(PATIENCE, answer).await.expect("the request goes on");
        assert_eq!(ended.unwrap().status(), 401, "{method} {path}");
    }
}

/// A body whose parts arrive when the test sends them.
pub(crate) struct Slow(pub(crate) tokio::sync::mpsc::Receiver<Bytes>);

impl http_body::Body for Slow {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        task: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(task).map(|bytes| bytes.map(|bytes| Ok(http_body::Frame::data(bytes))))
    }
}

/// A body that does not arrive in time ends the request.
#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive() {
    let mut options = Options::default();
    options.admin_key = Some(AdminKey::new("an-admin-key-of-this-test").unwrap());
    let router = edge(state(), options).router();
    for (method, path, key, status) in [
        ("PUT", format!("/features/{WRITER_KEY}/NEW_CHECKOUT"), JSON, 408),
        // 408 is no status of OFREP.
        ("POST", "/ofrep/v1/evaluate/flags".to_string(), ("x-api-key", WRITER_KEY), 400),
        (
            "PATCH",
            format!("/admin/v1/features/{ENVIRONMENT}/BANNER"),
            ("authorization", "Bearer an-admin-key-of-this-test"),
            408,
        ),
    ] {
        let (sender, receiver) = tokio::sync::mpsc::channel::<Bytes>(1);
        sender.send(Bytes::from_static(b"{")).await.unwrap();
        let request = request(method, &path, &[JSON, key], Body::new(Slow(receiver)));
        let answer = tokio::time::timeout(Duration::from_secs(60), send(&router, request));
        assert_eq!(answer.await.expect(&path).status(), status, "{path}");
    }
}

/// FeatureHub checks the feature and the rights of the key before the body (edge-protocol 5.3).
#[tokio::test(start_paused = true)]
async fn a_put_that_no_body_can_save_is_refused_before_its_body() {
    let router = edge(state(), Options::default()).router();
    for (key, feature, status) in [
        (CLIENT_KEY, "BANNER", 403),
        (SERVER_KEY, "NEVER_SET", 403),
        (CLIENT_KEY, "NONE", 404),
        (WRITER_KEY, "NONE", 404),
        (WRITER_KEY, "BANNER", 408),
    ] {
        let (_sender, receiver) = tokio::sync::mpsc::channel::<Bytes>(1);
        let path = format!("/features/{key}/{feature}");
        let request = request("PUT", &path, &[JSON], Body::new(Slow(receiver)));
        let answer = send(&router, request).await;
        assert_eq!(answer.status(), status, "{key} {feature}");
    }
}
