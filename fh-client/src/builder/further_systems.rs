//! The settings that clients of all systems have, for clients of another system than FeatureHub.

use fh_repository::system::System;
use fh_session::{ApiKeys, Config, EdgeUrl, Limits};

use crate::session_config::NOWHERE;
use crate::settings::{BuilderSettings, check_common};
use crate::start_error::StartError;
use crate::transport::InvalidSetting;

/// The system of a client, and its default settings.
pub(super) struct Defaults<'a> {
    pub(super) system: System,
    pub(super) limits: Limits,
    pub(super) identification: &'a Option<String>,
    /// The headers that the session sets.
    pub(super) own_headers: &'a [&'a str],
    /// The function or setting that replaces each setting that only clients of FeatureHub have, if there is one.
    pub(super) bootstrap: Option<&'a str>,
    /// True if the server may evaluate for one context, whose change may keep values.
    pub(super) switches_contexts: bool,
    /// True if the end of a stream that was open for long restarts the delays of retries.
    pub(super) has_healthy_streams: bool,
}

impl BuilderSettings {
    /// Returns the settings that sessions with all systems have, after the program has changed them. A setting that belongs to FeatureHub alone
    /// is an error.
    pub(super) fn of_all_systems(&self, defaults: &Defaults<'_>) -> Result<Config, StartError> {
        let system = defaults.system;
        let own = format!("set the one of `{}::Settings`", system.as_str());
        let given = [
            ("edge_url", self.url.is_some(), &*own),
            ("api_key", !self.keys.is_empty(), &*own),
            ("snapshot_file", self.snapshot.is_some(), "leave it out"),
            (
                "bootstrap",
                defaults.bootstrap.is_some() && !self.bootstrap.is_empty(),
                defaults.bootstrap.unwrap_or_default(),
            ),
        ];
        let template = || -> Result<Config, StartError> {
            // The URL and the key are never used.
            let (url, keys) = (EdgeUrl::parse(NOWHERE)?, ApiKeys::parse(["none/none*"])?);
            let mut template = Config::new(url, keys);
            template.limits = defaults.limits;
            template.identification.clone_from(defaults.identification);
            Ok(template)
        };
        let (unchanged, mut changed) = (template()?, template()?);
        for change in &self.changes {
            change(&mut changed);
        }
        let by_function = "use a function of the builder";
        let placement = changed.context_placement != unchanged.context_placement;
        let switching = changed.while_switching != unchanged.while_switching;
        let changes = [
            ("edge", changed.edge != unchanged.edge, &*own),
            ("keys", changed.keys != unchanged.keys, &*own),
            ("mode", changed.mode != unchanged.mode, by_function),
            ("profile", changed.profile != unchanged.profile, &*own),
            ("context_placement", placement, "leave it out"),
            ("while_switching", switching && !defaults.switches_contexts, "leave it out"),
        ];
        // Any other duration belongs to FeatureHub alone.
        let is_common = |name| match name {
            "healthy_after" => defaults.has_healthy_streams,
            _ => matches!(name, "stream_again_after" | "pace"),
        };
        let durations =
            changed.durations().zip(unchanged.durations()).map(|((name, new), (_, usual))| {
                (name, new != usual && !is_common(name), "leave it out")
            });
        for (name, is_given, instead) in given.into_iter().chain(changes).chain(durations) {
            if is_given {
                return Err(meaningless(system, name, instead));
            }
        }
        check_common(&changed)?;
        let is_own =
            |name: &str| defaults.own_headers.iter().any(|own| own.eq_ignore_ascii_case(name));
        match changed.headers.iter().find(|(name, _)| is_own(name)) {
            Some((name, _)) => {
                let instead = match name.eq_ignore_ascii_case("user-agent") {
                    true => "set `identification` instead",
                    false => "leave it to the client",
                };
                let why = format!("the header {name:?} cannot be sent: {instead}");
                Err(InvalidSetting::new("headers", why).into())
            }
            None => Ok(changed),
        }
    }
}

/// Returns the error for a setting that a client of this system does not have.
pub(super) fn meaningless(system: System, name: &str, instead: &str) -> StartError {
    let why = format!("a client of {} has no such setting: {instead}", system.name());
    InvalidSetting::new(name, why).into()
}
