//! Payloads and users of FeatBit: how `fh` reads, evaluates, explains and checks them.

mod cases;
pub(crate) mod flags;
pub(crate) mod server;

use fh_eval::featbit::{explain, reason};
use fh_eval::{FeatureRef, Subject, Timestamp};

use super::flag_system::{Checked, FlagSystem, Given, OpenFlags};
use super::flag_table::{OpenedFlags, Row, ValueId};
use crate::failure::{Failure, Status};
use crate::flag_lint;
use crate::payload::{Input, read_bytes};
use crate::profile::ProfileArgs;
use crate::ruleset::RulesArgs;
use crate::screen::Screen;

pub(crate) struct Featbit;

impl FlagSystem for Featbit {
    fn open(&self, given: &Given<'_>) -> Result<Box<dyn OpenFlags>, Failure> {
        let profile = given.rules.featbit_profile()?;
        let user = flags::user(given.user, given.subject)?;
        let flags = flags::read(given.input.file, profile)?;
        let lint = format!("fh lint --system featbit {}", given.input.file);
        let who = user.attributes().clone();
        let explain = Box::new(move |flag: FeatureRef<'_>| explain(flag, &user).report());
        // Flags of FeatBit depend on no time.
        let now = Timestamp::from_millis(0);
        Ok(Box::new(OpenedFlags { flags, who, now, lint, row, explain }))
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

/// Returns the row of a flag.
pub(crate) fn row<'r>(flag: FeatureRef<'r>, subject: &Subject<'r, Timestamp>) -> Row<'r> {
    let evaluation = flag.evaluate(subject);
    // A value of FeatBit is always a text.
    let text = evaluation.value().map(ToString::to_string);
    let json = text.and_then(|text| serde_json::to_string(&text).ok());
    let id = ValueId::VariationId(evaluation.variant());
    Row::of(flag, &evaluation, json, id, reason(&evaluation))
}
