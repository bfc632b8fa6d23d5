//! Measures Statsig's engine beside the floor. It is a program of its own, because Statsig's dependencies enable
//! `regex-automata/dfa-build` and `serde_json/preserve_order`, which change all other engines.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use clap::Parser;
use harness::workload::{User, Workload, render};
use harness::{
    BoxedByHandle, BoxedByKey, BoxedOwnPatterns, Column, Counting, Engine, Extras, FlatByHandle,
    Options, Role, Row, Suite, Swapped, heap_child, measure, report, target,
};
use statsig_rust::log_event_payload::LogEventRequest;
use statsig_rust::{
    DynamicValue, EventLoggingAdapter, FeatureGateEvaluationOptions, Statsig,
    StatsigBootstrapSpecsAdapter, StatsigErr, StatsigOptions, StatsigRuntime, StatsigUser,
    StatsigUserBuilder,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Measures Statsig's engine beside the floor, as `bench` measures the other engines.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    let Arguments { options } = Arguments::parse();
    harness::end(bench(&options))
}

fn bench(options: &Options) -> Result<(), String> {
    let rows = vec![
        Row::of::<FlatByHandle>(Role::Floor),
        Row::of::<BoxedByHandle>(Role::Floor),
        Row::of::<BoxedByKey>(Role::Floor),
        Row::of::<Swapped<BoxedByKey>>(Role::Floor),
        Row::of::<BoxedOwnPatterns>(Role::Floor),
        Row::of::<Gates>(Role::Peer),
    ];
    if let Some(row) = &options.heap_of {
        return heap_child(&rows, row);
    }
    let suite = Suite::default();
    let extras = Extras {
        targets: vec![target::<Exposing>(&suite, Exposing::NAME, Column::W2)?],
        ..Extras::default()
    };
    let figures = measure(&rows, extras, options)?;
    let mut report = report(&rows, &figures, BoxedByKey::NAME);
    report.notes.push("statsig's load is a whole initialisation with its runtime.".to_owned());
    options.write(&report, "Statsig beside the floor")
}

/// Statsig's client, offline and without exposure logging.
struct Gates {
    statsig: Statsig,
    _runtime: tokio::runtime::Runtime,
}

impl Engine for Gates {
    type Context = StatsigUser;
    harness::by_key!();
    const NAME: &'static str = "statsig";

    fn render(workload: &Workload) -> Option<String> {
        Some(render::statsig::render(workload))
    }

    fn load(payload: String) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let options = StatsigOptions {
            specs_adapter: Some(Arc::new(StatsigBootstrapSpecsAdapter::new(payload))),
            event_logging_adapter: Some(Arc::new(Nowhere)),
            disable_network: Some(true),
            disable_country_lookup: Some(true),
            ..StatsigOptions::new()
        };
        let _inside = runtime.enter();
        let statsig = Statsig::new("secret-bench", Some(Arc::new(options)));
        runtime.block_on(statsig.initialize()).map_err(|error| error.to_string())?;
        if statsig.get_feature_gate_list().is_empty() {
            return Err("the payload was not taken".to_owned());
        }
        Ok(Self { statsig, _runtime: runtime })
    }

    fn context(&self, user: &User) -> StatsigUser {
        StatsigUserBuilder::new_with_user_id(user.userkey.clone())
            .country(Some(user.country.to_owned()))
            .app_version(Some(user.version.clone()))
            .email(Some(user.email.clone()))
            .custom(Some(HashMap::from([("plan".to_owned(), DynamicValue::from(user.plan))])))
            .build()
    }

    #[inline]
    fn is_on(&self, flag: &String, context: &StatsigUser) -> bool {
        let options = FeatureGateEvaluationOptions { disable_exposure_logging: true };
        self.statsig.check_gate_with_options(context, flag, options)
    }
}

/// Statsig's client with exposures, which the adapter drops.
struct Exposing(Gates);

impl Engine for Exposing {
    type Context = StatsigUser;
    harness::by_key!();
    const NAME: &'static str = "statsig + exposure";

    fn render(workload: &Workload) -> Option<String> {
        Gates::render(workload)
    }
    fn load(payload: String) -> Result<Self, String> {
        Gates::load(payload).map(Self)
    }
    fn context(&self, user: &User) -> StatsigUser {
        self.0.context(user)
    }
    #[inline]
    fn is_on(&self, flag: &String, context: &StatsigUser) -> bool {
        self.0.statsig.check_gate(context, flag)
    }
}

/// An adapter that drops all events.
struct Nowhere;

#[async_trait]
impl EventLoggingAdapter for Nowhere {
    async fn start(&self, _: &Arc<StatsigRuntime>) -> Result<(), StatsigErr> {
        Ok(())
    }
    async fn log_events(&self, _: LogEventRequest) -> Result<bool, StatsigErr> {
        Ok(true)
    }
    async fn shutdown(&self) -> Result<(), StatsigErr> {
        Ok(())
    }
    fn should_schedule_background_flush(&self) -> bool {
        false
    }
}
