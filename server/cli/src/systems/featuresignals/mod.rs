//! Rulesets and contexts of FeatureSignals: how `fh` reads, evaluates, explains and checks them.

mod cases;
pub(crate) mod flags;
pub(crate) mod server;

use fh_eval::featuresignals::{explain, reason};
use fh_eval::{FeatureRef, Subject, Timestamp};

use super::flag_system::{Checked, FlagSystem, Given, OpenFlags};
use super::flag_table::{OpenedFlags, Row, ValueId};
use crate::failure::{Failure, Status};
use crate::flag_lint;
use crate::payload::{Input, read_bytes};
use crate::profile::ProfileArgs;
use crate::ruleset::RulesArgs;
use crate::screen::Screen;

pub(crate) struct Featuresignals;

impl FlagSystem for Featuresignals {
    fn open(&self, given: &Given<'_>) -> Result<Box<dyn OpenFlags>, Failure> {
        given.rules.featuresignals_profile()?;
        let (now, context) = (given.rules.now(), flags::context(given.user, given.subject)?);
        let flags = flags::read(given.input.file)?;
        let lint = format!("fh lint --system featuresignals {}", given.input.file);
        let who = context.attributes().clone();
        let explain = Box::new(move |flag: FeatureRef<'_>| explain(flag, &context, now).report());
        Ok(Box::new(OpenedFlags { flags, who, now, lint, row, explain }))
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

/// Returns the row of a flag.
pub(crate) fn row<'r>(flag: FeatureRef<'r>, subject: &Subject<'r, Timestamp>) -> Row<'r> {
    let evaluation = flag.evaluate(subject);
    let id = ValueId::VariantKey(evaluation.variant());
    Row::of(flag, &evaluation, flags::json_of(&evaluation), id, reason(&evaluation))
}
