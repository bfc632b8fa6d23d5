//! `fh serve --check`: checks that a file can be served.

use std::path::Path;

use fh_edge::internal::parse_state;
use fh_edge::origin::file::{self, FileError, FileProblem, Loaded};
use fh_edge::state::file::{Parsed, Problem};
use serde::Serialize;

use super::origin;
use super::settings::{Settings, StateSource};
use super::source_error;
use super::state_url;
use crate::failure::{Failure, Status};
use crate::json_output;
use crate::runtime;
use crate::sanitize::plural;
use crate::screen::{BAD, GOOD, PLAIN, Screen, WARNING};

#[derive(Serialize)]
struct Report<'a> {
    file: &'a str,
    form: Option<String>,
    features: usize,
    environments: usize,
    accounts: usize,
    errors: Vec<Row<'a>>,
    warnings: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    line: usize,
    column: usize,
    path: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

impl<'a> Row<'a> {
    fn all(problems: &'a [Problem]) -> Vec<Self> {
        let row = |problem: &'a Problem| Self {
            line: problem.position.line,
            column: problem.position.column,
            path: &problem.path,
            message: &problem.what,
            code: problem.code,
        };
        problems.iter().map(row).collect()
    }
}

/// Writes the errors of a state file, or its warnings if it has no errors. With `strict`, warnings count as errors. Fails if the file cannot
/// be read.
pub(crate) fn check(
    name: &str,
    settings: &Settings,
    (strict, json): (bool, bool),
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let source = StateSource::parse(name).map_err(Failure::Input)?;
    // The query of a URL may be a secret.
    let shown = source.as_ref().map_or_else(|| name.to_string(), ToString::to_string);
    let name = shown.as_str();
    let (parsed, errors) = match read(name, source.as_ref(), settings)? {
        Ok(loaded) => (Some(loaded.parsed), Vec::new()),
        Err(error) => match &error.why {
            FileProblem::Wrong(wrong) => (None, wrong.problems().to_vec()),
            FileProblem::Unreadable(_) => {
                return Err(Failure::Input(source_error::unreadable(&error)));
            }
        },
    };
    let warnings = parsed.as_ref().map(|parsed| parsed.warnings.as_slice()).unwrap_or_default();
    if json {
        let state = parsed.as_ref().map(|parsed| &parsed.state);
        let report = Report {
            file: name,
            form: parsed.as_ref().map(|parsed| parsed.form.to_string()),
            features: state.map_or(0, |state| state.features.len()),
            environments: state.map_or(0, |state| state.environments.len()),
            accounts: state.map_or(0, |state| state.accounts.len()),
            errors: Row::all(&errors),
            warnings: Row::all(warnings),
        };
        json_output::document(screen.raw(), &report)?;
    } else {
        for (style, lead, problems) in
            [(BAD, "error: ", errors.as_slice()), (WARNING, "warning: ", warnings)]
        {
            for problem in problems {
                screen.text(style, lead)?;
                screen.line(PLAIN, &format!("{name}: {problem}"))?;
            }
        }
        let (warned, failed) = (
            plural(warnings.len(), "warning", "warnings"),
            plural(errors.len(), "error", "errors"),
        );
        match &parsed {
            None => screen.line(BAD, &format!("{name} cannot be served: {failed}"))?,
            Some(parsed) if warnings.is_empty() => {
                screen.line(GOOD, &format!("{name} is fine: {}", counts(parsed)))?;
            }
            Some(parsed) => {
                let (style, strictly) =
                    if strict { (BAD, ", which --strict refuses") } else { (WARNING, "") };
                let counts = counts(parsed);
                screen
                    .line(style, &format!("{name} can be served: {counts}; {warned}{strictly}"))?;
            }
        }
    }
    let is_fine = errors.is_empty() && (warnings.is_empty() || !strict);
    Ok(if is_fine { Status::Fine } else { Status::Findings })
}

/// Reads the file, or fetches the state once if `name` is a URL.
fn read(
    name: &str,
    source: Option<&StateSource>,
    settings: &Settings,
) -> Result<Result<Loaded, FileError>, Failure> {
    let options = origin::options(settings);
    match source.and_then(StateSource::url) {
        Some(url) => {
            let token_file = settings.state_token_file.as_deref();
            let fetched = runtime::run(async {
                state_url::once(url, token_file)
                    .await
                    .map_err(|why| Failure::Input(why.to_string()))
            });
            Ok(parse_state(Path::new(name), fetched?, &options))
        }
        None => Ok(file::check(Path::new(name), &options)),
    }
}

fn counts(parsed: &Parsed) -> String {
    let Parsed { state, form, .. } = parsed;
    format!(
        "{form}, {}, {}, {}",
        plural(state.features.len(), "feature", "features"),
        plural(state.environments.len(), "environment", "environments"),
        plural(state.accounts.len(), "account", "accounts")
    )
}
