//! The subject's side.

use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fh_client::transport::{ReqwestTransport, Transport};
use fh_client::{Client, ClientBuilder, Subscription, block_on};
use tokio::runtime::Runtime;

use super::FEATURE;
use super::messages::{Driver, News, Order, Report, Settings};
use super::readers::Readers;
use super::witness::{Departures, Witness};
use crate::process;
use crate::scale::Scale;

/// Longer than any client takes to be ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads orders from the standard input until it ends. The Edge's URL and the API key come from the environment, as for any client.
///
/// # Errors
/// In words, if the client cannot be made, or an order cannot be read.
pub fn run(settings: Settings) -> Result<(), String> {
    let panics = count_panics();
    let departures = Departures::default();
    let maker = Maker::new(settings)?;
    let mut prepared = Some(maker.builder(Witness::new(maker.transport()?, departures.clone())));
    tell(&News::Prepared);

    let mut serving = None;
    let mut start = Instant::now();
    for line in io::stdin().lock().lines() {
        match serde_json::from_str(&line.map_err(words)?).map_err(words)? {
            Order::Start => {
                let Some(builder) = prepared.take() else { continue };
                start = Instant::now();
                tell(&News::Started);
                serving = Some(Serving::start(builder, settings.readers)?);
            }
            Order::Cycle(clients) => {
                for _ in 0..clients {
                    let client = maker.builder(maker.transport()?).start().map_err(words)?;
                    client.wait_ready(PATIENCE).map_err(words)?;
                    client.close();
                    block_on(client.closed());
                }
                tell(&News::Cycled);
            }
            Order::Report => {
                let mut report = serving.as_ref().map(Serving::report).unwrap_or_default();
                report.sent = departures.since(start);
                report.peak_memory = process::peak_memory();
                report.resident_memory = process::resident_memory();
                report.threads = process::threads();
                report.sockets = process::sockets();
                report.panics = panics.load(Ordering::Relaxed);
                tell(&News::Report(Box::new(report)));
            }
        }
    }
    if let Some(serving) = serving {
        serving.client.close();
    }
    Ok(())
}

/// Makes clients as the settings say.
struct Maker {
    settings: Settings,
    scale: Scale,
    runtime: Option<Runtime>,
}

impl Maker {
    fn new(settings: Settings) -> Result<Self, String> {
        let runtime = match settings.driver {
            Driver::Thread => None,
            Driver::Tokio => {
                let mut runtime = tokio::runtime::Builder::new_multi_thread();
                Some(runtime.worker_threads(2).enable_all().build().map_err(words)?)
            }
        };
        Ok(Self { settings, scale: settings.scale.to_string().parse()?, runtime })
    }

    fn transport(&self) -> Result<ReqwestTransport, String> {
        let limit = self.scale.of(Duration::from_secs(5));
        ReqwestTransport::builder().no_proxy().connect_timeout(limit).build().map_err(words)
    }

    fn builder(&self, transport: impl Transport) -> ClientBuilder {
        let builder = Client::from_environment().streaming().transport(transport);
        let builder = match &self.runtime {
            None => builder,
            Some(runtime) => builder.runtime(runtime.handle().clone()),
        };
        let healthy_after = self.settings.healthy_after.map(Duration::from_millis);
        self.scale.limits(self.scale.delays(builder)).configure(move |config| {
            config.healthy_after = healthy_after.unwrap_or(config.healthy_after);
        })
    }
}

/// The client, and those who look at it.
struct Serving {
    client: Client,
    readers: Readers,
    _values: Subscription,
}

impl Serving {
    fn start(builder: ClientBuilder, readers: usize) -> Result<Self, String> {
        let client = builder.start().map_err(words)?;
        let values = client.on_change(FEATURE, |change| {
            if let Some(value) = &change.new {
                tell(&News::Value(value.to_string()));
            }
        });
        // It may have come before anybody listened; twice does no harm.
        if let Some(value) = client.string(FEATURE) {
            tell(&News::Value(value.to_string()));
        }
        let readers = Readers::start(&client, readers).map_err(words)?;
        Ok(Self { client, readers, _values: values })
    }

    fn report(&self) -> Report {
        Report { status: self.client.status().to_string(), ..self.readers.report() }
    }
}

/// One line. Nobody to read it is the end, and not worth a word.
pub(super) fn tell(news: &News) {
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
