//! Measures reads of the Rust client, as a JSON object of times in nanoseconds. A time is the one below which a tenth of the samples lies, since
//! other programs on the machine only add time. The benches of bindings run this program and compare their own reads with it.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use clap::Parser;
use fh_client::{
    Client, Context, Detail, Flow, InterceptedRead, Interceptor, LockPolicy, SnapshotFile,
};
use harness::workload::{Email, User, render};
use harness::{Bench, Column, Suite, percentile, run};
use serde_json::{Map, Value};

#[derive(Parser)]
struct Options {
    /// Rounds, each of about 4 ms per row
    #[arg(long, default_value_t = 60)]
    rounds: usize,
    /// A snapshot file of the workload, for the row of starts
    #[arg(long)]
    snapshot: Option<String>,
}

/// The API key of the snapshot file.
const API_KEY: &str = "bench/bench*key";

/// The key and the features of the row `string`.
const TEXT: (&str, &str) = (
    "COLOUR",
    r#"[{"id":"colour","key":"COLOUR","version":1,"type":"STRING","value":"light-blue","l":false}]"#,
);

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let suite = Suite::default();
    let features = render::featurehub::render(suite.payload(Email::Regex));
    let client = Client::offline().bootstrap(&features).start()?;
    let intercepted = Client::offline()
        .bootstrap(&features)
        .interceptor(Undecided, LockPolicy::Respect)
        .start()?;
    let texts = Client::offline().bootstrap(TEXT.1).start()?;
    let context = context(&client, &suite.user).with().attribute("plan", suite.user.plan).build();
    let key = |column| suite.key(column).ok_or("the workload reads one flag").map(str::to_owned);
    let mut rows = vec![("W1", plain(&client, key(Column::W1)?))];
    let in_context = [
        ("W1 in a context", Column::W1),
        ("W2", Column::W2),
        ("W3", Column::W3),
        ("W4re", Column::W4re),
    ];
    for (name, column) in in_context {
        rows.push((name, reads(&context, key(column)?)));
    }
    rows.push(("C1", builds(&client, suite.user.clone(), key(Column::W2)?)));
    rows.push(("string", strings(&texts)));
    rows.push(("values", values(&context)));
    rows.push(("ten attributes", ten_attributes(&client, suite.user.clone())));
    rows.push(("interceptor", plain(&intercepted, key(Column::W1)?)));
    let (names, mut benches): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    run(&mut benches, options.rounds);
    let mut times: Map<String, Value> = names
        .into_iter()
        .zip(&benches)
        .map(|(name, bench)| (name.to_owned(), percentile(&bench.samples, 0.1).into()))
        .collect();
    if let Some(snapshot) = options.snapshot {
        let starts: Result<Vec<f64>, _> =
            (0..options.rounds).map(|_| start(&snapshot, &key(Column::W1)?)).collect();
        times.insert("start".to_owned(), percentile(&starts?, 0.1).into());
    }
    println!("{}", Value::Object(times));
    Ok(())
}

/// An interceptor that leaves each decision to the rules.
struct Undecided;

impl Interceptor for Undecided {
    fn name(&self) -> &str {
        "none"
    }

    fn intercept(&self, _: &InterceptedRead<'_>) -> Flow {
        Flow::Continue
    }
}

/// Starts a client with a snapshot file, and returns the nanoseconds until its first value.
fn start(snapshot: &str, key: &str) -> Result<f64, Box<dyn Error>> {
    let begin = Instant::now();
    let file = SnapshotFile::new(snapshot).read_at_start();
    let client = Client::offline().api_key(API_KEY).snapshot_file(file).start()?;
    let value = client.boolean(key);
    let time = begin.elapsed();
    client.close();
    value.ok_or("the snapshot file was not used")?;
    Ok(time.as_nanos() as f64)
}

/// Returns a context of four attributes.
fn context(client: &Client, user: &User) -> Context {
    client
        .context()
        .user_key(&user.userkey)
        .country(user.country)
        .version(&user.version)
        .attribute("email", &user.email)
        .build()
}

fn plain(client: &Client, key: String) -> Bench {
    let client = client.clone();
    row(move || client.boolean_or(black_box(&key), false))
}

fn reads(context: &Context, key: String) -> Bench {
    let context = context.clone();
    row(move || context.is_enabled(black_box(&key)))
}

fn builds(client: &Client, user: User, key: String) -> Bench {
    let client = client.clone();
    row(move || context(&client, black_box(&user)).is_enabled(black_box(&key)))
}

fn strings(client: &Client) -> Bench {
    let client = client.clone();
    row(move || client.string(black_box(TEXT.0)))
}

/// Returns a row that reads the details of all features of one state.
fn values(context: &Context) -> Bench {
    let context = context.clone();
    row(move || {
        let snapshot = context.snapshot();
        snapshot.keys().iter().map(|key| snapshot.peek(key)).collect::<Vec<Detail>>()
    })
}

/// Returns a row that builds a context of ten attributes.
fn ten_attributes(client: &Client, user: User) -> Bench {
    let client = client.clone();
    row(move || {
        let user = black_box(&user);
        let context = client.context().user_key(&user.userkey).country(user.country);
        let context = context.version(&user.version).device("mobile").platform("ios");
        let context = context.attribute("email", &user.email).attribute("plan", user.plan);
        let context = context.attribute("team", "shop").attribute("language", "en");
        context.session(&user.userkey).build()
    })
}

/// Returns a row that calls a function. The name and the column of the bench are not shown.
fn row<R>(call: impl Fn() -> R + 'static) -> Bench {
    Bench::new("client", Column::W1, move |iterations| {
        for _ in 0..iterations {
            black_box(call());
        }
    })
}
