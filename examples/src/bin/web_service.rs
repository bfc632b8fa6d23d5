//! A web service with one client for the process and one context per request.
//!
//! - `GET /?user=NAME&country=COUNTRY` greets the user.
//! - `GET /checkout?user=NAME` exists only for users with the new checkout.
//! - `GET /why?user=NAME` explains the decision.
//! - `GET /ready` is a readiness probe.
//!
//! Ctrl-C ends the program.

use std::env;
use std::net::Ipv4Addr;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json};
use axum::routing::get;
use axum::{Router, serve};
use fh_client::{Client, Context, Readiness};
use tokio::net::TcpListener;

#[derive(Clone)]
struct Shop {
    client: Client,
}

/// The visitor that a request names.
#[derive(Default)]
struct Visitor {
    user: String,
    country: Option<String>,
}

impl Visitor {
    fn of(pairs: Vec<(String, String)>) -> Self {
        pairs.into_iter().fold(Self::default(), |visitor, (name, value)| match name.as_str() {
            "user" => Self { user: value, ..visitor },
            "country" => Self { country: Some(value), ..visitor },
            _ => visitor,
        })
    }
}

impl Shop {
    /// Returns the context of a request. Building the context causes no request to the Edge.
    fn context(&self, visitor: &Visitor) -> Context {
        let context = self.client.context().user_key(&visitor.user);
        match &visitor.country {
            Some(country) => context.country(country).build(),
            None => context.build(),
        }
    }
}

async fn home(
    State(shop): State<Shop>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> impl IntoResponse {
    let visitor = Visitor::of(pairs);
    let features = shop.context(&visitor);
    let checkout = if features.is_enabled("NEW_CHECKOUT") { "new" } else { "old" };
    let banner = features.string_or("BANNER", "");
    let size = features.number_or("PAGE_SIZE", 10.0);
    format!("Hello {}: {checkout} checkout, {size} items a page. {banner}\n", visitor.user)
}

/// A page that a feature switches on. Without the feature it answers 404.
async fn checkout(
    State(shop): State<Shop>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<&'static str, StatusCode> {
    let features = shop.context(&Visitor::of(pairs));
    features.is_enabled("NEW_CHECKOUT").then_some("The new checkout\n").ok_or(StatusCode::NOT_FOUND)
}

async fn why(
    State(shop): State<Shop>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> impl IntoResponse {
    format!("{}\n", shop.context(&Visitor::of(pairs)).explain("NEW_CHECKOUT"))
}

/// Answers 200 once there are features, even old ones, because the service can then work.
async fn ready(State(shop): State<Shop>) -> impl IntoResponse {
    let status = shop.client.status();
    let code = match status.readiness {
        Readiness::Ready => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    (code, Json(serde_json::json!(status)))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (builder, _edge) = fh_examples::client();
    // `start` returns at once. Requests that arrive before the features get defaults, and the probe reports that the service is
    // not ready.
    let client = builder.start()?;
    let shop = Shop { client: client.clone() };
    let routes = Router::new()
        .route("/", get(home))
        .route("/checkout", get(checkout))
        .route("/why", get(why))
        .route("/ready", get(ready))
        .with_state(shop);
    let port = env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(8080);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let asked_to_end = async {
        // If signals are not available, the program runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    serve(listener, routes).with_graceful_shutdown(asked_to_end).await?;
    // Waits until the last usage events are delivered and the snapshot file is written.
    client.close();
    client.closed().await;
    println!("bye");
    Ok(())
}
