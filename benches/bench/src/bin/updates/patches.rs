//! Measures single changes of features: from the bytes of a message to the repository, in which a listener waits for the changed feature.

use std::fmt::Write;
use std::time::{Duration, Instant};

use fh_eval::Timestamp;
use fh_repository::time::Millis;
use fh_repository::{Repository, RepositoryOptions};
use fh_session::featbit::{Config, Endpoints, Secret, Session};
use fh_session::{Action, Input, RequestId, ResponseHead};

use crate::Writer;

/// The numbers of features whose times are compared.
const FEATURES: [usize; 3] = [30, 1_000, 3_000];

/// The number of changes of a run, and the number of runs. The fastest run counts.
const CHANGES: usize = 2_000;
const RUNS: usize = 5;

/// A client that receives changes of numbered features.
trait Receiver {
    fn repository(&self) -> &Repository;
    fn change(&mut self, number: usize);
}

impl Receiver for Writer {
    fn repository(&self) -> &Repository {
        &self.repository
    }

    fn change(&mut self, number: usize) {
        self.update(number);
    }
}

/// A client of FeatBit with an open socket.
struct Socket {
    session: Session,
    repository: Repository,
    request_id: RequestId,
    version: u64,
}

fn flag(number: usize, version: u64) -> String {
    format!(
        r#"{{"id":"{number:08x}-0000-4000-8000-000000000000","key":"FLAG_{number}","updatedAt":"2026-01-01T00:{:02}:{:02}.{:03}Z","variationType":"boolean","isEnabled":{},"disabledVariationId":"off","variations":[{{"id":"on","value":"true"}},{{"id":"off","value":"false"}}],"targetUsers":[],"rules":[],"fallthrough":{{"variations":[{{"id":"on","rollout":[0,1]}}]}}}}"#,
        version / 60_000,
        version / 1_000 % 60,
        version % 1_000,
        version.is_multiple_of(2)
    )
}

impl Socket {
    fn new(features: usize) -> Self {
        let endpoints =
            Endpoints::parse(Some("ws://localhost"), Some("http://localhost"), None).expect("URLs");
        let secret =
            Secret::parse("ERERESIiMzNERFVVVVVVVQW62PD83Zn0ahZXCGdyiVDg").expect("a secret");
        let mut session = Session::new(Config::new(endpoints, secret), 1);
        let now = Timestamp::from_millis(0);
        session.handle(Millis::new(0), now, Input::Start);
        let request_id = loop {
            if let Some(Action::Connect(request_id, _)) = session.poll() {
                break request_id;
            }
        };
        let head = ResponseHead::new(101);
        session.handle(Millis::new(0), now, Input::Opened { request_id, head: &head });
        let repository = Repository::new(RepositoryOptions::new(|| Timestamp::from_millis(0)));
        let mut socket = Self { session, repository, request_id, version: 1 };
        let mut list = String::new();
        for number in 0..features {
            let comma = if number == 0 { "" } else { "," };
            write!(list, "{comma}{}", flag(number, 1)).expect("a text grows");
        }
        socket.message("full", &list);
        socket
    }

    fn message(&mut self, kind: &str, flags: &str) {
        let text = format!(
            r#"{{"messageType":"data-sync","data":{{"eventType":"{kind}","featureFlags":[{flags}],"segments":[]}}}}"#
        );
        let input = Input::Text { request_id: self.request_id, text: text.into() };
        self.session.handle(Millis::new(0), Timestamp::from_millis(0), input);
        while let Some(action) = self.session.poll() {
            match action {
                Action::Publish(publication) => self.repository.publish(publication),
                Action::Status(status) => self.repository.set_status(status),
                _ => {}
            }
        }
    }
}

impl Receiver for Socket {
    fn repository(&self) -> &Repository {
        &self.repository
    }

    fn change(&mut self, number: usize) {
        self.version += 1;
        let flag = flag(number, self.version);
        self.message("patch", &flag);
    }
}

/// Returns the time of a change of the fastest run. Each change concerns the next one of `changed` features.
fn change(receiver: &mut dyn Receiver, changed: usize) -> Duration {
    receiver.repository().on_change("FLAG_0", None, |_| {}).detach();
    let mut run = || {
        let begin = Instant::now();
        for number in 0..CHANGES {
            receiver.change(number % changed);
            receiver.repository().deliver();
        }
        begin.elapsed() / CHANGES as u32
    };
    (0..RUNS).map(|_| run()).min().unwrap_or_default()
}

/// Prints the times of a change of one feature again and again, and of one feature after the other.
pub fn print() {
    println!(
        "| system | features | us a change, one feature | x 30 | all features in turn | x 30 |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    for (system, new) in [
        ("FeatureHub", (|features| Box::new(Writer::new(features))) as fn(_) -> Box<dyn Receiver>),
        ("FeatBit", |features| Box::new(Socket::new(features))),
    ] {
        let mut first = None;
        for features in FEATURES {
            let times =
                [1, features].map(|changed| change(&mut *new(features), changed).as_secs_f64());
            let [one, all] = times;
            let [first_one, first_all] = *first.get_or_insert(times);
            println!(
                "| {system} | {features} | {:.1} | {:.2} | {:.1} | {:.2} |",
                one * 1e6,
                one / first_one,
                all * 1e6,
                all / first_all
            );
        }
    }
}
