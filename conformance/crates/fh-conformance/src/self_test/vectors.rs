//! The test of the suite itself: a reference with a mutant (seeded bug) must fail it.

use std::collections::BTreeMap;
use std::thread;

use fh_reference_featurehub::MUTANTS;

use crate::case::{Case, Profile};
use crate::compare::{Outcome, check};
use crate::data::Suite;
use crate::json::Json;
use crate::parallel;
use crate::target::Reference;

/// Number of cases per group that are tried on each mutant, in addition to those that claim to find it. The full matrix has no such limit.
const SAMPLE: usize = 25;

/// The group of which only a sample is tried even in the full matrix. Each of its cases compiles Unicode tables, and it contains only
/// patterns.
const COSTLY: &str = "imported.regex";

/// Number of cases per group that are tried on the reference without a mutant. The full matrix has no such limit.
const SOUND_SAMPLE: usize = 500;

/// Number of mutants, evenly spread over the list, that are taken as unrelated. A case that fails with all of them detects no particular
/// mutant.
const UNRELATED: usize = 8;

/// The case that found a mutant.
#[derive(Clone, Copy, Debug)]
pub struct Kill<'a> {
    /// The case that failed.
    pub case: &'a Case,
    /// The profile in which it failed.
    pub profile: Profile,
}

/// The groups and cases that find each mutant.
#[derive(Debug)]
pub struct Matrix<'a> {
    /// The number of cases of each group.
    pub groups: BTreeMap<&'a str, usize>,
    /// For each of [`MUTANTS`], the first case of each group that finds it.
    pub kills: Vec<BTreeMap<&'a str, Kill<'a>>>,
    /// True if every case was tried on every mutant. Otherwise more cases than listed may find a mutant.
    pub is_full: bool,
    /// Claims of cases to find a mutant that they do not find.
    pub false_claims: Vec<String>,
    /// Cases that fail without a mutant. Large groups are sampled unless the matrix is full.
    pub unsound: Vec<String>,
}

/// Runs the suite with every mutant.
#[must_use]
pub fn matrix(suite: &Suite, is_full: bool) -> Matrix<'_> {
    let mut by_group: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in &suite.cases {
        by_group.entry(&case.group).or_default().push(case);
    }
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let tried = parallel::map(MUTANTS, threads, |info| match Reference::mutant(info.name) {
        Some(mut mutant) => try_mutant(&mut mutant, info.name, &by_group, is_full),
        None => (BTreeMap::new(), Vec::new()),
    });
    let (kills, false_claims): (Vec<_>, Vec<Vec<String>>) = tried.into_iter().unzip();
    let mut sound = Reference::new();
    let sampled = by_group.values().flat_map(|cases| {
        let step = if is_full { 1 } else { cases.len().div_ceil(SOUND_SAMPLE).max(1) };
        cases.iter().step_by(step).copied()
    });
    let unsound = sampled.flat_map(|case| {
        let fails = |profile: &Profile| check(&mut sound, case, *profile) != Outcome::Pass;
        let failing: Vec<Profile> = case.profiles().into_iter().filter(fails).collect();
        failing.into_iter().map(|profile| format!("{} ({profile})", case.id))
    });
    let mut matrix = Matrix {
        groups: by_group.iter().map(|(group, cases)| (*group, cases.len())).collect(),
        unsound: unsound.collect(),
        kills,
        false_claims: false_claims.concat(),
        is_full,
    };
    matrix.false_claims.extend(unknown_claims(suite));
    matrix.search_for_idle_groups(&by_group);
    matrix
}

/// Returns the kills of one mutant, and the false claims to find it.
fn try_mutant<'a>(
    mutant: &mut Reference,
    name: &str,
    by_group: &BTreeMap<&'a str, Vec<&'a Case>>,
    is_full: bool,
) -> (BTreeMap<&'a str, Kill<'a>>, Vec<String>) {
    let (mut found, mut wrong) = (BTreeMap::new(), Vec::new());
    for (group, cases) in by_group {
        for case in cases.iter().filter(|case| claims(case).any(|claim| claim == name)) {
            // Claims apply to profile `client` only.
            match kill(mutant, case, &[Profile::Client]) {
                Some(kill) => {
                    found.entry(*group).or_insert(kill);
                }
                None => wrong.push(format!("{} does not find {name} (client)", case.id)),
            }
        }
        if found.contains_key(group) {
            continue;
        }
        let is_whole = is_full && *group != COSTLY;
        let step = if is_whole { 1 } else { cases.len().div_ceil(SAMPLE).max(1) };
        let mut sample = cases.iter().step_by(step);
        let kill = sample.find_map(|case| kill(mutant, case, &Profile::ALL));
        found.extend(kill.map(|kill| (*group, kill)));
    }
    if found.is_empty() && !is_full {
        return try_mutant(mutant, name, by_group, true);
    }
    (found, wrong)
}

/// Returns the first of these profiles in which the case fails. Returns `None` for a case that fails with all unrelated mutants.
fn kill<'a>(target: &mut Reference, case: &'a Case, profiles: &[Profile]) -> Option<Kill<'a>> {
    let named = case.profiles();
    let mut profiles = profiles.iter().copied().filter(|profile| named.contains(profile));
    let fails = |target: &mut Reference, profile: Profile| {
        matches!(check(target, case, profile), Outcome::Fail(_))
    };
    let profile = profiles.find(|profile| fails(target, *profile))?;
    let unrelated = MUTANTS.iter().step_by((MUTANTS.len() / UNRELATED).max(1));
    let mut unrelated = unrelated.filter_map(|info| Reference::mutant(info.name));
    let is_indiscriminate = unrelated.all(|mut mutant| fails(&mut mutant, profile));
    (!is_indiscriminate).then_some(Kill { case, profile })
}

fn claims(case: &Case) -> impl Iterator<Item = &str> {
    let claims = case.source.as_ref().and_then(|source| source.get("kills"));
    claims.map_or(&[][..], Json::elements).iter().filter_map(Json::text)
}

fn unknown_claims(suite: &Suite) -> Vec<String> {
    let known = |name: &str| MUTANTS.iter().any(|info| info.name == name);
    let all = suite.cases.iter().flat_map(|case| claims(case).map(move |claim| (case, claim)));
    let unknown = all.filter(|(_, claim)| !known(claim));
    unknown.map(|(case, claim)| format!("{}: there is no {claim}", case.id)).collect()
}

impl<'a> Matrix<'a> {
    /// Tries all mutants and all cases for each group whose sample found no mutant, until a mutant is found.
    fn search_for_idle_groups(&mut self, by_group: &BTreeMap<&'a str, Vec<&'a Case>>) {
        for (group, cases) in by_group {
            if self.kills.iter().any(|kills| kills.contains_key(group)) {
                continue;
            }
            for (info, kills) in MUTANTS.iter().zip(&mut self.kills) {
                let Some(mut mutant) = Reference::mutant(info.name) else { continue };
                let mut all = cases.iter();
                if let Some(kill) = all.find_map(|case| kill(&mut mutant, case, &Profile::ALL)) {
                    kills.insert(*group, kill);
                    break;
                }
            }
        }
    }

    /// Returns the mutants that no case finds.
    #[must_use]
    pub fn survivors(&self) -> Vec<&'static str> {
        let all = MUTANTS.iter().zip(&self.kills);
        all.filter(|(_, kills)| kills.is_empty()).map(|(info, _)| info.name).collect()
    }

    /// Returns the number of mutants that each group finds.
    #[must_use]
    pub fn found_by_group(&self) -> BTreeMap<&'a str, usize> {
        let groups = self.groups.keys().map(|group| {
            let found = self.kills.iter().filter(|kills| kills.contains_key(group)).count();
            (*group, found)
        });
        groups.collect()
    }

    /// Returns true if the suite proves itself: the reference without a mutant passes, every mutant is found, every group finds a mutant,
    /// and no claim is false.
    #[must_use]
    pub fn is_proof(&self) -> bool {
        self.unsound.is_empty()
            && self.survivors().is_empty()
            && self.found_by_group().values().all(|found| *found > 0)
            && self.false_claims.is_empty()
    }

    /// Returns the matrix as a JSON document.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mutants = MUTANTS.iter().zip(&self.kills).map(|(info, kills)| {
            let killed_by = kills.iter().map(|(group, kill)| {
                (*group, Json::from(format!("{} ({})", kill.case.id, kill.profile)))
            });
            Json::object([
                ("name", Json::from(info.name)),
                ("what", info.what.into()),
                ("seen_in", info.seen_in.into()),
                ("killed_by", Json::object(killed_by)),
            ])
        });
        let groups = self.found_by_group().into_iter();
        Json::object([
            ("full", Json::Bool(self.is_full)),
            ("mutants", Json::List(mutants.collect())),
            (
                "kills",
                Json::object(groups.map(|(group, found)| (group, Json::number(found as u64)))),
            ),
        ])
    }
}
