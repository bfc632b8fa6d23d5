//! Rulesets and contexts of FeatureSignals: how `fh` reads, evaluates, explains and checks them.

mod cases;
mod flags;
mod server;

use std::io;

use fh_client::Detail;
use fh_eval::featuresignals::{explain, reason};
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

pub(crate) struct Featuresignals;

static NAMES: Names =
    Names { flag: "flag", variant: Some(VariantNames { noun: "variant", id: "variantKey" }) };

impl FlagSystem for Featuresignals {
    fn open(&self, given: &Given<'_>) -> Result<Box<dyn OpenFlags>, Failure> {
        given.rules.featuresignals_profile()?;
        let (now, context) = (given.rules.now(), flags::context(given.user, given.subject)?);
        let flags = flags::read(given.input.file)?;
        let lint = format!("fh lint --system featuresignals {}", given.input.file);
        let who = context.attributes().clone();
        let explain = Box::new(move |flag: FeatureRef<'_>| explain(flag, &context, now).report());
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
        let reason = reason(&evaluation);
        Reading {
            is_match: matches!(reason, "TARGETED" | "ROLLOUT" | "VARIANT"),
            // FeatureSignals has no versions.
            version: None,
            ..Reading::of(&NAMES, flag, &evaluation, flags::json_of(&evaluation), reason)
        }
    }

    fn warn_of_unread(&self, flags: &Ruleset, screen: &mut Screen<'_>) -> io::Result<()> {
        warn_of_unread("the server", flags, None, screen)
    }

    fn cases(
        &self,
        path: &str,
        state: Option<&str>,
        rules: &RulesArgs,
        screen: &mut Screen<'_>,
    ) -> Result<Status, Failure> {
        rules.featuresignals_profile()?;
        cases::run(path, state, rules.now(), screen)
    }

    fn lint(
        &self,
        input: Input<'_>,
        _environment: Option<&str>,
        profile: ProfileArgs,
    ) -> Result<Checked, Failure> {
        profile.of_featuresignals()?;
        let (name, bytes) = read_bytes(input.file)?;
        let document = flags::parse(&name, &bytes)?;
        let findings = flag_lint::featuresignals::lint(&document, &bytes);
        Ok(Checked::of_flags(name, [document.flags.len(), document.segments.len()], findings))
    }
}
