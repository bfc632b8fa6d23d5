//! `fh rollout`: shows how a feature's values are distributed over a population.

mod comparison;
mod counts;

use clap::Args;
use fh_eval::featurehub::Compiler;
use fh_eval::internal::rollout::Forecast;
use fh_eval::{Attributes, FeatureRef, Profile, Subject};

use crate::cli::profiles;
use crate::context::ContextArgs;
use crate::failure::{Failure, Status};
use crate::json_output;
use crate::payload::Payload;
use crate::population::Population;
use crate::ruleset::{self, RulesArgs};
use crate::screen::Screen;

use comparison::{Comparison, End};
use counts::Counts;

/// The number of ids in a generated population if `--sample` is not given.
const USUAL_SAMPLE: u64 = 10_000;

/// Show how a feature's values are distributed over a population, and which ids a change affects.
///
/// Evaluates the feature for every id, and shows the share of each strategy beside its configured share, if that is known. If
/// a second file, environment or profile is given, counts the ids whose value differs between the two evaluations, and shows
/// a few of these ids, or all with --list.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fh rollout NEW_CHECKOUT features.json
  fh rollout NEW_CHECKOUT features.json --ids ids.txt -c country=fiji
  fh rollout WHOLESALE features.json --attribute company --sample 5000 --seed 7
  fh rollout NEW_CHECKOUT features.json --compare tomorrow.json --list
  fh rollout NEW_CHECKOUT features.json --ids ids.txt --compare-profile edge

Exit codes: 0 fine, 1 there is no such feature, 2 the usage or the input is wrong.")]
pub(crate) struct RolloutArgs {
    /// The key of the feature to evaluate
    key: String,

    /// A file with a payload from FeatureHub, or - for stdin
    file: String,

    /// The name of the context attribute that holds the id. The feature is evaluated for each id of the population
    #[arg(long, value_name = "NAME", default_value = "userkey")]
    attribute: String,

    /// A file with the ids of the population, one per line, or - for stdin. Without --ids, the ids are generated
    #[arg(long, value_name = "FILE", conflicts_with = "sample")]
    ids: Option<String>,

    /// The number of ids in a generated population, at most 100000000 [default: 10000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    sample: Option<u64>,

    /// The seed of the generated population. The same seed gives the same ids
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "ids")]
    seed: u64,

    #[command(flatten)]
    context: ContextArgs,

    #[command(flatten)]
    rules: RulesArgs,

    /// Compare the feature's values with its values in this payload file
    #[arg(long, value_name = "FILE", help_heading = "Comparison")]
    compare: Option<String>,

    /// Compare the feature's values with its values in the environment with this id
    #[arg(long, value_name = "ID", help_heading = "Comparison")]
    compare_environment: Option<String>,

    /// Compare the feature's values with its values under this evaluation profile
    #[arg(long, value_name = "PROFILE", value_parser = profiles(), help_heading = "Comparison")]
    compare_profile: Option<Profile>,

    /// List all ids whose value differs in the comparison, not only a few examples
    #[arg(long, help_heading = "Comparison")]
    list: bool,
}

impl RolloutArgs {
    fn compares(&self) -> bool {
        self.compare.is_some()
            || self.compare_environment.is_some()
            || self.compare_profile.is_some()
    }

    fn check(&self) -> Result<(), Failure> {
        let inputs = [Some(&self.file), self.ids.as_ref(), self.compare.as_ref()];
        if inputs.into_iter().flatten().filter(|path| *path == "-").count() > 1 {
            return Err(Failure::Input(
                "only one input can be stdin: name files for the other inputs".into(),
            ));
        }
        if self.context.attributes().get(&self.attribute).is_some() {
            return Err(Failure::Input(format!(
                "--context {0} sets {0} for all ids, but --attribute {0} sets a value per id: remove one of the two options",
                self.attribute
            )));
        }
        if self.list && !self.compares() {
            return Err(Failure::Input(
                "--list needs a comparison: add --compare FILE or --compare-profile edge".into(),
            ));
        }
        Ok(())
    }

    /// Returns the id of the environment to compare with: that of `--compare-environment`, or otherwise that of
    /// `--environment` if the other document contains it. Returns `None` if neither applies.
    fn other_environment(&self, other: &Payload) -> Result<Option<String>, Failure> {
        if self.compare_environment.is_some() {
            return Ok(self.compare_environment.clone());
        }
        let Some(same) = &self.rules.environment else {
            return Ok(None);
        };
        let known = other.environments()?;
        let there = known.iter().any(|each| each.id.as_ref() == Some(same));
        Ok(there.then(|| same.clone()))
    }
}

pub(crate) fn run(
    args: &RolloutArgs,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    args.check()?;
    let payload = Payload::read_for_key(&args.file, &args.key)?;
    let ruleset = args.rules.compile(&payload)?;
    let feature = ruleset::feature(&ruleset, &args.key, &payload)?;

    let other_payload = args.compare.as_deref().map(Payload::read).transpose()?;
    let other_payload = other_payload.as_ref().unwrap_or(&payload);
    let other_ruleset = if args.compares() {
        let environment = args.other_environment(other_payload)?;
        let profile = args.compare_profile.unwrap_or(args.rules.profile());
        let environment =
            other_payload.environment(environment.as_deref(), "--compare-environment")?;
        Some(Compiler::new(profile).compile(&environment))
    } else {
        None
    };
    let other = other_ruleset
        .as_ref()
        .map(|other| ruleset::feature(other, &args.key, other_payload))
        .transpose()?;

    let (population, remarks) = match &args.ids {
        Some(path) => Population::listed(path)?,
        None => {
            let count = args.sample.unwrap_or(USUAL_SAMPLE);
            (Population::Sampled { count, seed: args.seed }, Vec::new())
        }
    };
    let fixed = args.context.attributes();
    let now = args.rules.now();
    let mut forecast = Forecast::new(feature, args.rules.profile(), &args.attribute, &fixed, now);
    let mut comparison = other.map(|_| Comparison::new(described(args), args.list));
    population.for_each(|id| {
        let attributes = forecast.context(id);
        let here = forecast.count(&attributes);
        if let (Some(other), Some(comparison)) = (other, &mut comparison) {
            let there = other.evaluate(&Subject::new(&attributes, now));
            if here.value() != there.value() {
                comparison.add(id, End::of(feature, &here), End::of(other, &there));
            }
        }
    });
    let counts = Counts::of(&forecast);
    let remarks = remarks.into_iter().chain(counts.remark()).collect::<Vec<_>>();
    if json {
        let seed = args.ids.is_none().then_some(args.seed);
        json_output::document(screen.raw(), &counts.report(seed, comparison.as_ref(), &remarks))?;
        return Ok(Status::Fine);
    }
    let who = match &args.ids {
        Some(path) if path == "-" => "ids from stdin".to_string(),
        Some(path) => format!("ids of {path}"),
        None => "generated ids".to_string(),
    };
    counts.write(screen, &who)?;
    if let Some(mut comparison) = comparison {
        comparison.write(screen, forecast.people())?;
    }
    for remark in remarks {
        screen.aside(&format!("note: {remark}"))?;
    }
    Ok(Status::Fine)
}

/// Describes the other side of the comparison: its file, environment and profile, if they are given.
fn described(args: &RolloutArgs) -> String {
    let environment = args.compare_environment.as_ref();
    let parts = [
        args.compare.clone(),
        environment.map(|id| format!("environment {id}")),
        args.compare_profile.map(|profile| format!("profile {profile}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Computes a rollout over a generated population, under profile client and without other attributes, and writes its counts.
pub(crate) fn sampled(
    feature: FeatureRef<'_>,
    attribute: &str,
    count: u64,
    now: fh_eval::Timestamp,
    screen: &mut Screen<'_>,
) -> Result<(), Failure> {
    let fixed = Attributes::default();
    let mut forecast = Forecast::new(feature, Profile::Client, attribute, &fixed, now);
    Population::Sampled { count, seed: 0 }.for_each(|id| {
        forecast.count(&forecast.context(id));
    });
    Ok(Counts::of(&forecast).write(screen, "generated ids")?)
}
