//! A program with an Edge of its own. The Edge's routes are mounted beside the program's, the program changes features, and SDKs
//! connect as clients.
//!
//! `GET /flip` changes a feature, and every client that streams from `/flags/features/…` receives the change at once. Give the
//! published SDKs the URL `http://localhost:8081/flags` and the key that is printed.

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

    // Streams stay open until one side ends them. The Edge ends them before the listener waits for the last connections.
    let stop = async move {
        // Without a signal handler this never completes, and the program runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        handle.say_bye(Duration::from_secs(1)).await;
    };
    serve([listener], program, ListenOptions::default(), stop).await?;
    Ok(())
}

/// Inverts the feature, and returns its new value as text.
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
