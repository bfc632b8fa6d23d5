//! `fh bucket`: shows the percentage bucket of keys, and finds keys for a range of buckets.

use clap::Args;
use fh_eval::{BUCKETS, Profile};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::json_output;
use crate::numbers;
use crate::payload::Input;
use crate::profile::ProfileArgs;
use crate::ruleset::Rules;
use crate::sanitize;
use crate::screen::{PLAIN, QUIET, Screen};
use crate::table::{Align, Table};
use crate::value_ids::ValueIdsArgs;

/// The number of keys that `--want` tries before it gives up. On average, 200 of these keys are in each bucket.
const MOST_TRIED: u64 = 200_000_000;

/// Show the buckets of percentage keys, or find keys whose buckets are in a range.
///
/// The bucket is computed from the percentage key and the id of the feature. The percentage key is the first value of the
/// attribute `session` (with profile edge, `sessionkey`), or of `userkey` if the context has no such attribute. A strategy with
/// percentageAttributes uses the values of these attributes instead, joined with `$`, and `<none>` for a missing attribute.
///
/// Buckets run from 0 to 999,999. A percentage of 20 % admits the buckets from 0 to 200,000, including both ends. If earlier
/// strategies without rules have percentages of the same key, a strategy without rules adds them to its own percentage.
#[derive(Args)]
#[command(after_help = "\
Examples:
  fh bucket --id 0c1d2e3f-77aa-4b1c fred aroha
  fh bucket --id 0c1d2e3f-77aa-4b1c --want 0-200000 --count 3 --prefix tester-
  fh bucket --id 0c1d2e3f-77aa-4b1c 'acme$north' --profile edge --json
  fh bucket --file state.yaml --environment dev --feature NEW_CHECKOUT fred aroha

With --profile edge, --id is the id of the feature value, because FeatureHub's
Edge hashes that id. --file and --feature look the id up instead. The id of a value
is in a state file and in the file of --value-ids, and not in a payload.

Exit codes: 0 fine, 1 fewer keys found than --count, 2 the usage is wrong.")]
pub(crate) struct BucketArgs {
    /// The id of the feature, which is not its key. With profile edge, the id of the feature value
    #[arg(
        long,
        value_name = "FEATURE_ID",
        required_unless_present = "file",
        conflicts_with = "file"
    )]
    id: Option<String>,

    #[command(flatten)]
    lookup: Lookup,

    /// The percentage keys whose buckets are shown, such as user keys
    #[arg(required_unless_present = "want", conflicts_with = "want")]
    value: Vec<String>,

    /// Find keys whose buckets are in this range, such as 0-200000. The range includes both ends
    #[arg(long, value_name = "FROM-TO", value_parser = range)]
    want: Option<(u32, u32)>,

    /// The number of keys that --want finds, at most 1000000
    #[arg(long, value_name = "N", default_value_t = 10, requires = "want",
          value_parser = numbers::up_to_a_million)]
    count: u32,

    /// The prefix of the keys that --want tries. Each key is this prefix and a number, such as user-1
    #[arg(long, default_value = "user-", requires = "want")]
    prefix: String,

    #[command(flatten)]
    profile: ProfileArgs,
}

/// The options that look up the id of a feature.
#[derive(Args)]
struct Lookup {
    /// Look up the id in these features: a file with a payload from FeatureHub, a state file, - for stdin, or the URL of an Edge
    #[arg(long, value_name = "FILE", requires = "feature", help_heading = "Id of a feature")]
    file: Option<String>,

    /// The key of the feature whose id is looked up
    #[arg(long, value_name = "FEATURE", requires = "file", help_heading = "Id of a feature")]
    feature: Option<String>,

    /// The environment in FILE: its id, or its name in a state file
    #[arg(long, value_name = "NAME", requires = "file", help_heading = "Id of a feature")]
    environment: Option<String>,

    /// The client-evaluated API key, if FILE is the URL of an Edge
    #[arg(long, value_name = "KEY", requires = "file", help_heading = "Id of a feature")]
    api_key: Option<String>,

    #[command(flatten)]
    value_ids: ValueIdsArgs,
}

impl Lookup {
    /// Returns the id that the profile hashes for percentages of the feature.
    fn id(&self, profile: Profile) -> Result<String, Failure> {
        let (file, key) =
            (self.file.as_deref().unwrap_or("-"), self.feature.as_deref().unwrap_or(""));
        let payload = Input { file, api_key: self.api_key.as_deref(), wait: None }.read()?;
        let environment = payload.environment(self.environment.as_deref(), "--environment")?;
        let ids = self.value_ids.read()?;
        let rules = Rules::compile(&payload, &environment, profile, &ids)?;
        let feature = rules.feature(key, &payload)?;
        let name = &payload.name;
        match profile {
            Profile::Client => feature.id().map(str::to_string).ok_or_else(|| {
                Failure::Input(format!("the feature {key} of {name} has no id: give it one, or use --id"))
            }),
            _ => ids.of(&payload, environment.id.as_deref())?.and_then(|ids| ids.get(key).cloned()).ok_or_else(|| {
                Failure::Input(format!(
                    "{name} does not hold the id of the value of {key}, which profile edge hashes: give a state file, --value-ids FILE or --id"
                ))
            }),
        }
    }
}

/// Returns true for a name without a digit that has an upper case letter or a separator. The ids of features are UUIDs, so that one without a
/// digit is very rare.
fn is_key(id: &str) -> bool {
    let is_of_name = |c: char| c.is_alphabetic() || "_-.".contains(c);
    let is_telling = |c: char| c.is_uppercase() || "_-.".contains(c);
    id.chars().all(is_of_name) && id.chars().any(is_telling)
}

#[derive(Debug, Serialize)]
struct Drawn {
    value: String,
    bucket: u32,
}

fn range(text: &str) -> Result<(u32, u32), String> {
    let number = |text: &str| text.trim().replace(['_', ','], "").parse::<u32>().ok();
    let ends = text.split_once('-').and_then(|(from, to)| Some((number(from)?, number(to)?)));
    match ends {
        Some((from, to)) if from <= to && from < BUCKETS => Ok((from, to)),
        Some((from, to)) if from > to => {
            Err(format!("write the smaller bucket first: {to}-{from}"))
        }
        _ => Err("write FROM-TO with buckets of 0 to 999999, such as 0-200000".to_string()),
    }
}

pub(crate) fn run(
    args: &BucketArgs,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let profile = args.profile.of_featurehub()?;
    let id = match &args.id {
        Some(key) if is_key(key) => {
            return Err(Failure::Input(format!(
                "--id {key} looks like the key of a feature, and other users are in the buckets of its id: write --file FILE --feature {key}, which looks the id up"
            )));
        }
        Some(id) => id.clone(),
        None => args.lookup.id(profile)?,
    };
    let draw = |value: String| Drawn { bucket: profile.bucket(&value, &id), value };
    let drawn: Vec<Drawn> = match args.want {
        None => args.value.iter().cloned().map(draw).collect(),
        Some((from, to)) => (1..=MOST_TRIED)
            .map(|number| draw(format!("{}{number}", args.prefix)))
            .filter(|drawn| (from..=to).contains(&drawn.bucket))
            .take(args.count as usize)
            .collect(),
    };
    if json {
        json_output::rows(screen.raw(), &drawn)?;
    } else {
        let mut table =
            Table::new([("KEY", Align::Left), ("BUCKET", Align::Right), ("IN FROM", Align::Right)]);
        for each in &drawn {
            table.row([
                (each.value.clone(), PLAIN),
                (sanitize::count(u64::from(each.bucket)), PLAIN),
                (sanitize::millionths(i64::from(each.bucket)), QUIET),
            ]);
        }
        table.write(screen, 0)?;
    }
    if args.want.is_some() && drawn.len() < args.count as usize {
        return Err(Failure::NotFound(format!(
            "only {} with a bucket in this range, among {} keys that were tried: lower --count, or widen --want",
            sanitize::plural(drawn.len(), "key was found", "keys were found"),
            sanitize::count(MOST_TRIED)
        )));
    }
    Ok(Status::Fine)
}
