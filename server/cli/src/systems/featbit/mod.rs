//! Payloads and users of FeatBit: how `fh` reads, evaluates, explains and checks them.

mod cases;
mod flags;
mod server;

use std::io;

use fh_client::Detail;
use fh_eval::featbit::{explain, reason};
use fh_eval::{FeatureRef, Ruleset, Subject, Timestamp};

use super::flag_system::{Checked, FlagSystem, Given, OpenFlags};
use super::flag_table::{OpenedFlags, warn_of_unread};
use crate::failure::{Failure, Status};
use crate::feature_table::{Names, Reading, VariantNames};
use crate::flag_lint;
use crate::flag_server::Servers;
use crate::payload::{Input, read_bytes};
use crate::profile::ProfileArgs;
use crate::ruleset::RulesArgs;
use crate::screen::Screen;

pub(crate) struct Featbit;

static NAMES: Names =
    Names { flag: "flag", variant: Some(VariantNames { noun: "variation", id: "variationId" }) };

impl FlagSystem for Featbit {
    fn open(&self, given: &Given<'_>) -> Result<Box<dyn OpenFlags>, Failure> {
        let profile = given.rules.featbit_profile()?;
        let flags = flags::read(given.input.file, profile)?;
        let user = flags::user(given.user, given.subject)?;
        let lint = format!("fh lint --system featbit {}", given.input.file);
        let who = user.attributes().clone();
        let explain = Box::new(move |flag: FeatureRef<'_>| explain(flag, &user).report());
        // Flags of FeatBit depend on no time.
        let now = Timestamp::from_millis(0);
        Ok(Box::new(OpenedFlags { system: &Self, flags, who, now, lint, explain }))
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn servers(&self) -> Option<&'static Servers> {
        Some(&server::SERVERS)
    }

    fn read<'r>(
        &self,
        flag: FeatureRef<'r>,
        subject: &Subject<'r, Timestamp>,
        _client_read: Option<Detail>,
    ) -> Reading {
        let evaluation = flag.evaluate(subject);
        // A value of FeatBit is always a text.
        let text = evaluation.value().map(ToString::to_string);
        let token = text.and_then(|text| serde_json::to_string(&text).ok());
        let reason = reason(&evaluation);
        Reading {
            is_match: matches!(reason, "TargetMatch" | "RuleMatch"),
            variant_name: evaluation.variant().map(|id| flags::variation_name(flag, id)),
            ..Reading::of(&NAMES, flag, &evaluation, token, reason)
        }
    }

    fn warn_of_unread(&self, flags: &Ruleset, screen: &mut Screen<'_>) -> io::Result<()> {
        warn_of_unread("the server", flags, Some("fh lint --system featbit FILE"), screen)
    }

    fn cases(
        &self,
        path: &str,
        _state: Option<&str>,
        rules: &RulesArgs,
        screen: &mut Screen<'_>,
    ) -> Result<Status, Failure> {
        cases::run(path, rules.featbit_profile()?, screen)
    }

    fn lint(
        &self,
        input: Input<'_>,
        _environment: Option<&str>,
        profile: ProfileArgs,
    ) -> Result<Checked, Failure> {
        let profile = profile.of_featbit()?;
        let (name, bytes) = read_bytes(input.file)?;
        let document = flags::parse(&name, &bytes)?;
        let findings = flag_lint::featbit::lint(&document, &bytes, profile);
        Ok(Checked::of_flags(name, [document.flags.len(), document.segments.len()], findings))
    }
}
