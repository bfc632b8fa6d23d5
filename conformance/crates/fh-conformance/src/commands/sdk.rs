//! The command `sdk`: scenarios against an SDK behind an adapter.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::{Args, Subcommand};

use super::adapter_check::{capabilities, checked_subject};
use super::baselines::{read_baseline, refuse};
use super::recordings;
use super::{
    Ended, FAILED, INVALID, PARTIAL, Problem, Profiles, is_drawn, print, suite, write_file,
};
use crate::adapter::AdapterCommand;
use crate::baseline::Baseline;
use crate::case::Case;
use crate::clock;
use crate::data::{Data, Suite, version};
use crate::generated::GROUP;
use crate::json::Json;
use crate::recording::{Coverage, RecordedRun, Recording};
use crate::report::{
    Report, ReportSubject, Row, RowOutcome, timeline_text, to_json, to_junit, to_table,
};
use crate::run;
use crate::sdk::scenarios;
use crate::sdk::{
    Delays, EdgeProtocol, RunOptions, Scenario, ScenarioResult, Subject, confirm_passes, row_of,
    run_all,
};
use crate::target::{AdapterTarget, Evaluates};
use crate::tier::{self, HIGHEST, TierReached};

/// Run cases and scenarios against an SDK.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    list: Option<List>,
    /// The command that starts the adapter, split into words like a shell's and run without one.
    /// `dial CMD` starts CMD with an address to dial as its last argument. `dial` prints the address.
    #[arg(long, value_name = "CMD", required = true)]
    adapter: Option<AdapterCommand>,
    /// The known failures of this version of the SDK: a recording, or a file of --write-baseline.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write a baseline with the failures of this run. New entries have no reason and need one.
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    /// Run only this scenario or case. May be repeated.
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Run only scenarios or cases of this group. May be repeated.
    #[arg(long)]
    group: Vec<String>,
    /// Also run the slow scenarios.
    #[arg(long)]
    all: bool,
    /// Also run the cases that were generated from a seed. `diff` compares newly drawn ones.
    #[arg(long)]
    drawn: bool,
    /// The profile in which the SDK evaluates the cases.
    #[arg(long, value_enum, default_value = "client")]
    profile: Profiles,
    /// Run the faults with the delays of an SDK in use. Otherwise all delays are a tenth, if the SDK can set them.
    #[arg(long)]
    unscaled: bool,
    /// Let clients reach the Edges of scenarios by TLS. The SDK must take the certificate of an authority. Meant for the group F.
    #[arg(long, conflicts_with_all = ["record", "compare"])]
    tls: bool,
    /// Let clients reach the Edges of scenarios by HTTP/2 with TLS only, as for --tls.
    #[arg(long, conflicts_with_all = ["record", "compare", "tls"])]
    http2: bool,
    /// Number of scenarios that run at once. By default twice the number of processors, at most 8.
    #[arg(long)]
    jobs: Option<usize>,
    /// Write a report for programs.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a report for CI servers.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the whole timeline and the adapter's log of each failure into this folder.
    #[arg(long, value_name = "DIR")]
    evidence: Option<PathBuf>,
    /// Record the outcome of a whole run, for pages and for --compare. It needs --all and --unscaled.
    #[arg(long, value_name = "FILE", requires_all = ["all", "unscaled"], conflicts_with_all = ["only", "group"])]
    record: Option<PathBuf>,
    /// Fail if the outcome differs from this recording. What the run leaves out is not compared, and neither are failed scenarios.
    #[arg(long, value_name = "FILE", conflicts_with = "record")]
    compare: Option<PathBuf>,
    /// Exit with code 3 if scenarios were left out, if a known failure or a skip lowers the tier, or with --data. Other failures still
    /// give code 1.
    #[arg(long)]
    certify: bool,
}

#[derive(Debug, Subcommand)]
enum List {
    /// List the scenarios: ids, names, tiers, and the capabilities that they require.
    List {
        /// Print a page in Markdown, with what each scenario checks.
        #[arg(long)]
        markdown: bool,
    },
}

pub(super) fn sdk(data: &Data, arguments: Arguments) -> Ended {
    if let Some(List::List { markdown }) = arguments.list {
        print(&if markdown { scenarios::to_markdown() } else { scenarios::to_lines() });
        return Ok(0);
    }
    let Some(command) = arguments.adapter.clone() else {
        return Err(Problem::Usage("--adapter is missing".to_owned()));
    };
    let baseline = arguments.baseline.as_deref().map(read_baseline).transpose()?;
    let needs_drawn = arguments.drawn
        || arguments.only.iter().any(|id| is_drawn(id))
        || arguments.group.iter().any(|group| group == GROUP);
    let suite = suite(data, needs_drawn)?;
    let selected = select(&arguments, &suite)?;
    let mut subject = match checked_subject(data, &command)? {
        Ok(subject) => subject,
        Err(code) => return Ok(code),
    };
    subject.protocol = match (arguments.tls, arguments.http2) {
        (_, true) => EdgeProtocol::Http2,
        (true, false) => EdgeProtocol::Tls,
        (false, false) => EdgeProtocol::Http1,
    };
    let jobs = arguments.jobs.unwrap_or_else(default_jobs);
    let delays = if arguments.unscaled { Delays::Unscaled } else { Delays::Scaled };
    let cases = run_cases(data, &suite, &arguments, &subject)?;
    let done = |result: &ScenarioResult| {
        let row = row_of(&subject, result);
        let label = match &row.outcome {
            RowOutcome::Failed(check) => format!(": {}", check.label),
            _ => String::new(),
        };
        let seconds = result.took.as_secs_f64();
        eprintln!(
            "{:<14} {seconds:>6.1} s  {}{label}{}",
            row.id,
            row.outcome.name(),
            measured(result)
        );
    };
    let mut results = run_all(&selected, &subject, RunOptions { jobs, delays }, done);
    if let Some(baseline) = &baseline {
        confirm_passes(&mut results, &subject, delays, |id| baseline.always_fails(id), done);
    }
    if let Some(folder) = &arguments.evidence {
        write_evidence(folder, &results)?;
    }
    let mut report = report(&subject, &arguments, cases, &results);
    report.digest = Some(version::digest(data));
    if let Some(baseline) = &baseline {
        // The recording of another version keeps the reasons of the earlier one.
        if arguments.record.is_none() {
            baseline.check(&report, |id| is_known_id(&suite, id)).or_else(refuse)?;
        }
        baseline.apply(&mut report);
    }
    if let Some(path) = &arguments.write_baseline {
        write_file(path, &Baseline::of(&report, baseline.as_ref()).to_text())?;
    }
    print(&to_table(&report));
    let sometimes = baseline.as_ref().map(Baseline::sometimes).unwrap_or_default();
    let tier = tier::reached(&report, &capabilities(data)?, &sometimes);
    // A part of the scenarios cannot show what an SDK reaches.
    if !report.is_partial() {
        print(&format!("{}\n", tier.to_line()));
    }
    if let Some(path) = &arguments.junit {
        write_file(path, &to_junit(&report))?;
    }
    let recording = || {
        Recording::of(&RecordedRun {
            hello: &subject.hello,
            report: &report,
            results: &results,
            baseline: baseline.as_ref(),
            tier: &tier,
            day: &clock::day(SystemTime::now()),
        })
    };
    if let Some(path) = &arguments.record {
        recordings::write(path, recording())?;
    }
    let compared = arguments.compare.as_deref().map(|path| {
        let failed = report.failed_scenarios();
        let mut run = recording();
        run.leave_out(&failed);
        if report.is_partial() {
            // A part of a group has other numbers.
            run.groups.clear();
        }
        let coverage = Coverage {
            leaves_out_scenario: &|id| {
                report.is_partial()
                    || failed.contains(id)
                    || (!arguments.all
                        && scenarios::named(id).is_some_and(|scenario| scenario.slow))
            },
            leaves_out_group: &|group, profile| {
                report.is_partial() || leaves_out_group(&arguments, group, profile)
            },
            group_of_case: &|id| suite.get(id).map(|case| case.group.clone()),
        };
        recordings::compare(path, &run, &coverage)
    });
    let is_as_recorded = compared.transpose()?;
    if let Some(path) = &arguments.json {
        let mut json = to_json(&report);
        if let (Json::Object(members), Some(is_as_recorded)) = (&mut json, is_as_recorded) {
            members.push(("as_recorded".to_owned(), Json::Bool(is_as_recorded)));
        }
        write_file(path, &format!("{}\n", json.pretty()))?;
    }
    match exit_code(&report, &tier, &arguments, data) {
        0 if is_as_recorded == Some(false) => Ok(FAILED),
        code => Ok(code),
    }
}

/// Returns true if a run without filters leaves out a group of cases.
fn leaves_out_group(arguments: &Arguments, group: &str, profile: &str) -> bool {
    let profiles = arguments.profile.list();
    (group == GROUP && !arguments.drawn)
        || !profiles.iter().any(|selected| selected.name() == profile)
}

/// Returns what a scenario measured, for the end of its line.
fn measured(result: &ScenarioResult) -> String {
    let each = result.measurements.iter();
    each.map(|measurement| format!("; {} {:.1}", measurement.name, measurement.value)).collect()
}

fn exit_code(report: &Report, tier: &TierReached, arguments: &Arguments, data: &Data) -> u8 {
    let total = report.total();
    if total.fail > 0 {
        return FAILED;
    }
    let silent = report.silent_groups();
    if !silent.is_empty() || report.rows.is_empty() {
        eprintln!("nothing was run of {}", silent.join(", "));
        return INVALID;
    }
    let is_whole = arguments.all && !report.is_partial() && data.is_embedded;
    if arguments.certify && (!is_whole || tier.reached != Some(HIGHEST)) {
        eprintln!("not certified: scenarios were left out, the tier is lower, or --data was used");
        return PARTIAL;
    }
    0
}

/// Runs the selected cases. The generated ones run on request only.
fn run_cases(
    data: &Data,
    suite: &Suite,
    arguments: &Arguments,
    subject: &Subject,
) -> Result<Vec<Row>, Problem> {
    let selects = |case: &Case| {
        let by_id = arguments.only.contains(&case.id);
        let is_drawn = case.group == GROUP;
        let by_group = arguments.group.contains(&case.group);
        let all = arguments.only.is_empty() && arguments.group.is_empty();
        by_id || by_group || (all && (arguments.drawn || !is_drawn))
    };
    if !suite.cases.iter().any(&selects) {
        return Ok(Vec::new());
    }
    let mut target = AdapterTarget::start(subject.command.clone(), Evaluates::AsDeclared)
        .map_err(Problem::Outside)?;
    let profiles = arguments.profile.list();
    let report = run::run(suite, version::digest(data), &mut target, &profiles, selects);
    Ok(report.rows)
}

fn report(
    subject: &Subject,
    arguments: &Arguments,
    cases: Vec<Row>,
    results: &[ScenarioResult],
) -> Report {
    let mut rows = cases;
    rows.extend(results.iter().map(|result| row_of(subject, result)));
    if arguments.only.is_empty() && arguments.group.is_empty() {
        rows.extend(scenarios::not_executed_rows());
    }
    let only = arguments.only.iter().map(|id| format!("--only {id}"));
    let groups = arguments.group.iter().map(|group| format!("--group {group}"));
    Report {
        subject: ReportSubject {
            name: subject.hello.sdk.name.clone(),
            version: subject.hello.sdk.version.clone(),
            runtime: subject.hello.sdk.runtime.clone(),
            cannot: subject.hello.cannot.clone(),
        },
        digest: None,
        profiles: arguments.profile.list(),
        filters: only.chain(groups).collect(),
        rows,
    }
}

fn is_known_id(suite: &Suite, id: &str) -> bool {
    scenarios::named(id).is_some() || suite.get(id).is_some()
}

fn write_evidence(folder: &Path, results: &[ScenarioResult]) -> Result<(), Problem> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Problem::Outside(format!("{}: {error}", folder.display())))?;
    for result in results.iter().filter(|result| !result.timeline.is_empty()) {
        let text = timeline_text(result.start, &result.timeline);
        let id = result.scenario.id;
        write_file(&folder.join(format!("{id}.timeline.txt")), &text)?;
        write_file(&folder.join(format!("{id}.log.txt")), &result.log)?;
    }
    Ok(())
}

/// Returns the selected scenarios. The names of filters must exist.
fn select(arguments: &Arguments, suite: &Suite) -> Result<Vec<&'static Scenario>, Problem> {
    for id in &arguments.only {
        if !is_known_id(suite, id) {
            let text = "is neither a scenario nor a case; `sdk list` and `vectors list` list them";
            return Err(Problem::Usage(format!("{id:?} {text}")));
        }
    }
    for group in &arguments.group {
        let is_case = suite.cases.iter().any(|case| case.group == *group);
        if !is_case && !scenarios::GROUPS.iter().any(|known| known.name == group) {
            let names: Vec<&str> = scenarios::GROUPS.iter().map(|known| known.name).collect();
            let names = names.join(", ");
            let text = "or a group of `vectors list --groups`";
            return Err(Problem::Usage(format!(
                "{group:?} is not a group; expected {names}, {text}"
            )));
        }
    }
    let selected = |scenario: &&Scenario| {
        let by_id = arguments.only.iter().any(|id| id == scenario.id);
        let by_group = arguments.group.is_empty() && arguments.only.is_empty()
            || arguments.group.iter().any(|group| group == scenario.group());
        by_id || (by_group && (arguments.all || !scenario.slow))
    };
    Ok(scenarios::all().filter(selected).collect())
}

/// Scenarios mostly wait, so several run on one processor.
fn default_jobs() -> usize {
    let processors = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    (processors * 2).min(8)
}
