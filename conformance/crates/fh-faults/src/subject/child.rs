//! The subject's side.

use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fh_client::transport::ReqwestTransport;
use fh_client::{Client, block_on};

use super::FEATURE;
use super::messages::{Driver, News, Order, Report, Settings};
use super::witness::{Departures, Witness};
use crate::process;
use crate::scale::Scale;

/// Reads orders from the standard input until it ends. The Edge's URL and the API key come from the environment, as for any client.
///
/// # Errors
/// In words, if the client cannot be made, or an order cannot be read.
pub fn run(settings: Settings) -> Result<(), String> {
    let panics = count_panics();
    let departures = Departures::default();
    let scale: Scale = settings.scale.to_string().parse()?;
    let transport = ReqwestTransport::builder()
        .no_proxy()
        .connect_timeout(scale.of(Duration::from_secs(5)))
        .build()
        .map_err(words)?;
    let runtime = match settings.driver {
        Driver::Thread => None,
        Driver::Tokio => {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            Some(runtime.worker_threads(2).enable_all().build().map_err(words)?)
        }
    };
    let mut builder = Client::from_environment()
        .streaming()
        .transport(Witness::new(transport, departures.clone()));
    builder = match &runtime {
        None => builder.own_thread(),
        Some(runtime) => builder.runtime(runtime.handle().clone()),
    };
    builder = scale.limits(scale.delays(builder));

    tell(&News::Prepared);
    let mut builder = Some(builder);
    let mut client = None;
    let mut subscription = None;
    let mut start = Instant::now();
    for line in io::stdin().lock().lines() {
        match serde_json::from_str(&line.map_err(words)?).map_err(words)? {
            Order::Start => {
                let Some(builder) = builder.take() else { continue };
                start = Instant::now();
                tell(&News::Started);
                let started = builder.start().map_err(words)?;
                subscription = Some(watch(&started));
                client = Some(started);
            }
            Order::Refresh => {
                if let Some(client) = &client {
                    // How it went shows in the values.
                    let _ = block_on(client.refresh());
                }
            }
            Order::Report => tell(&News::Report(Box::new(Report {
                sent: departures.since(start),
                status: client
                    .as_ref()
                    .map(|client| client.status().to_string())
                    .unwrap_or_default(),
                peak_memory: process::peak_memory(),
                panics: panics.load(Ordering::Relaxed),
            }))),
        }
    }
    drop(subscription);
    if let Some(client) = client {
        client.close();
    }
    Ok(())
}

/// Tells each value of the feature.
fn watch(client: &Client) -> fh_client::Subscription {
    let subscription = client.on_change(FEATURE, |change| {
        if let Some(value) = &change.new {
            tell(&News::Value(value.to_string()));
        }
    });
    // It may have come before anybody listened; twice does no harm.
    if let Some(value) = client.string(FEATURE) {
        tell(&News::Value(value.to_string()));
    }
    subscription
}

/// One line. Nobody to read it is the end, and not worth a word.
fn tell(news: &News) {
    if let Ok(line) = serde_json::to_string(news) {
        let _ = writeln!(io::stdout().lock(), "{line}");
    }
}

/// Counts panics from now on, wherever they are.
fn count_panics() -> Arc<AtomicU64> {
    let panics = Arc::new(AtomicU64::new(0));
    let (counter, shown) = (Arc::clone(&panics), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        counter.fetch_add(1, Ordering::Relaxed);
        shown(panic);
    }));
    panics
}

fn words(error: impl ToString) -> String {
    error.to_string()
}
