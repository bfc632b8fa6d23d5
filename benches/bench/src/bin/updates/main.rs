//! Measures the cost of a stream of updates for readers: evaluations through the hub, in turn with and without updates.
//!
//! Updates take the same way as in a client: the bytes of a stream go to a `Session`, and its publications to the `Repository`.
//! Each evaluation is one call of the hub, which loads the snapshot and finds the key. The flag is a rollout of 20 % on the
//! user key.

mod lists;
mod messages;
mod patches;

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use fh_eval::{Attributes, Timestamp};
use fh_repository::time::Millis;
use fh_repository::{Repository, RepositoryOptions};
use fh_session::{Action, ApiKeys, Config, EdgeUrl, Input, RequestId, ResponseHead, Session};

#[derive(Parser)]
struct Options {
    /// Seconds for which each thread evaluates, with and without updates
    #[arg(long, default_value_t = 10)]
    seconds: u64,

    /// Updates a second
    #[arg(long, default_value_t = 1_000)]
    rate: u64,

    /// Measure single changes of 30, 1,000 and 3,000 features in place of evaluations
    #[arg(long)]
    patches: bool,

    /// Measure time and memory of messages of many small parts: those whose name has this text
    #[arg(long, num_args = 0..=1, default_missing_value = "", conflicts_with = "patches")]
    messages: Option<String>,
}

#[global_allocator]
static ALLOCATOR: fh_test::memory::Counting = fh_test::memory::Counting;

/// The number of slices of a measurement. Slices with and without updates alternate, so that both run under the same
/// conditions.
const SLICES: u32 = 10;

fn feature(number: usize, version: u64) -> String {
    format!(
        r#"{{"id":"{number:08x}-0000-4000-8000-000000000000","key":"FLAG_{number}","type":"BOOLEAN","version":{version},"l":false,"value":false,"strategies":[{{"id":"s","percentage":200000,"value":true,"attributes":[]}}]}}"#
    )
}

/// A session with an open stream, and the hub to which it publishes.
struct Writer {
    session: Session,
    repository: Repository,
    request_id: RequestId,
    features: usize,
    version: u64,
}

impl Writer {
    fn new(features: usize) -> Self {
        let edge = EdgeUrl::parse("http://localhost").expect("a URL");
        let keys = ApiKeys::parse(["e/k*"]).expect("a key");
        let mut session = Session::new(Config::new(edge, keys), 1);
        session.handle(Millis::new(0), Input::Start);
        let request_id = loop {
            if let Some(Action::Send(request_id, _)) = session.poll() {
                break request_id;
            }
        };
        let head = ResponseHead::new(200).header("content-type", "text/event-stream");
        session.handle(Millis::new(0), Input::Opened { request_id, head: &head });
        let repository = Repository::new(RepositoryOptions::new(|| Timestamp::from_millis(0)));
        let mut writer = Self { session, repository, request_id, features, version: 1 };
        let list: Vec<String> = (0..features).map(|number| feature(number, 1)).collect();
        writer.event("features", &format!("[{}]", list.join(",")));
        writer
    }

    fn event(&mut self, name: &str, data: &str) {
        let bytes = format!("event: {name}\ndata: {data}\n\n");
        let input = Input::Bytes { request_id: self.request_id, bytes: bytes.as_bytes() };
        self.session.handle(Millis::new(0), input);
        while let Some(action) = self.session.poll() {
            match action {
                Action::Publish(publication) => self.repository.publish(publication),
                Action::Status(status) => self.repository.set_status(status),
                Action::Raw(update) => self.repository.raw(update),
                _ => {}
            }
        }
    }

    /// Sends an update of the next feature.
    fn update_next(&mut self) {
        self.update((self.version as usize + 1) % self.features);
    }

    /// Sends an update of a feature.
    fn update(&mut self, number: usize) {
        self.version += 1;
        self.event("feature", &feature(number, self.version));
    }
}

/// Returns the evaluations of all threads in one slice, and the updates that were published in it.
fn slice(writer: &mut Writer, threads: usize, length: Duration, rate: u64) -> (u64, u64) {
    let stop = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicU64::new(0));
    let readers: Vec<_> = (0..threads)
        .map(|thread| {
            let (repository, stop, count) =
                (writer.repository.clone(), Arc::clone(&stop), Arc::clone(&count));
            thread::spawn(move || {
                let who = Attributes::builder().user_key(format!("user-{thread}")).build();
                let who = Some(Arc::new(who));
                let mut done = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    for _ in 0..1_000 {
                        black_box(
                            repository
                                .read()
                                .is_enabled(black_box("FLAG_7"), black_box(who.as_ref())),
                        );
                    }
                    done += 1_000;
                }
                count.fetch_add(done, Ordering::Relaxed);
            })
        })
        .collect();
    let begin = Instant::now();
    let mut updates = 0;
    while begin.elapsed() < length {
        let due = (begin.elapsed().as_secs_f64() * rate as f64) as u64;
        while updates < due {
            writer.update_next();
            updates += 1;
        }
        thread::sleep(Duration::from_micros(200));
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().expect("a reader");
    }
    (count.load(Ordering::Relaxed), updates)
}

fn main() {
    let options = Options::parse();
    if options.patches {
        return patches::print();
    }
    if let Some(only) = &options.messages {
        return messages::print(only);
    }
    let length = Duration::from_secs(options.seconds) / SLICES;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    println!(
        "{} s a thread and circumstance, {} updates a second, {cores} cores\n",
        options.seconds, options.rate
    );
    println!(
        "| features | threads | evaluations a second, no updates | with updates | ratio | updates published a second |"
    );
    println!("|---:|---:|---:|---:|---:|---:|");
    for features in [100, 1_000] {
        for threads in [1, 2] {
            let mut writer = Writer::new(features);
            let (mut still, mut moving, mut published) = (0, 0, 0);
            for _ in 0..SLICES {
                still += slice(&mut writer, threads, length, 0).0;
                let (done, updates) = slice(&mut writer, threads, length, options.rate);
                moving += done;
                published += updates;
            }
            let seconds = options.seconds as f64;
            println!(
                "| {features} | {threads} | {:.1} M | {:.1} M | {:.2} | {:.0} |",
                still as f64 / seconds / 1e6,
                moving as f64 / seconds / 1e6,
                moving as f64 / still as f64,
                published as f64 / seconds
            );
        }
    }
}
