//! The row of the table that selects the system of the client's server.

use fh_client::System;

use crate::language::Language::{Python, TypeScript};

use super::form::{Form, choice};
use super::setting::Setting;

pub(super) const SYSTEM: Setting = Setting::new(
    "system",
    Form::Choice(&[
        choice(
            "featurehub",
            |d| d.of_system(System::FeatureHub),
            "FeatureHub, whose servers are Edges.",
        ),
        choice(
            "featbit",
            |d| d.of_system(System::FeatBit),
            "FeatBit. A client whose transport cannot open sockets polls.",
        ),
        choice(
            "featuresignals",
            |d| d.of_system(System::FeatureSignals),
            "FeatureSignals, whose server evaluates the flags for one context unless the client has a ruleset.",
        ),
    ]),
    "The system of the client's server.",
)
.default("\"featurehub\"")
.setters(&["featbit", "featuresignals"])
.lacking(&[
    (TypeScript, "its client has no sessions with other systems"),
    (Python, "it is the constructor `Client.featbit` or `Client.featuresignals`"),
]);
