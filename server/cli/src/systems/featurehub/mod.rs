//! Features of FeatureHub: how `fh` reads, evaluates, explains and checks them.

mod cases;
mod lint;

use std::io;

use fh_client::Detail;
use fh_eval::{Attributes, FeatureRef, Ruleset, Severity, Subject, Timestamp};
use fh_files::closest;

use super::flag_system::{Checked, FlagSystem, Given, OpenFlags, SystemReport};
use crate::attribute_names;
use crate::failure::{Failure, Status};
use crate::feature_table::{Names, Reading, Selection};
use crate::payload::{Input, Payload};
use crate::profile::ProfileArgs;
use crate::ruleset::{Rules, RulesArgs, subject};
use crate::sanitize;
use crate::screen::Screen;
use crate::value_ids;

pub(crate) struct Featurehub;

static NAMES: Names = Names { flag: "feature", variant: None };

impl FlagSystem for Featurehub {
    fn open(&self, given: &Given<'_>) -> Result<Box<dyn OpenFlags>, Failure> {
        given.user.refuse()?;
        let payload = given.input.read()?;
        let rules = given.rules.compile(&payload)?;
        let (attributes, now) = (given.subject.attributes(), given.rules.now());
        // The path may be a URL with an API key.
        let path = if given.input.file.contains("://") { "FILE" } else { given.input.file };
        Ok(Box::new(Opened { payload, rules, attributes, now, path: path.to_string() }))
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn read<'r>(
        &self,
        flag: FeatureRef<'r>,
        subject: &Subject<'r, Timestamp>,
        client_read: Option<Detail>,
    ) -> Reading {
        let evaluation = flag.evaluate(subject);
        let (reason, strategy_id) = match client_read {
            Some(detail) => (detail.reason.as_str(), detail.strategy_id.map(Into::into)),
            None => (evaluation.reason().as_str(), evaluation.strategy_id().map(str::to_string)),
        };
        let position = evaluation.strategy_position().map(|position| format!("#{}", position + 1));
        let strategy = strategy_id.clone().or(position);
        let token = flag.value_token(&evaluation).map(str::to_string);
        Reading {
            is_match: strategy.is_some(),
            strategy,
            strategy_id,
            ..Reading::of(&NAMES, flag, &evaluation, token, reason)
        }
    }

    fn note_attributes(
        &self,
        who: &Attributes,
        flags: Option<&Ruleset>,
        screen: &mut Screen<'_>,
    ) -> io::Result<()> {
        attribute_names::note(screen, who, flags.into_iter().flat_map(Ruleset::iter))
    }

    fn no_such_flag(&self, flags: &Ruleset, key: &str) -> String {
        let advice = match closest(key, flags.iter().map(|feature| feature.key())) {
            Some(meant) => format!("did you mean {meant}?"),
            None => "`fh get` without FEATURE shows all features".to_string(),
        };
        format!("the Edge has no feature {key}; {advice}")
    }

    fn cases(
        &self,
        path: &str,
        _state: Option<&str>,
        rules: &RulesArgs,
        screen: &mut Screen<'_>,
    ) -> Result<Status, Failure> {
        cases::run(path, rules.profile()?, rules.now(), screen)
    }

    fn lint(
        &self,
        input: Input<'_>,
        environment: Option<&str>,
        profile: ProfileArgs,
    ) -> Result<Checked, Failure> {
        lint::run(input, environment, profile)
    }
}

struct Opened {
    payload: Payload,
    rules: Rules,
    attributes: Option<Attributes>,
    now: Timestamp,
    /// The path of the file for commands that messages show.
    path: String,
}

impl Opened {
    fn subject(&self) -> Subject<'_, Timestamp> {
        subject(self.attributes.as_ref(), self.now)
    }

    /// Writes a note if percentages that hash an unknown id decide some of these features.
    fn note_guesses<'k>(
        &self,
        keys: impl Iterator<Item = &'k str>,
        screen: &mut Screen<'_>,
    ) -> io::Result<()> {
        let subject = self.subject();
        let guessed: Vec<&str> = keys.filter(|key| self.rules.is_guess(key, &subject)).collect();
        if guessed.is_empty() {
            return Ok(());
        }
        let note = value_ids::note(&self.payload.name, &guessed.join(", "));
        screen.aside(&format!("note: {note}"))
    }
}

impl OpenFlags for Opened {
    fn evaluate(
        &self,
        keys: &[String],
        json: bool,
        screen: &mut Screen<'_>,
    ) -> Result<Status, Failure> {
        let (Self { payload, rules, path, .. }, subject) = (self, self.subject());
        let ruleset = &rules.ruleset;
        let read = |feature| Featurehub.read(feature, &subject, None);
        let all: Vec<Reading> = ruleset.iter().map(read).collect();
        let selection = Selection::of(&NAMES, &all, keys);
        self.note_guesses(selection.shown.iter().map(|reading| &*reading.key), screen)?;
        selection.write(screen, json, "no features")?;
        let errors = ruleset.diagnostics().filter(|each| each.severity() == Severity::Error);
        let unread = errors.count();
        if unread > 0 {
            let parts = sanitize::plural(unread, "part", "parts");
            let name = &payload.name;
            let lint = format!("`fh lint {path}` lists them");
            screen.aside(&format!("warning: {parts} of {name} cannot be used; {lint}"))?;
        }
        if let Some(attributes) = &self.attributes {
            attribute_names::note(screen, attributes, ruleset.iter())?;
        }
        selection.end(screen, |key| rules.no_such_feature(key, payload))
    }

    fn explain(&self, key: &str, screen: &mut Screen<'_>) -> Result<SystemReport, Failure> {
        let feature = self.rules.feature(key, &self.payload)?;
        self.note_guesses([key].into_iter(), screen)?;
        Ok(SystemReport::Feature(feature.explain(&self.subject()).report()))
    }

    fn note(&self, key: &str, screen: &mut Screen<'_>) -> io::Result<()> {
        match &self.attributes {
            Some(attributes) => {
                attribute_names::note(screen, attributes, self.rules.ruleset.get(key))
            }
            None => Ok(()),
        }
    }
}
