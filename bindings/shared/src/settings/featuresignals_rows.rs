//! The rows of the table that clients of FeatureSignals add.

use fh_client::System;

use crate::language::Language::{self, TypeScript};

use super::form::Form;
use super::setting::Setting;

const LACKING: &[(Language, &str)] =
    &[(TypeScript, "its client has no sessions with FeatureSignals")];

/// Returns a setting of clients of FeatureSignals.
const fn own(name: &'static str, form: Form, about: &'static str) -> Setting {
    Setting::new(name, form, about)
        .of(&[System::FeatureSignals])
        .setters(&["featuresignals"])
        .lacking(LACKING)
}

pub(super) const API_KEY: Setting = own(
    "api_key",
    Form::Text {
        example: "fs_srv_0123456789",
        set: |mut d, key| {
            d.featuresignals.api_key = Some(key);
            d
        },
    },
    "The API key of an environment of FeatureSignals. Without it, the environment variable `FEATURESIGNALS_API_KEY` provides it.",
)
.instead(&[(System::FeatureHub, "api_keys"), (System::FeatBit, "secret")]);

pub(super) const ENVIRONMENT: Setting = own(
    "environment",
    Form::Text {
        example: "production",
        set: |mut d, slug| {
            d.featuresignals.environment = Some(slug);
            d
        },
    },
    "The slug of the environment to which the API key belongs. Without it, the environment variable `FEATURESIGNALS_ENVIRONMENT` provides it.",
);

pub(super) const REASONS: Setting = own(
    "reasons",
    Form::Flag(|mut d, is_on| {
        d.featuresignals.reasons = is_on;
        d
    }),
    "True to request reasons and variants also for a context without attributes, which takes one more request for each 100 flags.",
)
.default("false");

pub(super) const FLAGS: Setting = own(
    "flags",
    Form::Texts {
        example: "new-checkout",
        set: |mut d, keys| {
            d.featuresignals.flags = Some(keys);
            d
        },
    },
    "The keys of the flags that the program reads. Without it, the program can read all flags.",
);

pub(super) const RULESET: Setting = own(
    "ruleset",
    Form::Json(|mut d, json| {
        d.featuresignals.ruleset = Some(json);
        d
    }),
    "The ruleset that the client evaluates itself, for any number of contexts, in place of a server.",
);

pub(super) const RULESET_FILE: Setting = own(
    "ruleset_file",
    Form::Path(|mut d, path| {
        d.featuresignals.ruleset_file = Some(path);
        d
    }),
    "The file with the ruleset that the client evaluates itself. The client checks twice a second whether the file has changed.",
);

pub(super) const STREAM: Setting = own(
    "stream",
    Form::Flag(|mut d, is_on| {
        d.featuresignals.stream = Some(is_on);
        d
    }),
    "True to keep a stream open, too, which announces changes. Servers of FeatureSignals as shipped refuse streams. While the server refuses them, the client polls.",
)
.default("false");

pub(super) const STREAM_LIFETIME: Setting = own(
    "stream_lifetime",
    Form::Seconds(|mut d, time| {
        d.featuresignals.stream_lifetime = Some(time);
        d
    }),
    "The time after which the client replaces a stream by a new one, because servers of FeatureSignals as shipped lose the first event that is later than 30 seconds.",
)
.default("25");
