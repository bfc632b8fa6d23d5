//! `fh serve`: serves features as an Edge.

use std::io::IsTerminal;

use clap::Args;

use crate::failure::{Failure, Status};
use crate::json_output;
use crate::runtime;
use crate::screen::{PLAIN, QUIET, Screen, WARNING};
use crate::serve::logs::{self, LogFormat};
use crate::serve::server::Server;
use crate::serve::settings::{Group, ResolvedSettings, SETTINGS, SettingArgs};
use crate::serve::signals::Signals;
use crate::serve::{announcement, check, exposed, start_line};
use crate::table::{Align, Table};

/// Serve features to FeatureHub's SDKs.
///
/// Answers polls, event streams and test updates (PUT) as a FeatureHub Edge does. Every setting has a flag, a variable
/// (FH_EDGE_ and the flag's name in capitals, with _ for -) and, if FeatureHub has the same setting, its property. The flag
/// takes precedence over the variable, and the variable over the property.
#[derive(Args)]
#[command(after_help = "\
Examples:
  fh init state.yaml
  fh serve --state state.yaml --data /var/lib/fh-edge --monitor-port 8701

`fh serve --help` explains all options, with their environment variables.")]
#[command(after_long_help = "\
Examples:
  fh init state.yaml
  fh serve --state state.yaml
  fh serve --state state.yaml --data /var/lib/fh-edge --monitor-port 8701
  fh serve --check state.yaml --strict
  fh serve --show-settings

SIGHUP reloads the state file, the files with keys and headers, and the certificate.
Ctrl-C or SIGTERM stops the server gracefully: streams get `bye`, spread over 80 % of
the grace period. A second Ctrl-C or SIGTERM stops it at once. The server prints its
addresses on stdout, as JSON with --json or --log-format json. Logs go to stderr.

Exit codes: 0 stopped by Ctrl-C or a signal, or --check found no errors; 1 --check found
errors (--strict: or warnings); 2 another error, for example a wrong setting or file, or a port in use.")]
pub(crate) struct ServeArgs {
    /// Check this state file, and exit without serving
    ///
    /// Errors are reported, with the exit status 1. A file without errors has its warnings reported. They include those of
    /// `fh lint`. The member `accept` of a feature's value accepts warnings by the name in brackets at their end.
    #[arg(long, value_name = "FILE|URL")]
    check: Option<String>,

    /// With --check, exit with status 1 for warnings also
    #[arg(long, requires = "check")]
    strict: bool,

    /// Show all settings, their values and sources, and exit
    #[arg(long)]
    show_settings: bool,

    #[command(flatten)]
    settings: SettingArgs,
}

pub(crate) fn run(
    args: &ServeArgs,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    // The limit is raised before the defaults are computed, because they depend on it. If raising fails, the default of
    // --max-connections is lower.
    let _ = fh_edge::listen::raise_descriptor_limit();
    let resolved = ResolvedSettings::read(&args.settings).map_err(Failure::Input)?;
    if args.show_settings {
        show(&resolved, json, screen)?;
        return Ok(Status::Fine);
    }
    let settings = &resolved.settings;
    if let Some(name) = &args.check {
        return check::check(name, settings, (args.strict, json), screen);
    }
    let is_terminal = std::io::stderr().is_terminal();
    let dropped = logs::start((settings.log, settings.audit_log), settings.log_format, is_terminal)
        .map_err(|error| Failure::Input(format!("the log cannot be started: {error}")))?;
    logs::log_panics();
    for warning in resolved.warnings() {
        tracing::warn!("{warning}");
    }
    runtime::run_on_all_cores(async {
        let heard = Signals::new();
        let signals = heard
            .map_err(|error| Failure::Input(format!("signals cannot be received: {error}")))?;
        let server = Server::new(&resolved).await?;
        fh_edge::internal::show_dropped_log_lines(&server.handle(), &dropped);
        for warning in exposed::warnings(&resolved) {
            tracing::warn!("{warning}");
        }
        start_line::log(settings, &server.handle()).await;
        // A container's stdout often goes to the same log reader, which then expects JSON as well.
        let json = json || settings.log_format == LogFormat::Json;
        announcement::write(&server.addresses()?, json)?;
        server.run(signals).await?;
        Ok(Status::Fine)
    })
}

/// Writes all settings with their effective values and sources. Secret values that are not empty are masked.
fn show(resolved: &ResolvedSettings, json: bool, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let rows = SETTINGS.iter().map(|setting| {
        let text = (setting.get)(&resolved.settings);
        let text = if setting.is_secret && !text.is_empty() { "***".to_string() } else { text };
        let source = resolved.source(setting).map(ToString::to_string);
        let derived = setting.derived.filter(|_| source.is_none()).map(|derived| derived());
        (setting, text, source, derived)
    });
    if json {
        let rows = rows.map(|(setting, text, source, derived)| {
            serde_json::json!({
                "name": setting.name, "value": text, "from": source, "derivedFrom": derived, "variable": setting.variable(),
                "property": setting.property.map(|property| property.name),
            })
        });
        return Ok(json_output::rows(screen.raw(), rows)?);
    }
    for group in Group::ALL {
        let titles = [(group.title(), Align::Left), ("VALUE", Align::Left), ("FROM", Align::Left)];
        let mut table = Table::new(titles);
        for (setting, text, source, derived) in
            rows.clone().filter(|(setting, ..)| setting.group == group)
        {
            let style = if source.is_some() { PLAIN } else { QUIET };
            let source = source.unwrap_or_else(|| match derived {
                Some(derived) => format!("default: {derived}"),
                None => "default".to_string(),
            });
            table.row([(setting.name.to_string(), PLAIN), (text, style), (source, style)]);
        }
        table.write(screen, 0)?;
        screen.end()?;
    }
    for text in resolved.warnings() {
        screen.paragraph(WARNING, "", &text)?;
    }
    Ok(())
}
