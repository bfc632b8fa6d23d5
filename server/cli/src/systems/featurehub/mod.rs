//! Features of FeatureHub: how `fh` reads, evaluates, explains and checks them.

mod cases;
mod lint;

use std::io;

use fh_eval::{Attributes, Severity, Subject, Timestamp};

use super::flag_system::{Checked, FlagSystem, Given, OpenFlags, SystemReport};
use crate::attribute_names;
use crate::failure::{Failure, Status};
use crate::feature_table::{Reading, Selection};
use crate::payload::{Input, Payload};
use crate::profile::ProfileArgs;
use crate::ruleset::{Rules, RulesArgs, subject};
use crate::sanitize;
use crate::screen::Screen;
use crate::value_ids;

pub(crate) struct Featurehub;

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
        let all: Vec<Reading<'_>> = ruleset
            .iter()
            .map(|feature| Reading::evaluated(feature, &feature.evaluate(&subject)))
            .collect();
        let selection = Selection::of(&all, keys);
        self.note_guesses(selection.shown.iter().map(|reading| reading.key()), screen)?;
        selection.write(screen, json)?;
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
