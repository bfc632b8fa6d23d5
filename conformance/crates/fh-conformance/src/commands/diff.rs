//! The command `diff`.

use std::collections::BTreeMap;

use clap::Args;
use fh_generators::{Case, Choices};

use super::{Ended, FAILED, Profiles, print, seed};
use crate::agreement::{Disagreement, Oracles};

/// Compare the engine with the reference on fresh cases: answers, traces and getters.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The seed of the generator; another seed gives other cases.
    #[arg(long, default_value = "1", value_parser = seed)]
    seed: u64,
    /// The number of cases to draw.
    #[arg(long, default_value_t = 10_000)]
    count: u64,
    /// The profile to compare in.
    #[arg(long, value_enum, default_value = "all")]
    profile: Profiles,
    /// Ignore differences that are only in the trace.
    #[arg(long)]
    answers_only: bool,
}

/// Maximum number of disagreements that are shrunk per class. The class is that before shrinking; the shrunk cases then form the reported
/// classes.
const SHRUNK: usize = 8;

pub(super) fn diff(arguments: &Arguments) -> Ended {
    let mut oracles = Oracles::default();
    let mut choices = Choices::seeded(arguments.seed);
    let mut raw: BTreeMap<String, usize> = BTreeMap::new();
    let mut classes: BTreeMap<String, (usize, Disagreement)> = BTreeMap::new();
    let (mut compared, mut different) = (0_u64, 0_u64);
    for _ in 0..arguments.count {
        let drawn = Case::draw(&mut choices);
        for profile in arguments.profile.list() {
            compared += 1;
            let Some(found) = oracles.compare_drawn(profile, &drawn) else { continue };
            if arguments.answers_only && found.parts == ["trace"] {
                continue;
            }
            different += 1;
            let seen = raw.entry(found.class()).or_default();
            *seen += 1;
            if *seen > SHRUNK {
                continue;
            }
            let found = found.shrunk(&mut oracles);
            let class = classes.entry(found.class()).or_insert_with(|| (0, found.clone()));
            class.0 += 1;
            let size =
                |of: &Disagreement| of.feature.to_string().len() + of.context.to_string().len();
            if size(&found) < size(&class.1) {
                class.1 = found;
            }
        }
    }
    let mut out = format!(
        "{compared} comparisons of seed {:#x}: {different} disagreements in {} classes\n",
        arguments.seed,
        classes.len()
    );
    for (class, (times, example)) in &classes {
        out.push_str(&format!("\n{times} × {class}\n{example}"));
    }
    print(&out);
    Ok(if different == 0 { 0 } else { FAILED })
}
