//! The settings of `fh serve`. One table ([`table::SETTINGS`]) defines the flags, the variables, FeatureHub's properties,
//! the output of `--show-settings`, and the page in `docs/reference/settings.md`.

mod args;
mod ignored_properties;
mod keys;
mod kubernetes;
mod origin_choice;
#[cfg(test)]
mod page;
mod properties;
mod relay_header;
mod server_settings;
mod setting;
mod sources;
mod state_source;
mod table;
#[cfg(test)]
mod tests;
mod value;

use std::time::Duration;

use fh_edge::listen::ProxyProtocol;
use fh_edge::{Administration, Console};

pub(crate) use args::SettingArgs;
pub(crate) use ignored_properties::IgnoredProperties;
pub(crate) use keys::{keys_in, relay_keys_in};
pub(crate) use origin_choice::Overruled;
pub(crate) use relay_header::{RelayHeader, relay_headers_in};
pub(crate) use server_settings::Settings;
pub(crate) use setting::{Group, Setting};
pub(crate) use sources::{GivenSetting, Source, Sources};
pub(crate) use state_source::StateSource;
pub(crate) use table::SETTINGS;

/// The settings, and the source of each setting that was given.
#[derive(Debug)]
pub(crate) struct ResolvedSettings {
    pub(crate) settings: Settings,
    pub(crate) said: Vec<(&'static Setting, Source)>,
    pub(crate) idle: IgnoredProperties,
    /// The state file or the relay that is not used, because a source with precedence selects a relay or a state file
    /// instead.
    pub(crate) overruled: Option<Overruled>,
}

impl ResolvedSettings {
    /// Reads the settings from all sources: flags, environment variables and property files.
    pub(crate) fn read(args: &SettingArgs) -> Result<Self, String> {
        let mut sources = Sources::new(args.flags.clone());
        let named = SETTINGS.iter().find(|setting| setting.name == "properties");
        let named = named.and_then(|setting| sources.find(setting)).map(|said| said.texts);
        sources.read_files(named)?;
        Self::of(&sources)
    }

    fn of(sources: &Sources) -> Result<Self, String> {
        let mut settings = Settings::default();
        let mut all = Vec::new();
        for setting in &SETTINGS {
            let Some(GivenSetting { source, texts }) = sources.find(setting) else { continue };
            for text in &texts {
                (setting.set)(&mut settings, text).map_err(|what| format!("{source}: {what}"))?;
            }
            all.push((setting, source));
        }
        let overruled = origin_choice::choose(&mut settings, &mut all)?;
        let resolved =
            Self { settings, said: all, idle: IgnoredProperties::of(sources), overruled };
        resolved.check()?;
        Ok(resolved)
    }

    /// Returns warnings about settings without effect and about risky values.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        /// The shortest time of `--drop-after` without a warning. If streams end sooner, some published SDKs reconnect more and
        /// more slowly.
        const LEAST: Duration = Duration::from_secs(30);
        let drop_after = self.settings.edge.drop_after;
        let is_short = !drop_after.is_zero() && drop_after < LEAST;
        let short = is_short.then(|| {
            "--drop-after ends streams within 30 seconds, so some SDKs reconnect more and more slowly: set a longer time, or 0 for no limit".to_string()
        });
        let idle = &self.idle;
        let overruled = self.overruled.as_ref().map(ToString::to_string);
        let admin = self.settings.admin_warning().map(str::to_string);
        let url = self.settings.state.as_ref().and_then(StateSource::url);
        let plain = url.filter(|url| !url.is_private()).map(|url| {
            format!("{url} is fetched without TLS, so the API keys in the state can be read on the network: write an https:// URL")
        });
        let unused = idle.unknown.iter().cloned().chain(idle.foreign_words()).chain(overruled);
        unused.chain(short).chain(admin).chain(plain)
    }

    /// Checks the settings that depend on each other. The error names the first contradiction.
    fn check(&self) -> Result<(), String> {
        let settings = &self.settings;
        let url = settings.state.as_ref().and_then(StateSource::url);
        let is_said = |name| self.said.iter().any(|(setting, _)| setting.name == name);
        let wrong = match (&settings.tls_certificate, &settings.tls_key) {
            (Some(_), None) => "--tls-certificate needs --tls-key",
            (None, Some(_)) => "--tls-key needs --tls-certificate",
            _ if settings.relay.is_some()
                && settings.relay_keys.is_empty()
                && settings.relay_file_keys.is_empty()
                && settings.relay_any_key == 0 =>
            {
                "--relay needs --relay-key, --relay-key-file or --relay-any-key"
            }
            _ if settings.relay.is_none()
                && (is_said("relay-key")
                    || is_said("relay-key-file")
                    || is_said("relay-any-key") && settings.relay_any_key > 0) =>
            {
                "--relay-key, --relay-key-file and --relay-any-key need --relay"
            }
            _ if settings.relay.is_none() && is_said("relay-max-age") => {
                "--relay-max-age needs --relay"
            }
            _ if settings.relay.is_none() && is_said("relay-poll") => "--relay-poll needs --relay",
            _ if settings.relay.is_none()
                && (is_said("relay-header") || is_said("relay-header-file")) =>
            {
                "--relay-header and --relay-header-file need --relay"
            }
            _ if url.is_none() && is_said("state-poll") => "--state-poll needs a URL as --state",
            _ if url.is_none() && is_said("state-token-file") => {
                "--state-token-file needs a URL as --state"
            }
            _ if is_said("cluster") && is_said("cluster-file") => {
                "give --cluster or --cluster-file, not both"
            }
            _ if settings.cluster.is_none()
                && (is_said("cluster-ca")
                    || is_said("cluster-schema")
                    || is_said("server-name")) =>
            {
                "--cluster-ca, --cluster-schema and --server-name need --cluster or --cluster-file"
            }
            _ if settings.cluster.is_some() && (is_said("key") || is_said("key-file")) => {
                "--key and --key-file add keys to a state file: put the keys of a cluster into its state"
            }
            _ if is_said("admin-key") && is_said("admin-key-file") => {
                "give --admin-key or --admin-key-file, not both"
            }
            _ if settings.edge.administration == Administration::WithMonitoring
                && settings.monitor_port.is_none() =>
            {
                "--admin-on monitor needs --monitor-port"
            }
            _ if settings.monitor_address.is_some() && settings.monitor_port.is_none() => {
                "--monitor-listen needs --monitor-port"
            }
            _ if settings.monitor_tls && settings.monitor_port.is_none() => {
                "--monitor-tls needs --monitor-port"
            }
            _ if settings.monitor_tls && settings.tls_certificate.is_none() => {
                "--monitor-tls needs --tls-certificate and --tls-key"
            }
            _ if settings.listen.proxy_protocol == ProxyProtocol::Required
                && settings.proxies.is_empty() =>
            {
                "--proxy-protocol needs --trusted-proxies"
            }
            _ if settings.edge.console == Console::On && settings.edge.admin_key.is_none() => {
                "--console needs an admin key: set FH_EDGE_ADMIN_KEY, or give --admin-key-file"
            }
            _ => return Ok(()),
        };
        Err(wrong.to_string())
    }

    /// Returns the source of a setting, or `None` if no source gives the setting or the setting is overruled.
    pub(crate) fn source(&self, setting: &Setting) -> Option<&Source> {
        self.said.iter().find(|(known, _)| known.name == setting.name).map(|(_, source)| source)
    }
}
