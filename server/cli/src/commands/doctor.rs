//! `fh doctor`: checks a deployment, and advises how to fix problems.

use std::time::Duration;

use clap::Args;
use serde::Serialize;
use tokio::time::Instant;

use crate::attribute_names;
use crate::context::ContextArgs;
use crate::doctor::{Check, CheckResult, Examination, Report, Topic, examine};
use crate::edge::{self, EdgeArgs};
use crate::failure::{Failure, Status};
use crate::json_output;
use crate::runtime;
use crate::sanitize::plural;
use crate::screen::{BAD, GOOD, PLAIN, QUIET, Screen, WARNING};
use crate::seconds;

/// The width of the column with the names of the checks, in terminal columns.
const NAMES: usize = 9;

/// Check a deployment from end to end.
///
/// Checks the path to the Edge (proxies, name, connection, certificate), the Edge, the key, the delays of polls and streams,
/// and access by browsers. Most problems are reported with advice. An update is sent only with --try-set, and repeats the
/// current value or lock. The secret part of the key is not shown if it has at least 6 characters. URL and KEY may be left out
/// if environment variables hold them. If KEY is -, the key is read from stdin.
#[derive(Args)]
#[command(after_help = "\
Examples:
  fh doctor https://edge.example.com ENVIRONMENT/KEY
  export FEATUREHUB_EDGE_URL=https://edge.example.com
  export FEATUREHUB_API_KEY=ENVIRONMENT/KEY
  fh doctor
  fh doctor --context userkey=fred --origin https://shop.example
  fh doctor --listen 90 --timeout 120
  fh doctor --try-set NEW_CHECKOUT
  fh doctor --json | jq '.checks[] | select(.verdict == \"bad\")'

Signs: ✓ good, · information, ! works, but not well or not for all clients, ✗ does
not work.

Exit codes: 0 no check has ✗ (with --strict: nor !); 1 a check has ✗ (with --strict:
or !); 2 the checks could not be run, for example because the usage is wrong.")]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    edge: EdgeArgs,

    #[command(flatten)]
    context: ContextArgs,

    /// The time for which the stream is read after its first features, to check its heartbeats and its end. It ends earlier
    /// at the end of the stream or of --timeout
    #[arg(long, value_name = "SECONDS", value_parser = seconds::any, default_value = "3")]
    listen: Duration,

    /// The origin of a web page. To check CORS, `fh doctor` sends a preflight and a poll, as a browser does for a page of this
    /// origin
    #[arg(long, value_name = "URL", default_value = "https://app.example.com")]
    origin: String,

    /// Check whether the API key may change this feature. The check sends the feature's current value again. If the feature
    /// is locked or the API key is server-evaluated, the check sends the feature's current lock state instead
    #[arg(long, value_name = "FEATURE")]
    try_set: Option<String>,

    /// Exit with status 1 also if a check has a warning, which is shown with the sign !
    #[arg(long)]
    strict: bool,

    /// The time limit for all checks together. When the time is over, the check that is in progress ends, and most of the
    /// remaining checks are left out
    #[arg(long, value_name = "SECONDS", value_parser = seconds::positive, default_value = "60")]
    timeout: Duration,
}

/// The JSON form of the report.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    url: &'a str,
    checks: &'a [Check],
    /// The topics that a complete run checks, but that have no check.
    left_out: &'a [Topic],
    bad: usize,
    warnings: usize,
    seconds: f64,
}

pub(crate) fn run(
    args: &DoctorArgs,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let (edge, rest) = args.edge.resolve(&[])?;
    if !rest.is_empty() {
        return Err(Failure::Input(
            "too many arguments: the order is URL, API key, and a URL begins with http:// or https://"
                .to_string(),
        ));
    }
    let update = edge::features(args.try_set.iter().cloned().collect())?;
    if !args.origin.contains("://") || !args.origin.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::Input(
            "--origin must be a URL such as https://shop.example".to_string(),
        ));
    }
    // The rules are not known yet, so only the well-known attributes are compared.
    attribute_names::note(screen, &args.context.attributes(), [])?;
    let start = std::time::Instant::now();
    let mut report_check = |check: &Check| -> Result<(), Failure> {
        if !json {
            write(screen, check)?;
            screen.flush()?;
        }
        Ok(())
    };
    let Found { checks, left_out } = runtime::run(async {
        let examination = Examination {
            edge: &edge,
            who: args.context.attributes(),
            listen: args.listen,
            origin: &args.origin,
            update: update.first().map(String::as_str),
            deadline: Instant::now() + args.timeout,
        };
        let Report { checks, left_out, .. } = examine(&examination, &mut report_check).await?;
        Ok(Found { checks, left_out })
    })?;
    let count = |result| checks.iter().filter(|check| check.result == result).count();
    let (bad, warnings) = (count(CheckResult::Bad), count(CheckResult::Warning));
    if json {
        let seconds = start.elapsed().as_secs_f64();
        let (url, checks, left_out) = (&edge.url.to_string(), &checks, &left_out);
        json_output::document(
            screen.raw(),
            &Document { url, checks, left_out, bad, warnings, seconds },
        )?;
    } else {
        summary(screen, bad, warnings, &left_out)?;
    }
    let is_found = bad > 0 || (args.strict && warnings > 0);
    Ok(if is_found { Status::Findings } else { Status::Fine })
}

struct Found {
    checks: Vec<Check>,
    left_out: Vec<Topic>,
}

fn write(screen: &mut Screen<'_>, check: &Check) -> Result<(), Failure> {
    let (style, sign) = match check.result {
        CheckResult::Good => (GOOD, "✓"),
        CheckResult::Note => (QUIET, "·"),
        CheckResult::Warning => (WARNING, "!"),
        CheckResult::Bad => (BAD, "✗"),
    };
    screen.text(style, sign)?;
    screen.text(QUIET, &format!(" {:<NAMES$}", check.check.as_str()))?;
    let blanks = " ".repeat(2 + NAMES);
    let of_text = if check.result == CheckResult::Good { PLAIN } else { style };
    screen.hanging(of_text, blanks.len(), &blanks, &check.message)?;
    if let Some(advice) = &check.advice {
        screen.paragraph(PLAIN, &format!("{blanks}→ "), advice)?;
    }
    Ok(())
}

fn summary(
    screen: &mut Screen<'_>,
    bad: usize,
    warnings: usize,
    left_out: &[Topic],
) -> Result<(), Failure> {
    screen.end()?;
    let warned = plural(warnings, "warning", "warnings");
    let (style, text) = match (bad, warnings) {
        (0, 0) => (GOOD, "all checks passed".to_string()),
        (0, _) => (WARNING, format!("the deployment works, with {warned}")),
        (bad, 0) => (BAD, format!("{} failed", plural(bad, "check", "checks"))),
        (bad, _) => (BAD, format!("{} failed, with {warned}", plural(bad, "check", "checks"))),
    };
    screen.line(style, &text)?;
    if !left_out.is_empty() {
        let names: Vec<&str> = left_out.iter().map(|topic| topic.as_str()).collect();
        screen.paragraph(
            QUIET,
            "",
            &format!(
                "not checked, because another check failed or the time limit has passed: {}",
                names.join(", ")
            ),
        )?;
    }
    Ok(())
}
