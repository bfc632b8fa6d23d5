//! The changes that the demo makes while the features are watched.

use std::time::Duration;

use fh_client::{Change, Client, Refusal, Update};
use fh_eval::{Attributes, Subject, Value};
use serde_json::json;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{sleep, timeout};

use super::ROLLED_OUT;
use super::demo_server::{DemoServer, failure};
use super::sample_users::Person;
use crate::clock;
use crate::failure::Failure;
use crate::population::Population;
use crate::sanitize::count;

/// The number of generated ids for which a rollout is counted.
const PEOPLE: u64 = 10_000;
/// The time within which a change must reach the client. A later change is an error of the demo.
const PATIENCE: Duration = Duration::from_secs(10);
/// The successive shares of the value "boosted", in millionths.
const SHARES: [u32; 2] = [300_000, 600_000];

/// A sentence to show, and the channel that reports when it is shown.
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) shown: oneshot::Sender<()>,
}

/// The speed of the demo, as a factor of the normal speed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace(pub(crate) f64);

impl Pace {
    /// Waits so that the user can read. `seconds` is the time at normal speed.
    pub(crate) async fn rest(self, seconds: f64) {
        sleep(Duration::from_secs_f64(seconds / self.0)).await;
    }
}

/// The changes of the demo, and the Edge and the client that they use.
pub(crate) struct Timeline<'a> {
    server: &'a DemoServer,
    client: &'a Client,
    sentences: mpsc::UnboundedSender<Said>,
    news: watch::Receiver<u64>,
    pace: Pace,
}

impl<'a> Timeline<'a> {
    /// Creates the timeline. The timeline sends its sentences to `sentences`, one after the other.
    pub(crate) fn new(
        server: &'a DemoServer,
        client: &'a Client,
        sentences: mpsc::UnboundedSender<Said>,
        news: watch::Receiver<u64>,
        pace: Pace,
    ) -> Self {
        Self { server, client, sentences, news, pace }
    }

    /// Makes the changes of the timeline, one after the other, and shows what they cause. The last change is refused.
    pub(crate) async fn run(mut self) -> Result<(), Failure> {
        let ben = self.client.context_of(Person::ben().attributes);
        let (heard, mut hears) = mpsc::unbounded_channel();
        let listeners = ["NEW_CHECKOUT", ROLLED_OUT].map(|key| {
            let heard = heard.clone();
            ben.on_change(key, move |change| {
                // The receiver is gone once the demo is over.
                let _ = heard.send(change.clone());
            })
        });
        self.pace.rest(1.5).await;

        self.say("PUT: a test sets NEW_CHECKOUT to true").await;
        self.put("NEW_CHECKOUT", Update::value(true)).await?;
        self.heard(&mut hears).await?;
        self.pace.rest(2.0).await;

        let mut inside = self.inside();
        for share in SHARES {
            let percent = share / 10_000;
            self.say(&format!(
                "PATCH: the console rolls \"boosted\" out to {percent} % of all people"
            ))
            .await;
            self.roll_out(share).await?;
            let before = std::mem::replace(&mut inside, self.inside());
            self.say(&counted(&before, &inside)).await;
            if share == SHARES[0] {
                self.heard(&mut hears).await?;
            }
            self.pace.rest(2.0).await;
        }

        self.say("PUT: a test wants TAX_RATE to be 0.2").await;
        match self.server.updates(self.client)?.set("TAX_RATE", Update::value(0.2)).await {
            Err(Refusal::Locked { reason }) => self.say(&format!("… refused: {reason}")).await,
            other => return Err(failure(format!("a locked feature was changed: {other:?}"))),
        }
        self.pace.rest(2.0).await;
        drop(listeners);
        Ok(())
    }

    /// Sends a sentence, and waits until the sentence is shown, so that later changes are shown after it.
    async fn say(&self, text: &str) {
        let (shown, is_shown) = oneshot::channel();
        // The receiver is gone once the demo is over.
        let _ = self.sentences.send(Said { text: text.to_string(), shown });
        let _ = is_shown.await;
    }

    /// Waits for the next change that a listener receives, and shows the change. Fails if no change arrives within
    /// [`PATIENCE`].
    async fn heard(&self, hears: &mut mpsc::UnboundedReceiver<Change>) -> Result<(), Failure> {
        let change = timeout(PATIENCE, hears.recv()).await.ok().flatten();
        let Change { key, old, new, .. } =
            change.ok_or_else(|| failure("no listener was called"))?;
        self.say(&format!(
            "… a listener for Ben is called: {key} {} → {}",
            shown(&old),
            shown(&new)
        ))
        .await;
        Ok(())
    }

    /// Changes a feature through the test interface, and waits until the client has the change.
    async fn put(&mut self, key: &str, update: Update) -> Result<(), Failure> {
        let before = self.version(key);
        let outcome = self.server.updates(self.client)?.set(key, update).await;
        outcome.map_err(|refusal| failure(format!("{key} was not changed: {refusal}")))?;
        self.arrived(key, before).await
    }

    /// Changes the rollout's strategies so that "boosted" gets this share, in millionths. Waits until the client has the
    /// change.
    async fn roll_out(&mut self, share: u32) -> Result<(), Failure> {
        let before = self.version(ROLLED_OUT);
        let strategies = json!({ "strategies": [
            { "id": "boost", "percentage": share, "value": "boosted" },
            { "id": "learn", "percentage": 100_000, "value": "learned" },
        ]});
        self.server.change(ROLLED_OUT, &strategies).await?;
        self.arrived(ROLLED_OUT, before).await
    }

    fn version(&self, key: &str) -> Option<i64> {
        let snapshot = self.client.snapshot();
        snapshot.ruleset().get(key).map(|feature| feature.version())
    }

    /// Waits until the client has another version of the feature than `before`. Fails if no other version arrives within
    /// [`PATIENCE`]. Returns early if the sender of `news` is gone.
    async fn arrived(&mut self, key: &str, before: Option<i64>) -> Result<(), Failure> {
        let arrives = async {
            while self.version(key) == before {
                if self.news.changed().await.is_err() {
                    return;
                }
            }
        };
        let late = |_| failure(format!("the change of {key} did not arrive"));
        timeout(PATIENCE, arrives).await.map_err(late)
    }

    /// Returns one boolean per sampled id, which is true if the id gets the value "boosted".
    fn inside(&self) -> Vec<bool> {
        let snapshot = self.client.snapshot();
        let Some(feature) = snapshot.ruleset().get(ROLLED_OUT) else { return Vec::new() };
        let now = clock::now();
        let mut inside = Vec::new();
        Population::Sampled { count: PEOPLE, seed: 0 }.for_each(|id| {
            let who = Attributes::builder().user_key(id).build();
            inside.push(feature.evaluate(&Subject::new(&who, now)).strategy_position() == Some(0));
        });
        inside
    }
}

/// Describes how the rollout has grown, and how many ids have kept "boosted".
fn counted(before: &[bool], after: &[bool]) -> String {
    let number = |inside: &[bool]| inside.iter().filter(|is_in| **is_in).count();
    let stay = before.iter().zip(after).filter(|(was, is)| **was && **is).count();
    let (was, is) = (number(before), number(after));
    let who = if stay == was {
        "all people".to_string()
    } else {
        format!("only {} people", count(stay as u64))
    };
    format!(
        "… \"boosted\" now goes to {} of {} people instead of {}; {who} who had the value keep it",
        count(is as u64),
        count(PEOPLE),
        count(was as u64)
    )
}

fn shown(value: &Option<Value>) -> String {
    value.as_ref().map_or_else(|| "null".to_string(), ToString::to_string)
}
