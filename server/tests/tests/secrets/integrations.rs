//! The types of the integrations.

use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use fh_client::testing::MemoryEdge;
use fh_client::{Client, Observer, Params, UsageEvent, UsageOptions};
use fh_openfeature::FeatureHubProvider;
use fh_opentelemetry::baggage::{
    AllowedKeys, BaggageInterceptor, BaggageWriter, EscapingPropagator,
};
use fh_opentelemetry::{Mode, SpanUsage};
use fh_redis::{RedisStore, Server};
use fh_segment::SegmentExporter;
use fh_test::wait::{PATIENCE, wait_until};
use opentelemetry::Context;
use opentelemetry::propagation::TextMapCompositePropagator;

use crate::shown::Shown;
use crate::{CLIENT_KEY, HEADER, PASSWORD, USER, WRITE_KEY, url_with_a_key};

pub(crate) fn show(shown: &mut Shown) {
    segment(shown);
    redis(shown);
    let client = Client::builder(url_with_a_key("http://127.0.0.1:9"), CLIENT_KEY)
        .header("authorization", HEADER)
        .offline()
        .start()
        .unwrap();
    shown.debug(&FeatureHubProvider::new(client));
    shown.debug(&SpanUsage::new().mode(Mode::Events));
    shown.debug(&Mode::Attributes);
    let writer = BaggageWriter::new();
    shown.debug(&writer);
    shown.debug(&writer.write(&Context::new(), &[("BANNER", None)]));
    shown.debug(&BaggageInterceptor::new(AllowedKeys::All));
    shown.debug(&EscapingPropagator::new(TextMapCompositePropagator::new(Vec::new())));
}

/// An observer that sends all events to a channel.
struct Sent(Sender<UsageEvent>);

impl Observer for Sent {
    fn observe(&self, event: &UsageEvent) {
        self.0.send(event.clone()).unwrap();
    }
}

fn segment(shown: &mut Shown) {
    let mut defaults = Params::new();
    defaults.insert("token".to_string(), PASSWORD.into());
    // No server listens at this address, and nothing is sent within the interval.
    let builder = SegmentExporter::builder(WRITE_KEY)
        .base_url(format!("http://me:{PASSWORD}@127.0.0.1:9/{WRITE_KEY}"))
        .default_properties(defaults)
        .interval(Duration::from_secs(3600));
    shown.debug(&builder);
    let exporter = builder.start().unwrap();
    let edge = MemoryEdge::new();
    edge.set("COLOUR", "red");
    let (sender, events) = channel();
    let client = edge.client().observer(Sent(sender), UsageOptions::default()).start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    client.context().user_key(USER).build().record("bought", Params::new());
    let named = loop {
        let event = events.recv_timeout(PATIENCE).unwrap();
        if matches!(event, UsageEvent::Named(_)) {
            break event;
        }
    };
    exporter.observe(&named);
    shown.debug(&exporter);
    shown.debug(&exporter.counters());
    shown.error(&SegmentExporter::builder(" ").start().unwrap_err());
}

fn redis(shown: &mut Shown) {
    let client = Client::offline().api_key("one/key*").start().unwrap();
    let url = format!("redis://me:{PASSWORD}@127.0.0.1:1/0");
    let server = Server::from(url.as_str());
    shown.debug(&server);
    let builder = RedisStore::builder(server).backoff(Duration::from_millis(1));
    shown.debug(&builder);
    let store = builder.attach(&client).unwrap();
    wait_until("the store reports a problem", || store.status().last_error.is_some());
    shown.debug(&store.status());
    shown.debug(&store);
    for wrong in [
        format!("http://me:{PASSWORD}@127.0.0.1"),
        format!("redis://me:{PASSWORD}@127.0.0.1:port"),
        format!("rediss://me:{PASSWORD}@127.0.0.1/#insecure"),
    ] {
        let server = Server::from(wrong);
        shown.debug(&server);
        shown.error(&RedisStore::builder(server).attach(&client).unwrap_err());
    }
}
