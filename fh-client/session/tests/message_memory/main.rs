//! Memory of messages of many small parts, counted at the allocator: at the peak at most 8 times the message and 32 MB, afterwards at most
//! 3 times the served features and 4 MB. The variable `FH_MESSAGE_KIB` sets the size of the
//! messages, and with `--nocapture` the worst ratio of each system is printed.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

#[cfg(feature = "featbit")]
mod featbit;
mod featurehub;
#[cfg(feature = "featuresignals")]
mod featuresignals;

use std::sync::Arc;

use fh_eval::Attributes;
use fh_repository::publication::Publication;
use fh_repository::source::Source;
use fh_repository::time::Millis;
use fh_session::{
    Action, ApiKeys, CommandId, Config, EdgeUrl, End, Input, Mode, RequestId, ResponseHead,
};
use fh_test::memory::{Counting, thread};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const ELEMENTS: [&str; 5] = ["1", "{}", "[]", "\"\"", "null"];

/// A client of one system, which gets messages.
trait Client {
    fn tell(&mut self, input: Input<'_>) -> Vec<Action>;
}

/// A client, its last request and its last publication.
struct Driver<C> {
    client: C,
    request_id: Option<RequestId>,
    last: Option<Publication>,
}

impl<C: Client> Driver<C> {
    fn new(client: C) -> Self {
        let mut driver = Self { client, request_id: None, last: None };
        driver.tell(Input::Start);
        driver
    }

    fn tell(&mut self, input: Input<'_>) {
        for action in self.client.tell(input) {
            match action {
                Action::Send(id, _) | Action::Connect(id, _) => self.request_id = Some(id),
                Action::Publish(publication) => self.last = Some(publication),
                _ => {}
            }
        }
    }

    fn open(&mut self, status: u16, kind: &str) {
        let head = ResponseHead::new(status).header("content-type", kind);
        self.tell(Input::Opened { request_id: self.request_id.unwrap(), head: &head });
    }

    fn bytes(&mut self, bytes: &[u8]) {
        // As pieces of a socket that reads 64 KiB at a time.
        let request_id = self.request_id.unwrap();
        for bytes in bytes.chunks(64 * 1024) {
            self.tell(Input::Bytes { request_id, bytes });
        }
    }

    fn event(&mut self, name: &str, data: &str) {
        self.bytes(format!("event: {name}\ndata: ").as_bytes());
        self.bytes(data.as_bytes());
        self.bytes(b"\n\n");
    }

    fn answer(&mut self, body: &str) {
        self.open(200, "application/json");
        self.bytes(body.as_bytes());
        self.tell(Input::Closed { request_id: self.request_id.unwrap(), end: End::Complete });
    }

    /// Gives a stored list or message.
    fn store(&mut self, environment: &str, text: &str) {
        let (source, environment) = (Source::Snapshot, environment.into());
        self.tell(Input::Stored { source, environment, features: text.as_bytes() });
    }

    fn served(&self) -> usize {
        let Some(last) = &self.last else { return 0 };
        let ruleset = last.rules.ruleset();
        #[cfg(feature = "featbit")]
        return fh_eval::featbit::full_message(ruleset).len();
        #[cfg(not(feature = "featbit"))]
        ruleset.iter().map(|each| each.json().len()).sum()
    }
}

/// A way in which a client gets a message.
struct Door<C> {
    name: &'static str,
    /// The message around a list; `%` is the list's place.
    texts: &'static [&'static str],
    /// Prepares a client.
    prepare: fn() -> Driver<C>,
    /// Passes the message in.
    pass: fn(&mut Driver<C>, &str),
}

/// Returns a list of elements, or the members of an object with such values, of about this size. What follows the place is the end.
fn filled(text: &str, element: &str, size: usize) -> String {
    let (element, place) = match text.contains("%:") {
        true => (format!("\"\":{element}"), "%:"),
        false => (element.to_string(), "%"),
    };
    let count = size / (element.len() + 1);
    let list = vec![element; count].join(",");
    text.replace(place, &list)
}

/// A message with a large list: the text around the elements, an element in which `@` is its number, the number of elements, and the bytes that
/// may stay for each element. They are little more than what stays today, and at most three times the served features.
type Large = (&'static str, &'static str, usize, usize);

/// Checks that large lists are read and served whole.
fn check_large<C: Client>(door: &Door<C>, lists: &[Large]) {
    for (around, element, count, most) in lists {
        let elements: Vec<String> =
            (0..*count).map(|number| element.replace('@', &number.to_string())).collect();
        let message = around.replace('%', &elements.join(","));
        let mut driver = (door.prepare)();
        let begin = thread::begin();
        (door.pass)(&mut driver, &message);
        let taken = |bytes: isize| usize::try_from(bytes - begin).unwrap_or(0);
        let (peak, held, served) = (taken(thread::peak()), taken(thread::held()), driver.served());
        println!(
            "{:8.1} MB, {:6.1} MB stay of {:5.1} served: {count} of {element}",
            peak as f64 / 1e6,
            held as f64 / 1e6,
            served as f64 / 1e6
        );
        // Without the commas between the elements.
        assert!(served + count >= message.len() - 1_000, "{element}");
        assert!(peak <= 8 * message.len() + 32_000_000, "{element}: {peak}");
        assert!(held <= 3 * served + 4_000_000, "{element}: {held} of {served}");
        assert!(held <= most * count, "{element}: {held}, {} for each", held / count);
    }
}

fn check<C: Client>(system: &str, doors: &[Door<C>]) {
    let kib: usize = std::env::var("FH_MESSAGE_KIB").map_or(512, |kib| kib.parse().unwrap());
    let only = std::env::var("FH_MESSAGE_ONLY").unwrap_or_default();
    let mut worst = (0.0, String::new());
    let mut failed = Vec::new();
    for door in doors {
        for text in door.texts {
            for element in ELEMENTS {
                let what = format!("{system}, {}, {text} of {element}", door.name);
                if !what.contains(&only) {
                    continue;
                }
                let message = filled(text, element, kib << 10);
                let mut driver = (door.prepare)();
                let begin = thread::begin();
                let start = std::time::Instant::now();
                (door.pass)(&mut driver, &message);
                let seconds = start.elapsed().as_secs_f64();
                let taken = |bytes: isize| usize::try_from(bytes - begin).unwrap_or(0);
                let (peak, held) = (taken(thread::peak()), taken(thread::held()));
                let ratio = peak as f64 / message.len() as f64;
                println!(
                    "{ratio:6.1} {:8.1} MB, {:6.1} MB stay of {:5.1} served, {seconds:.2} s: {what}",
                    peak as f64 / 1e6,
                    held as f64 / 1e6,
                    driver.served() as f64 / 1e6
                );
                if ratio > worst.0 {
                    worst = (ratio, what.clone());
                }
                let most = 8 * message.len() + 32_000_000;
                let most_held = 3 * driver.served() + 4_000_000;
                if peak > most || held > most_held {
                    failed.push(format!("{what}: {peak} of {most}, {held} of {most_held}"));
                }
            }
        }
    }
    println!("{system}: worst ratio {:.1}, {}", worst.0, worst.1);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
