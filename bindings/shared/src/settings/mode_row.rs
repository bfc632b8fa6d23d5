//! The row of the table for the way of fetching.

use super::form::{Form, choice, choice_of};
use super::mode::Mode;
use super::setting::Setting;
use super::system_row::{EVALUATING, FEATUREHUB};

pub(super) const MODE: Setting = Setting::new(
    "mode",
    Form::Choice(&[
        choice(
            "streaming",
            |mut d| {
                d.mode = Some(Mode::Streaming);
                d
            },
            "The client keeps one stream open, and polls while the Edge cannot stream. It needs a single API key.",
        ),
        choice(
            "polling",
            |mut d| {
                d.mode = Some(Mode::Polling);
                d
            },
            "The client polls at the start, and again after each interval.",
        ),
        choice_of(
            FEATUREHUB,
            "passive",
            |mut d| {
                d.mode = Some(Mode::Passive);
                d
            },
            "The client polls at the start, and again at the first read after the interval. The read does not wait for the poll.",
        ),
        choice_of(
            EVALUATING,
            "once",
            |mut d| {
                d.mode = Some(Mode::Once);
                d
            },
            "The client polls once. It retries until a poll succeeds.",
        ),
        choice(
            "offline",
            |mut d| {
                d.mode = Some(Mode::Offline);
                d
            },
            "The client sends no requests. Its features come from a bootstrap document, a snapshot file or overrides.",
        ),
    ]),
    "The way in which the client fetches features. The default is streaming with one API key or with FeatBit, and polling with several API keys or with FeatureSignals.",
)
.setters(&["streaming", "polling", "passive", "once", "offline"]);
