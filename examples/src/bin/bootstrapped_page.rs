//! A page that starts with the visitor's features. The server evaluates them and writes their values into the HTML.
//!
//! `GET /?user=NAME&country=COUNTRY` returns the page, and `GET /features?user=NAME` the document alone (`docs/reference/bootstrap.md`).
//! Ctrl-C ends the program.

use std::env;
use std::net::Ipv4Addr;

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Json};
use axum::routing::get;
use axum::{Router, serve};
use fh_client::{Client, ContextValues};
use tokio::net::TcpListener;

/// Returns the features of the visitor that the query names.
fn values_of(client: &Client, query: &[(String, String)]) -> ContextValues {
    let known = |name: &str| matches!(name, "user" | "country");
    let attributes = query.iter().filter(|(name, _)| known(name)).map(|(name, value)| {
        let name = if name == "user" { "userkey" } else { name };
        (name, value.as_str())
    });
    client.context().attributes(attributes).build().values()
}

/// The document belongs to one visitor, so no cache may store it.
const PRIVATE: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "private, no-store")];

async fn features(
    State(client): State<Client>,
    Query(query): Query<Vec<(String, String)>>,
) -> impl IntoResponse {
    (PRIVATE, Json(values_of(&client, &query)))
}

async fn page(
    State(client): State<Client>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<impl IntoResponse, StatusCode> {
    let document = serde_json::to_string(&values_of(&client, &query))
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    // `<` is escaped, so that no value can end the script element.
    let document = document.replace('<', "\\u003c");
    let html = format!(
        r#"<!doctype html>
<title>Shop</title>
<h1 id="banner"></h1>
<script id="features" type="application/json">{document}</script>
<script>
  const {{ features }} = JSON.parse(document.getElementById("features").textContent);
  const value = (key) => features.find((feature) => feature.key === key)?.value;
  document.getElementById("banner").textContent = value("BANNER") ?? "";
</script>
"#
    );
    Ok((PRIVATE, Html(html)))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (builder, _edge) = fh_examples::client();
    let client = builder.start()?;
    let routes = Router::new()
        .route("/", get(page))
        .route("/features", get(features))
        .with_state(client.clone());
    let port = env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(8082);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let interrupted = async {
        // If signals are not available, the program runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    serve(listener, routes).with_graceful_shutdown(interrupted).await?;
    client.close();
    client.closed().await;
    println!("bye");
    Ok(())
}
