//! A program that brings its own Edge: routes mounted beside its own, features changed by the program, SDKs as clients.
//!
//! `GET /flip` changes a feature; everybody who listens at `/flags/features/…` sees it at once. Published SDKs are given
//! `http://localhost:8081/flags` and the key that is printed.

use axum::Router;
use axum::routing::get;
use fh_edge::listen::{ListenOptions, Listener, serve};
use fh_edge::state::{Json, State};
use fh_edge::{Edge, EdgeHandle, FeatureChange, Options};
use std::error::Error;
use std::time::Duration;

const STATE: &str = "
features:
  - {key: NEW_CHECKOUT, type: BOOLEAN}
  - {key: BANNER, type: STRING}
environments:
  - id: 71ed3c04-122b-4312-9ea8-06b2b8d6ceac
    name: production
    values:
      NEW_CHECKOUT: false
      BANNER: Welcome
accounts:
  - name: shop
    clientKey: shop*client
    permissions:
      production: [READ]
";

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let state = State::from_text(STATE, &fh_edge::state::file::Options::new())?.state;
    let environment = state.environments.first().ok_or("a state without environments")?.id;
    let edge = Edge::builder().state(state).options(Options::default()).build()?;
    let handle = edge.handle();

    let flipping = handle.clone();
    let flip = move || {
        let handle = flipping.clone();
        async move { flip(&handle, environment).await.unwrap_or_else(|why| why.to_string()) }
    };
    let program = Router::new().route("/flip", get(flip)).nest("/flags", edge.router());

    let port = std::env::var("PORT").map_or(Ok(8081), |port| port.parse())?;
    let listener = Listener::bind(([127, 0, 0, 1], port).into())?;
    println!("listening on http://{}", listener.local_addr()?);
    println!("key {environment}/shop*client");

    // Streams last until somebody ends them, so they are told before the listener waits for the last connections.
    let stop = async move {
        // Without a signal handler there is nothing to wait for: the program runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        handle.say_bye(Duration::from_secs(1)).await;
    };
    serve([listener], program, ListenOptions::default(), stop).await?;
    Ok(())
}

/// Turns the feature over, and says what it is now.
async fn flip(edge: &EdgeHandle, environment: fh_edge::Uuid) -> Result<String, Box<dyn Error>> {
    let state = edge.state().await?;
    let value = state.environment(environment).and_then(|each| each.values.get("NEW_CHECKOUT"));
    let is_on =
        value.and_then(|value| value.value.as_ref()).is_some_and(|json| json.as_str() == "true");
    let change =
        FeatureChange { value: Some(Some(Json::boolean(!is_on))), ..FeatureChange::default() };
    edge.change(environment, "NEW_CHECKOUT", change).await?;
    Ok(format!("NEW_CHECKOUT is {}\n", if is_on { "off" } else { "on" }))
}
