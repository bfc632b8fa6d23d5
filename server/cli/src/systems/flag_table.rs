//! The flags of a file of a system other than FeatureHub, with their values.

use std::io;

use fh_eval::{Attributes, FeatureRef, FlagReport, Ruleset, Subject, Timestamp};

use crate::failure::{Failure, Status};
use crate::feature_table::{Reading, Selection};
use crate::sanitize;
use crate::screen::Screen;
use crate::systems::flag_system::{FlagSystem, OpenFlags, SystemReport};
use crate::systems::flags::Flags;

/// Writes a warning if parts of flags cannot be used. `lint` is the command that lists these parts; `None` if there is none.
pub(crate) fn warn_of_unread(
    name: &str,
    flags: &Ruleset,
    lint: Option<&str>,
    screen: &mut Screen<'_>,
) -> io::Result<()> {
    let unread = flags.diagnostics().count();
    if unread == 0 {
        return Ok(());
    }
    let parts = sanitize::plural(unread, "part", "parts");
    let advice = lint.map(|lint| format!("; `{lint}` lists them")).unwrap_or_default();
    screen.aside(&format!("warning: {parts} of {name} cannot be used as written{advice}"))
}

/// The flags of a file, for a user or a context.
pub(crate) struct OpenedFlags {
    pub(crate) system: &'static dyn FlagSystem,
    pub(crate) flags: Flags,
    pub(crate) who: Attributes,
    pub(crate) now: Timestamp,
    /// The command that lists the parts of the file that cannot be used.
    pub(crate) lint: String,
    pub(crate) explain: Box<dyn Fn(FeatureRef<'_>) -> FlagReport>,
}

impl OpenFlags for OpenedFlags {
    fn evaluate(
        &self,
        keys: &[String],
        json: bool,
        screen: &mut Screen<'_>,
    ) -> Result<Status, Failure> {
        let (Flags { name, ruleset, .. }, subject) =
            (&self.flags, Subject::new(&self.who, self.now));
        let all: Vec<Reading> =
            ruleset.iter().map(|flag| self.system.read(flag, &subject, None)).collect();
        let selection = Selection::of(self.system.names(), &all, keys);
        selection.write(screen, json, "no flags")?;
        warn_of_unread(name, ruleset, Some(&self.lint), screen)?;
        selection.end(screen, |key| self.flags.no_such_flag(key))
    }

    fn explain(&self, key: &str, _screen: &mut Screen<'_>) -> Result<SystemReport, Failure> {
        Ok(SystemReport::Flag((self.explain)(self.flags.get(key)?)))
    }
}
