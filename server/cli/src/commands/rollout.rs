//! `fh rollout`: shows how a feature's values are distributed over a population.

mod comparison;
mod counts;

use clap::Args;
use fh_eval::internal::rollout::Forecast;
use fh_eval::{Attributes, FeatureRef, Profile, Subject};

use crate::attribute_names;
use crate::context::ContextArgs;
use crate::failure::{Failure, Status};
use crate::json_output;
use crate::numbers;
use crate::payload::{FeatureInputArgs, Input, Payload};
use crate::population::Population;
use crate::profile::profiles;
use crate::ruleset::{Rules, RulesArgs};
use crate::sanitize::{count, plural};
use crate::screen::{Screen, WARNING};

use comparison::{Comparison, End};
use counts::Counts;

/// The number of ids in a generated population if `--sample` is not given.
const USUAL_SAMPLE: u64 = 10_000;

/// Show how a feature's values are distributed over a population, and which ids a change affects.
///
/// Evaluates the feature for every id, and shows the share of each strategy beside its configured share, if that is known. If
/// a second file, environment or profile is given, counts the ids whose value differs between the two evaluations, and shows
/// a few of these ids, or all with --list.
///
/// Profile edge hashes the id of the feature's value for percentages, and a payload does not hold this id. Where such a
/// percentage decides, it is not known which ids get another value: the first line of the output says so, and only rules and
/// shares are compared. With a state file or --value-ids FILE, the comparison is exact.
#[derive(Args)]
#[command(
    override_usage = "fh rollout [OPTIONS] <FILE> [API_KEY] <FEATURE>",
    after_help = "\
Examples:
  fh rollout features.json NEW_CHECKOUT
  fh rollout features.json NEW_CHECKOUT --ids ids.txt -c country=fiji
  fh rollout features.json WHOLESALE --attribute company --sample 5000 --seed 7
  fh rollout features.json NEW_CHECKOUT --compare tomorrow.json --list
  fh rollout state.yaml NEW_CHECKOUT --environment dev --ids ids.txt --compare-profile edge
  fh rollout features.json NEW_CHECKOUT --value-ids value-ids.json --compare-profile edge
  fh rollout https://edge.example.com 'ENVIRONMENT/KEY*' NEW_CHECKOUT

Exit codes: 0 fine, 1 there is no such feature, 2 the usage or the input is wrong."
)]
pub(crate) struct RolloutArgs {
    #[command(flatten)]
    input: FeatureInputArgs,

    /// The name of the context attribute that holds the id. The feature is evaluated for each id of the population
    #[arg(long, value_name = "NAME", default_value = "userkey")]
    attribute: String,

    /// A file with the ids of the population, one per line, or - for stdin. Without --ids, the ids are generated
    #[arg(long, value_name = "FILE", conflicts_with = "sample")]
    ids: Option<String>,

    /// The number of ids in a generated population, at most 100000000 [default: 10000]
    #[arg(long, value_name = "N", value_parser = numbers::up_to_100_million)]
    sample: Option<u64>,

    /// The seed of the generated population. The same seed gives the same ids
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "ids", value_parser = numbers::any)]
    seed: u64,

    #[command(flatten)]
    context: ContextArgs,

    #[command(flatten)]
    rules: RulesArgs,

    /// Compare the feature's values with its values in this payload file or state file, or on the Edge with this URL
    #[arg(long, value_name = "FILE", help_heading = "Comparison")]
    compare: Option<String>,

    /// Compare the feature's values with its values in the environment with this id, or with this name in a state file
    #[arg(long, value_name = "NAME", help_heading = "Comparison")]
    compare_environment: Option<String>,

    /// Compare the feature's values with its values under this evaluation profile. With profile edge and percentages, the
    /// comparison is exact only for a state file or with --value-ids
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

    fn check(&self, input: Input<'_>) -> Result<(), Failure> {
        let inputs = [
            Some(input.file),
            self.ids.as_deref(),
            self.compare.as_deref(),
            self.rules.value_ids_file(),
        ];
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

    /// Reads the other side's document: that of `--compare`, or the document itself.
    fn other_payload(&self, own: Input<'_>) -> Result<Option<Payload>, Failure> {
        let Some(file) = self.compare.as_deref() else { return Ok(None) };
        let is_url = file.contains("://");
        // A URL with a key of its own needs no other key.
        let has_key = file.contains("apiKey=") || file.contains("/features/");
        let api_key = own.api_key.filter(|_| is_url && !has_key);
        Input { file, api_key, ..own }.read().map(Some)
    }

    /// Returns the name or id of the environment to compare with: that of `--compare-environment`, or otherwise that of
    /// `--environment` if the other document contains it. Returns `None` if neither applies.
    fn other_environment(&self, other: &Payload) -> Result<Option<String>, Failure> {
        if self.compare_environment.is_some() {
            return Ok(self.compare_environment.clone());
        }
        let Some(same) = &self.rules.environment else {
            return Ok(None);
        };
        Ok(other.has_environment(same)?.then(|| same.clone()))
    }
}

pub(crate) fn run(
    args: &RolloutArgs,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let (input, key) = args.input.resolve()?;
    args.check(input)?;
    let ids = args.rules.value_ids()?;
    let payload = input.read()?;
    let environment = payload.environment(args.rules.environment.as_deref(), "--environment")?;
    let rules = Rules::compile(&payload, &environment, args.rules.profile()?, &ids)?;
    let feature = rules.feature(key, &payload)?;

    let other_payload = args.other_payload(input)?;
    let other_payload = other_payload.as_ref().unwrap_or(&payload);
    let other_rules = if args.compares() {
        let wanted = args.other_environment(other_payload)?;
        let profile = args.compare_profile.map_or_else(|| args.rules.profile(), Ok)?;
        let other = other_payload.environment(wanted.as_deref(), "--compare-environment")?;
        let is_same = other.id == environment.id;
        let ids = if is_same { &ids } else { ids.of_other_environment() };
        Some(Rules::compile(other_payload, &other, profile, ids)?)
    } else {
        None
    };
    let other = other_rules
        .as_ref()
        .map(|other| other.feature(key, other_payload).map(|feature| (other, feature)))
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
    let mut forecast = Forecast::new(feature, args.rules.profile()?, &args.attribute, &fixed, now);
    let mut comparison = other.map(|(_, other)| {
        // The clock gives the attribute `now`.
        let has = |name: &str| name == args.attribute || name == "now" || fixed.get(name).is_some();
        let missing = comparison::missing_attributes(feature, other, has);
        Comparison::new(described(args), args.list, missing)
    });
    let mut guesses = 0_u64;
    population.for_each(|id| {
        let attributes = forecast.context(id);
        let here = forecast.count(&attributes);
        let subject = Subject::new(&attributes, now);
        let is_guess = rules.is_guess(key, &subject)
            || other.is_some_and(|(other, _)| other.is_guess(key, &subject));
        guesses += u64::from(is_guess);
        if let (Some((_, other)), Some(comparison)) = (other, &mut comparison) {
            let there = other.evaluate(&subject);
            if is_guess {
                comparison.add_guess(End::of(feature, &here), End::of(other, &there));
            } else if here.value() != there.value() {
                comparison.add(id, End::of(feature, &here), End::of(other, &there));
            }
        }
    });
    let counts = Counts::of(&forecast);
    let warning = (guesses > 0).then(|| warning(key, guesses, forecast.people()));
    let remarks: Vec<String> =
        warning.iter().cloned().chain(remarks).chain(counts.remark()).collect();
    if json {
        let seed = args.ids.is_none().then_some(args.seed);
        let is_exact = guesses == 0;
        let report = counts.report(is_exact, seed, comparison.as_ref(), &remarks);
        json_output::document(screen.raw(), &report)?;
        return Ok(Status::Fine);
    }
    let who = match &args.ids {
        Some(path) if path == "-" => "ids from stdin".to_string(),
        Some(path) => format!("ids of {path}"),
        None => "generated ids".to_string(),
    };
    if let Some(warning) = &warning {
        screen.paragraph(WARNING, "", &format!("note: {warning}"))?;
        screen.end()?;
    }
    counts.write(screen, &who)?;
    if let Some(mut comparison) = comparison {
        comparison.write(screen, forecast.people())?;
    }
    for remark in remarks.iter().skip(usize::from(warning.is_some())) {
        screen.aside(&format!("note: {remark}"))?;
    }
    attribute_names::note(screen, &fixed, [feature])?;
    Ok(Status::Fine)
}

/// Returns the first line of an output that is not exact.
fn warning(key: &str, guesses: u64, people: u64) -> String {
    format!(
        "which ids get which value of {key} is not known for {} of {}: profile edge hashes the id of the feature's value for percentages, and this input does not hold it; for exact ids, give a state file or --value-ids FILE",
        count(guesses),
        plural(usize::try_from(people).unwrap_or(usize::MAX), "id", "ids")
    )
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
