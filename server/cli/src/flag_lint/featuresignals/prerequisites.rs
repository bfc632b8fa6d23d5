//! Checks of prerequisites.
//!
//! The server evaluates the prerequisites of a flag in order, and each of them once: a flag with prerequisites fails if it is reached again, on a
//! cycle as well as on a second way.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::parts::Flag;
use crate::flag_lint::findings::{Findings, meant};
use fh_edge::internal::Level;

/// The longest chain of prerequisites that the engine evaluates.
const LONGEST_CHAIN: usize = 100;

/// The number of flags of a cycle that a finding names.
const NAMED: usize = 6;

/// Maximum number of prerequisites that the search for second ways follows for one flag.
const STEPS: usize = 10_000;

/// The prerequisites of each flag, as positions in the list of flags.
struct Graph {
    links: Vec<Vec<usize>>,
}

/// The state of a flag in the search for cycles.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    /// The flag is on the way from the first flag to the present one.
    Open,
    Done,
}

/// Checks the prerequisites of all flags.
pub(super) fn check(findings: &mut Findings, flags: &[Flag<'_>]) {
    let positions: HashMap<&str, usize> =
        flags.iter().enumerate().map(|(position, flag)| (key(flag), position)).collect();
    let mut graph = Graph { links: Vec::with_capacity(flags.len()) };
    for flag in flags {
        let mut links = Vec::new();
        for prerequisite in prerequisites(flag) {
            match positions.get(&*prerequisite) {
                Some(position) => links.push(*position),
                None => {
                    let otherwise = "add the flag, or remove its key from the list";
                    let advice = meant(&prerequisite, positions.keys().copied(), otherwise);
                    let message = format!(
                        "there is no flag {prerequisite}, so that this flag always has its default value"
                    );
                    let at = flag.at().member("prerequisites");
                    findings.add(Level::Error, &at, "unknown-prerequisite", message, advice);
                }
            }
        }
        graph.links.push(links);
    }
    let depths = graph.depths(|cycle| add_cycle(findings, flags, cycle));
    for (position, flag) in flags.iter().enumerate() {
        let depth = depths.get(position).copied().unwrap_or_default();
        if depth > LONGEST_CHAIN {
            let message = format!(
                "the chain of prerequisites has {depth} links; the engine fails one that is more than {LONGEST_CHAIN} links away"
            );
            let advice = "let the flag require the last flags of the chain directly";
            let at = flag.at().member("prerequisites");
            findings.add(Level::Error, &at, "prerequisite-depth", message, advice);
        }
        if let Some(twice) = graph.reached_twice(position) {
            let twice = flags.get(twice).map_or("", key);
            let message = format!(
                "two prerequisites lead to the flag {twice}, which has prerequisites; the server fails such a flag when it is reached again"
            );
            let advice = format!("name {twice} in one place only, or give it no prerequisites");
            let at = flag.at().member("prerequisites");
            findings.warn(&at, "prerequisite-twice", message, advice);
        }
    }
}

fn key<'f>(flag: &'f Flag<'_>) -> &'f str {
    flag.key
}

fn prerequisites<'a>(flag: &Flag<'a>) -> Vec<Cow<'a, str>> {
    flag.node.texts("prerequisites")
}

/// Adds the finding about a cycle, at its last flag, which requires the first one.
fn add_cycle(findings: &mut Findings, flags: &[Flag<'_>], cycle: &[usize]) {
    let Some(last) = cycle.last().and_then(|last| flags.get(*last)) else { return };
    let mut keys: Vec<&str> = vec![key(last)];
    keys.extend(cycle.iter().take(NAMED).filter_map(|at| flags.get(*at)).map(key));
    let more = if cycle.len() > NAMED { ", and so on" } else { "" };
    let message = match keys.as_slice() {
        [_, _] => "the flag requires itself, so that its prerequisites fail".to_string(),
        keys => format!(
            "the prerequisites are a cycle: {}{more}; the flag that is reached again fails",
            keys.join(" requires ")
        ),
    };
    let advice = "remove one of the prerequisites of the cycle";
    let at = last.at().member("prerequisites");
    findings.add(Level::Error, &at, "prerequisite-cycle", message, advice);
}

impl Graph {
    fn links(&self, position: usize) -> &[usize] {
        self.links.get(position).map_or(&[], Vec::as_slice)
    }

    /// Returns the length of the longest chain from each flag, without the links that close a cycle. Calls `on_cycle` with the flags of cycles;
    /// of several that end at one flag in a row, with the first one.
    fn depths(&self, mut on_cycle: impl FnMut(&[usize])) -> Vec<usize> {
        let mut depths = vec![0; self.links.len()];
        let mut visits = vec![Visit::New; self.links.len()];
        let mut closing = None;
        for start in 0..self.links.len() {
            // The flags on the way, each with the number of its links that were followed.
            let mut way: Vec<(usize, usize)> = Vec::new();
            let mut next = Some(start).filter(|start| visits.get(*start) == Some(&Visit::New));
            loop {
                if let Some(position) = next.take() {
                    if let Some(visit) = visits.get_mut(position) {
                        *visit = Visit::Open;
                    }
                    way.push((position, 0));
                }
                let Some((position, followed)) = way.last_mut() else { break };
                let position = *position;
                let Some(link) = self.links(position).get(*followed).copied() else {
                    way.pop();
                    if let Some(visit) = visits.get_mut(position) {
                        *visit = Visit::Done;
                    }
                    continue;
                };
                match visits.get(link).copied().unwrap_or(Visit::Done) {
                    // The link is looked at again when its flag is done.
                    Visit::New => next = Some(link),
                    Visit::Open => {
                        *followed += 1;
                        if closing.replace(position) == Some(position) {
                            continue;
                        }
                        let cycle = way.iter().map(|(position, _)| *position);
                        let cycle: Vec<usize> =
                            cycle.skip_while(|position| *position != link).collect();
                        on_cycle(&cycle);
                    }
                    Visit::Done => {
                        *followed += 1;
                        let depth = depths.get(link).copied().unwrap_or_default() + 1;
                        if let Some(own) = depths.get_mut(position) {
                            *own = depth.max(*own);
                        }
                    }
                }
            }
        }
        depths
    }

    /// Returns a flag with prerequisites that several links of a flag lead to.
    fn reached_twice(&self, position: usize) -> Option<usize> {
        let own = self.links(position);
        if own.len() < 2 {
            return None;
        }
        let mut earlier: HashSet<usize> = HashSet::new();
        let mut steps = 0;
        for link in own {
            let mut reached = HashSet::new();
            let mut open = vec![*link];
            while let Some(next) = open.pop() {
                steps += 1;
                // A way back to the flag itself is a cycle.
                if next == position || self.links(next).is_empty() || !reached.insert(next) {
                    continue;
                }
                if earlier.contains(&next) {
                    return Some(next);
                }
                if steps > STEPS {
                    return None;
                }
                open.extend(self.links(next));
            }
            earlier.extend(reached);
        }
        None
    }
}
