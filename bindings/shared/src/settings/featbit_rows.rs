//! The rows of the table that clients of FeatBit add.

use fh_client::System;

use crate::language::Language::{self, TypeScript};

use super::form::Form;
use super::setting::Setting;
use super::system_row::FEATBIT;

const LACKING: &[(Language, &str)] = &[(TypeScript, "its client has no sessions with FeatBit")];
const SETTERS: &[&str] = &["featbit"];

pub(super) const SECRET: Setting = Setting::new(
    "secret",
    Form::Text {
        example: "SERVER_SECRET",
        set: |mut d, secret| {
            d.featbit.secret = Some(secret);
            d
        },
    },
    "The server secret of an environment of FeatBit. Without it, the environment variable `FEATBIT_ENV_SECRET` provides it.",
)
.of(FEATBIT)
.instead(&[(System::FeatureSignals, "api_key")])
.setters(SETTERS)
.lacking(LACKING);

pub(super) const STREAMING_URL: Setting = Setting::new(
    "streaming_url",
    Form::Text {
        example: "wss://flags.example",
        set: |mut d, url| {
            d.featbit.streaming_url = Some(url);
            d
        },
    },
    "The URL of FeatBit's evaluation server for WebSockets. Without it, the environment variable `FEATBIT_STREAMING_URL` provides it. A URL that is missing is taken from `streaming_url`, `polling_url` or `event_url`, in this order.",
)
.of(FEATBIT)
.instead(&[(System::FeatureSignals, "url")])
.setters(SETTERS)
.lacking(LACKING);

pub(super) const POLLING_URL: Setting = Setting::new(
    "polling_url",
    Form::Text {
        example: "https://flags.example",
        set: |mut d, url| {
            d.featbit.polling_url = Some(url);
            d
        },
    },
    "The URL of FeatBit's evaluation server for polls.",
)
.of(FEATBIT)
.instead(&[(System::FeatureSignals, "url")])
.setters(SETTERS)
.lacking(LACKING);

pub(super) const EVENT_URL: Setting = Setting::new(
    "event_url",
    Form::Text {
        example: "https://flags.example",
        set: |mut d, url| {
            d.featbit.event_url = Some(url);
            d
        },
    },
    "The URL of FeatBit's evaluation server for insights. Without it, the environment variable `FEATBIT_EVENT_URL` provides it.",
)
.of(FEATBIT)
.setters(SETTERS)
.lacking(LACKING);

pub(super) const INSIGHTS: Setting = Setting::new(
    "insights",
    Form::Flag(|mut d, is_on| {
        d.featbit.insights = is_on;
        d
    }),
    "False to report neither evaluations nor metrics to FeatBit.",
)
.default("true")
.of(FEATBIT)
.setters(SETTERS)
.lacking(LACKING);

pub(super) const FULL_SYNC: Setting = Setting::new(
    "full_sync",
    Form::Flag(|mut d, is_on| {
        d.featbit.full_sync = is_on;
        d
    }),
    "False to request all flags of FeatBit only at the start and for a refresh. Otherwise the client requests them again from time to time, on average after an hour, because a server reports neither deleted flags nor older data.",
)
.default("true")
.of(FEATBIT)
.setters(SETTERS)
.lacking(LACKING);
