//! The command `diff`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use clap::Args;
use fh_test::generators::{Case, Choices};

use super::{Ended, FAILED, Problem, Profiles, print, seed};
use crate::agreement::{Disagreement, Pair};
use crate::case::Profile;
use crate::data::Data;
use crate::differences::KnownDifference;
use crate::target;

/// Compare two evaluators on newly drawn cases: answers, and traces and getters if both have them. An error counts as an answer.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The first evaluator: engine, reference, reference:mut-…, adapter:CMD or served:CMD.
    #[arg(long, default_value = "engine", value_name = "TARGET")]
    a: String,
    /// The second evaluator.
    #[arg(long, default_value = "reference", value_name = "TARGET")]
    b: String,
    /// The profile of the first evaluator.
    #[arg(long, value_enum, default_value = "all", visible_alias = "profile-a")]
    profile: Profiles,
    /// The profile of the second evaluator, if it differs.
    #[arg(long, value_enum)]
    profile_b: Option<OneProfile>,
    /// The seed of the generator; another seed gives other cases.
    #[arg(long, default_value = "1", value_parser = seed)]
    seed: u64,
    /// The number of cases to draw.
    #[arg(long, default_value_t = 10_000)]
    count: u64,
    /// Draw cases for this time in place of a number: 20s, 5m.
    #[arg(long, value_parser = duration, conflicts_with = "count")]
    time: Option<Duration>,
    /// Ignore differences that are only in the trace.
    #[arg(long)]
    answers_only: bool,
    /// Print the smallest case of known classes, too.
    #[arg(long)]
    examples: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum OneProfile {
    Client,
    Edge,
}

/// Parses a time such as `20s` or `5m`.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, seconds) = match (text.strip_suffix('s'), text.strip_suffix('m')) {
        (Some(number), _) => (number, 1),
        (None, Some(number)) => (number, 60),
        (None, None) => return Err(format!("{text:?} is no time such as 20s or 5m")),
    };
    let number: u64 = number.parse().map_err(|error| format!("{text:?}: {error}"))?;
    Ok(Duration::from_secs(number.saturating_mul(seconds)))
}

/// Maximum number of disagreements that are shrunk per class. The class is that before shrinking; the shrunk cases then form the reported
/// classes.
const SHRUNK: usize = 8;

/// The share of comparisons of versions among the cases. Other drawn cases rarely compare a version with an equal one, so few hundred of
/// them would not find an evaluator that confuses `>` with `>=`.
const VERSIONS: usize = 1;
const CASES: usize = 8;

/// Returns true if a target is an SDK behind an adapter.
fn is_sdk(target: &str) -> bool {
    ["adapter:", "served:"].iter().any(|prefix| target.starts_with(prefix))
}

/// The id of features whose drawn id is another text.
const UUID: &str = "\"2d7a94b0-51c3-4e8f-b6a2-c94e07d1f358\"";

/// Replaces an id that no server gives: ids of features are UUIDs, and an SDK may read them as such. Unreadable ids stay.
fn give_uuid(drawn: &mut Case) {
    let is_other_text = |id: &String| id.len() > 2 && id.starts_with('"') && id.len() != UUID.len();
    if drawn.feature.id.as_ref().is_some_and(is_other_text) {
        drawn.feature.id = Some(UUID.to_owned());
    }
}

/// Cases of one class.
struct Class {
    /// How many disagreements were shrunk to it.
    count: usize,
    /// The smallest case.
    example: Disagreement,
}

/// What a comparison found.
struct Found<'a> {
    known: &'a [KnownDifference],
    /// The name of the second evaluator in `known`.
    subject: String,
    compared: u64,
    different: u64,
    /// For each class before shrinking, how many were found.
    raw: BTreeMap<String, usize>,
    /// For the place of each known class in the list, what was shrunk to it.
    seen: BTreeMap<usize, Class>,
    /// For each class that is not known, what was shrunk to it.
    new: BTreeMap<String, Class>,
}

impl<'a> Found<'a> {
    fn new(known: &'a [KnownDifference], subject: String) -> Self {
        Self {
            known,
            subject,
            compared: 0,
            different: 0,
            raw: BTreeMap::new(),
            seen: BTreeMap::new(),
            new: BTreeMap::new(),
        }
    }

    fn add(&mut self, found: Disagreement, pair: &mut Pair) {
        self.different += 1;
        let seen = self.raw.entry(found.class()).or_default();
        *seen += 1;
        if *seen > SHRUNK {
            return;
        }
        let found = found.shrunk(pair);
        let first = || Class { count: 0, example: found.clone() };
        let class = match self.known.iter().position(|each| each.covers(&self.subject, &found)) {
            Some(place) => self.seen.entry(place).or_insert_with(first),
            None => self.new.entry(found.class()).or_insert_with(first),
        };
        class.count += 1;
        let size = |of: &Disagreement| of.feature.to_string().len() + of.context.to_string().len();
        if size(&found) < size(&class.example) {
            class.example = found;
        }
    }
}

pub(super) fn diff(data: &Data, arguments: &Arguments) -> Ended {
    let named = |name: &str| target::named(name).map_err(Problem::Usage);
    let (first, second) = (named(&arguments.a)?, named(&arguments.b)?);
    let mut profiles = arguments.profile.list();
    profiles.retain(|profile| first.has_profile(*profile) && second.has_profile(*profile));
    let mut pair = Pair::new(first, second);
    if let Some(profile) = arguments.profile_b {
        pair = pair.with_second_profile(match profile {
            OneProfile::Client => Profile::Client,
            OneProfile::Edge => Profile::Edge,
        });
    }
    let known = KnownDifference::load(data).map_err(|error| Problem::Data(vec![error]))?;
    let has_sdk = [&arguments.a, &arguments.b].iter().any(|target| is_sdk(target));
    let mut choices = Choices::seeded(arguments.seed);
    // Known classes are those of one pair of profiles.
    let subject = pair.subject(profiles.first().copied().unwrap_or(Profile::Client));
    let mut found = Found::new(&known, subject);
    let begin = Instant::now();
    for drawn in 0_u64.. {
        let is_over = match arguments.time {
            Some(time) => begin.elapsed() >= time,
            None => drawn >= arguments.count,
        };
        if is_over {
            break;
        }
        let mut drawn = if choices.chance(VERSIONS, CASES) {
            Case::draw_version_comparison(&mut choices)
        } else {
            Case::draw(&mut choices)
        };
        if has_sdk {
            give_uuid(&mut drawn);
        }
        for profile in &profiles {
            found.compared += 1;
            match pair.compare_drawn(*profile, &drawn) {
                Some(other) if !(arguments.answers_only && other.parts == ["trace"]) => {
                    found.add(other, &mut pair);
                }
                Some(_) | None => {}
            }
        }
    }
    report(&found, &mut pair, arguments);
    Ok(if found.new.is_empty() { 0 } else { FAILED })
}

/// Prints the classes, the new ones last.
fn report(found: &Found<'_>, pair: &mut Pair, arguments: &Arguments) {
    print(&format!(
        "{} comparisons of seed {:#x}: {} disagreements in {} known and {} new classes\n",
        found.compared,
        arguments.seed,
        found.different,
        found.seen.len(),
        found.new.len()
    ));
    let seen =
        found.seen.iter().filter_map(|(place, class)| Some((found.known.get(*place)?, class)));
    for (known, Class { count, example }) in seen {
        print(&format!(
            "\n{count} × known: {} ({})\n  as {}\n",
            known.reason,
            known.source,
            example.class()
        ));
        if arguments.examples {
            print(&example.to_string());
        }
    }
    for (class, Class { count, example }) in &found.new {
        print(&format!("\nNEW {count} × {class}\n{example}"));
        let explanation = pair.explanation(example).unwrap_or_default();
        explanation.lines().for_each(|line| print(&format!("    {line}\n")));
    }
}
