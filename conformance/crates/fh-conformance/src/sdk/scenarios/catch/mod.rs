//! C-CR: catch & release.

mod held;
mod order;

use std::time::{Duration, Instant};

use fh_test_servers::featurehub::Route;

use crate::protocol::{Create, ListenOn};
use crate::sdk::{
    ExpectedAnswer, Group, SCENARIO, Scenario, Scene, SdkClient, SdkListener, Stage, Stop, Tempo,
    Verdict,
};

use super::readiness::SLOW_RETRY;

/// The scenarios of catch & release.
pub(super) const GROUP: Group = Group {
    name: "C-CR",
    title: "catch & release",
    scenarios: &[
        Scenario {
            id: "C-CR-001",
            name: "hold",
            when: "F changes",
            then: "reads give the old value and version, and a listener for new states is called once, if the SDK has one",
            bites: &["CatchHoldsNothing", "HeldStatesAreSilent"],
            run: held::hold,
            ..HOLDING
        },
        Scenario {
            id: "C-CR-002",
            name: "release",
            requires: &["catch_release", "listen.feature"],
            given: "a client that holds updates, with a listener for changes of F",
            when: "F changes and the program releases",
            then: "the listener is called once, after the release; reads give the new value; later updates are held again",
            bites: &[
                "CatchHoldsNothing",
                "HeldStatesAreSilent",
                "ReleaseEndsCatching",
                "ReleaseServesNothing",
            ],
            run: held::release,
            ..HOLDING
        },
        Scenario {
            id: "C-CR-003",
            name: "first-load",
            needs: &["catch"],
            given: "a client that holds updates from the start",
            when: "the first list and a change of F arrive",
            then: "the first list is applied and makes the client READY, and the change is held",
            bites: &["CatchHoldsTheFirstList", "ReleaseServesNothing"],
            run: held::first_load,
            ..HOLDING
        },
        Scenario {
            id: "C-CR-004",
            name: "delete-held",
            requires: &["transport.poll", "catch_release"],
            when: "a list lacks G, and the program releases",
            then: "G exists with its value until the release, and does not exist afterwards",
            bites: &["CatchHoldsNothing"],
            run: held::delete_held,
            ..HOLDING
        },
        Scenario {
            id: "C-CR-005",
            name: "two-updates",
            requires: &["catch_release", "listen.feature"],
            given: "a client that holds updates, with a listener for changes of F",
            when: "versions 2 and 3 of F arrive, and the program releases",
            then: "the listener is called once, with version 3",
            bites: &["FirstHeldUpdateStays"],
            run: order::two_updates,
            ..HOLDING
        },
        Scenario {
            id: "C-CR-006",
            name: "older-held",
            when: "version 3 of F arrives, then version 2, and the program releases",
            then: "reads give version 3",
            bites: &["FirstHeldUpdateStays"],
            run: order::older_held,
            ..HOLDING
        },
        Scenario {
            id: "C-CR-007",
            name: "disable",
            when: "F and G change, the program stops holding, and F changes again",
            then: "the held changes are served at once, and the later one as it arrives",
            bites: &["StopGoesOnCatching"],
            run: order::disable,
            ..HOLDING
        },
        Scenario {
            id: "C-CR-008",
            name: "failure-held",
            requires: &["transport.stream", "catch_release"],
            when: "F changes, and the Edge sends failure and ends the stream",
            then: "the readiness is FAILED with the values of before; it is READY after the next list, which is held",
            tempo: SLOW_RETRY,
            bites: &["CatchHoldsReadiness"],
            run: order::failure_held,
            ..HOLDING
        },
        Scenario {
            id: "C-CR-009",
            name: "new-feature-held",
            when: "the feature H is created, and the program releases",
            then: "H does not exist until the release, and has its value afterwards",
            bites: &["CatchHoldsNothing"],
            run: held::new_feature_held,
            ..HOLDING
        },
    ],
    not_executed: &[],
};

/// The default of the scenarios of this group.
const HOLDING: Scenario = Scenario {
    tier: 3,
    requires: &["catch_release"],
    given: "a client that is ready and then holds updates",
    decision: "sdk-behaviour 2.7",
    stage: Stage::with_features_f_and_g,
    ..SCENARIO
};

/// A client that holds updates.
struct Holder<'s> {
    scene: &'s Scene<'s>,
    client: SdkClient,
    /// True if the client polls.
    polls: bool,
    /// A listener for new states, if the SDK has one. It shows that a held update of a stream has arrived; not all SDKs report deletions.
    news: Option<SdkListener>,
}

impl<'s> Holder<'s> {
    /// Starts a client that receives updates, waits until it is ready, and lets it hold updates.
    fn start(scene: &'s Scene<'s>) -> Result<Self, Stop> {
        let holder = Self::ready(scene, scene.updating(), !scene.can("transport.stream"))?;
        holder.client.catch(true)?;
        Ok(holder)
    }

    /// Starts a client, and waits until it is ready.
    fn ready(scene: &'s Scene<'s>, create: Create, polls: bool) -> Result<Self, Stop> {
        let client = scene.create(create)?;
        client.until_ready()?;
        let can = scene.can("listen.new_state");
        let news = can.then(|| client.on("new state", ListenOn::NewState)).transpose()?;
        Ok(Self { scene, client, polls, news })
    }

    /// Makes a change at the Edge that the client holds, waits until it has arrived, and checks that `F` is read as before.
    fn holds(&self, label: &str, change: impl FnOnce(), expected: &ExpectedAnswer) -> Verdict {
        let news = self.news.as_ref().filter(|_| !self.polls);
        let calls = news.map(|news| news.calls().len()).unwrap_or_default();
        change();
        if let Some(news) = news {
            news.until_calls(&format!("new state before the {label}"), calls + 1)?;
        }
        if self.polls {
            // The next poll may have begun before the change. The one after it shows that its answer was applied.
            let polls = self.scene.edge().recording().count(Route::Poll);
            let label = format!("two polls before the {label}");
            self.scene.until_requests(&label, Route::Poll, polls + 2)?;
        }
        self.stays(label, "F", expected)
    }

    /// Reads a feature again and again for a second. Each answer must be the expected one.
    fn stays(&self, label: &str, feature: &str, expected: &ExpectedAnswer) -> Verdict {
        let end = Instant::now() + Tempo::watch(self.scene.tempo().poll, 5);
        while Instant::now() < end {
            self.reads(label, feature, expected)?;
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Reads a feature once.
    fn reads(&self, label: &str, feature: &str, expected: &ExpectedAnswer) -> Verdict {
        self.scene.answers(label, &self.client, feature, expected)
    }

    /// Reads a feature as soon as it has a value, or again as soon as it has none.
    fn comes(
        &self,
        label: &str,
        feature: &str,
        value: Option<&str>,
        expected: &ExpectedAnswer,
    ) -> Verdict {
        self.client.until_string(label, feature, value)?;
        self.reads(&format!("answer with the {label}"), feature, expected)
    }
}
