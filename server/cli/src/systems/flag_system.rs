//! What each system does in its own way for the commands that read files or query servers.

use std::io;
use std::sync::Arc;

use fh_client::{Detail, Snapshot};
use fh_eval::{Attributes, FeatureRef, FlagReport, Report, Ruleset, Subject, Timestamp};
use serde::Serialize;

use crate::clock;
use crate::failure::{Failure, Status};
use crate::feature_table::{Names, Reading};
use crate::flag_server::Servers;
use crate::json_output;
use crate::payload::Input;
use crate::profile::ProfileArgs;
use crate::ruleset::{RulesArgs, SubjectArgs};
use crate::sanitize::plural;
use crate::screen::Screen;
use crate::system::UserArgs;
use crate::systems::flags::no_such_flag;
use fh_edge::internal::Finding;

/// The flags to evaluate, and the user or the context for whom.
pub(crate) struct Given<'a> {
    pub(crate) input: Input<'a>,
    pub(crate) user: &'a UserArgs,
    pub(crate) subject: &'a SubjectArgs,
    pub(crate) rules: &'a RulesArgs,
}

/// A system of flags.
pub(crate) trait FlagSystem {
    /// Reads flags and the user or the context.
    fn open(&self, given: &Given<'_>) -> Result<Box<dyn OpenFlags>, Failure>;

    /// Returns the names of the system's flags and of what decides their values.
    fn names(&self) -> &'static Names;

    /// Returns how a command opens a server of the system. `None` stands for an Edge, which has other arguments.
    fn servers(&self) -> Option<&'static Servers> {
        None
    }

    /// Evaluates a flag. `client_read` is the client's read of a server's flag.
    fn read<'r>(
        &self,
        flag: FeatureRef<'r>,
        subject: &Subject<'r, Timestamp>,
        client_read: Option<Detail>,
    ) -> Reading;

    /// Writes notes on the attributes of a context, compared with those that the flags read.
    fn note_attributes(
        &self,
        _who: &Attributes,
        _flags: Option<&Ruleset>,
        _screen: &mut Screen<'_>,
    ) -> io::Result<()> {
        Ok(())
    }

    /// Writes a warning if parts of a server's flags cannot be used.
    fn warn_of_unread(&self, _flags: &Ruleset, _screen: &mut Screen<'_>) -> io::Result<()> {
        Ok(())
    }

    /// Returns the error for a flag that a server does not have.
    fn no_such_flag(&self, flags: &Ruleset, key: &str) -> String {
        no_such_flag("the server", flags, key)
    }

    /// Evaluates the cases in a file. `state` is a file with the flags of the cases, if they stand in a file of their own.
    fn cases(
        &self,
        path: &str,
        state: Option<&str>,
        rules: &RulesArgs,
        screen: &mut Screen<'_>,
    ) -> Result<Status, Failure>;

    /// Finds the mistakes in a file.
    fn lint(
        &self,
        input: Input<'_>,
        environment: Option<&str>,
        profile: ProfileArgs,
    ) -> Result<Checked, Failure>;
}

impl dyn FlagSystem {
    /// Evaluates all flags of a snapshot, in the order of its ruleset. These evaluations do not count as uses of the flags.
    pub(crate) fn readings(&self, snapshot: &Snapshot, who: &Arc<Attributes>) -> Vec<Reading> {
        let now = clock::now();
        let subject = match snapshot.is_server_evaluated() {
            // The server has evaluated the flags already.
            true => Subject::without_context(now),
            false => Subject::new(who, now),
        };
        let reads = snapshot.of(who);
        // The snapshot knows the reason and the strategy that the Edge sent. The read also keeps passive polling going.
        let read = |flag: FeatureRef<'_>| self.read(flag, &subject, Some(reads.peek(flag.key())));
        snapshot.ruleset().iter().map(read).collect()
    }
}

/// Flags that were read, for a user or a context.
pub(crate) trait OpenFlags {
    /// Writes the values of the flags with these keys, or of all flags without keys.
    fn evaluate(
        &self,
        keys: &[String],
        json: bool,
        screen: &mut Screen<'_>,
    ) -> Result<Status, Failure>;

    /// Explains how a flag gets its value. Writes notes that come before the explanation.
    fn explain(&self, key: &str, screen: &mut Screen<'_>) -> Result<SystemReport, Failure>;

    /// Writes notes on the context, which come after the explanation of a flag.
    fn note(&self, _key: &str, _screen: &mut Screen<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// The explanation of a value.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum SystemReport {
    Feature(Report),
    Flag(FlagReport),
}

impl SystemReport {
    pub(crate) fn write(&self, json: bool, screen: &mut Screen<'_>) -> io::Result<()> {
        match self {
            _ if json => json_output::document(screen.raw(), self),
            Self::Feature(report) => screen.lines(&report.lines()),
            Self::Flag(report) => screen.lines(&report.lines()),
        }
    }
}

/// The findings about a file.
pub(crate) struct Checked {
    /// The name of the file in messages.
    pub(crate) name: String,
    /// The numbers of the parts that were checked, by the names of the parts. The first part is that of the summary.
    pub(crate) parts: Vec<(&'static str, usize)>,
    pub(crate) findings: Vec<Finding>,
    /// The number of findings that the file itself accepts.
    pub(crate) accepted: usize,
    /// True if the findings are about one environment, whose name they need not say.
    pub(crate) is_one_environment: bool,
}

impl Checked {
    /// Returns the findings about flags and segments, which have no environment.
    pub(crate) fn of_flags(name: String, sizes: [usize; 2], findings: Vec<Finding>) -> Self {
        let [flags, segments] = sizes;
        let parts = vec![("flags", flags), ("segments", segments)];
        Self { name, parts, findings, accepted: 0, is_one_environment: true }
    }

    /// Returns the words for the number of features or flags.
    pub(crate) fn counted(&self) -> String {
        let (name, count) = self.parts.first().copied().unwrap_or_default();
        plural(count, name.trim_end_matches('s'), name)
    }
}
