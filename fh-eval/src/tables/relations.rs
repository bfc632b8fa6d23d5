//! The relations between flags: prerequisites, and groups of which one flag has a subject. Flags name each other by key. The keys are
//! resolved when tables are finished, so that a ruleset that gains or loses a flag has the present ones.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Fixed, Growing, MovedNames, Share, Storage, Tables};
use crate::bucket::Murmur3;
use crate::hashing::Hashing;
use crate::predicate::Run;
use crate::time::Timestamp;

#[derive(Debug, Default)]
pub(crate) struct Relations<S: Storage = Fixed> {
    /// The links of each flag that has prerequisites, as rows of `links`.
    pub(crate) prerequisites: S::Rows<Run>,
    pub(crate) links: S::Rows<Link>,
    pub(crate) memberships: S::Rows<Membership>,
    /// The flags of all groups, group after group. Within a group they are in the order of their keys.
    pub(crate) rivals: S::Rows<Rival>,
    /// The times after which flags are expired.
    pub(crate) expiries: S::Rows<Timestamp>,
}

/// The longest chain of prerequisites. A prerequisite that is further away fails, so that no chain needs much stack.
pub(crate) const LONGEST_CHAIN: u32 = 100;

/// The position or row of a flag that the ruleset lacks, or of prerequisites that a flag lacks.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// A flag that another flag names as its prerequisite.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) key: Run,
    /// The position of the flag in the ruleset, or [`NOWHERE`].
    pub(crate) position: u32,
    /// The row of the flag's own prerequisites, or [`NOWHERE`].
    pub(crate) prerequisites: u32,
}

impl Link {
    pub(crate) const fn unresolved(key: Run) -> Self {
        Self { key, position: NOWHERE, prerequisites: NOWHERE }
    }
}

/// The membership of a flag in a group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Membership {
    /// The name of the group.
    pub(crate) group: Run,
    pub(crate) rivals: Run,
    /// The position of the flag itself among the rivals.
    pub(crate) own: u32,
}

impl Membership {
    pub(crate) fn unresolved(group: Run) -> Self {
        Self { group, rivals: Run::default(), own: 0 }
    }
}

/// A flag of a group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rival {
    /// The position of the flag in the ruleset.
    pub(crate) position: u32,
    /// A hasher that has read the text before the key of a context.
    pub(crate) hash: Murmur3,
}

/// The first rows of a flag, or the ends of the tables.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Starts {
    pub(crate) prerequisites: u32,
    pub(crate) links: u32,
    pub(crate) memberships: u32,
    pub(crate) expiries: u32,
}

fn rows<T>(table: &[T], start: u32, end: u32) -> &[T] {
    table.get(start as usize..end as usize).unwrap_or_default()
}

impl<S: Storage> Relations<S> {
    /// Returns true if flags refer to other flags.
    pub(crate) fn refer(&self) -> bool {
        !self.links.is_empty() || !self.memberships.is_empty()
    }

    pub(crate) fn ends(&self) -> Starts {
        Starts {
            prerequisites: self.prerequisites.len() as u32,
            links: self.links.len() as u32,
            memberships: self.memberships.len() as u32,
            expiries: self.expiries.len() as u32,
        }
    }
}

impl Relations<Growing> {
    pub(crate) fn truncate(&mut self, start: Starts) {
        self.prerequisites.truncate(start.prerequisites as usize);
        self.links.truncate(start.links as usize);
        self.memberships.truncate(start.memberships as usize);
        self.expiries.truncate(start.expiries as usize);
    }

    /// Appends the rows of other relations, whose names were moved.
    pub(crate) fn copy(
        &mut self,
        from: &Relations,
        start: Starts,
        end: Starts,
        names: &MovedNames,
    ) {
        let links = (self.links.len() as u32).wrapping_sub(start.links);
        let runs = rows(&from.prerequisites, start.prerequisites, end.prerequisites);
        self.prerequisites.extend(runs.iter().map(|run| run.shifted(links)));
        let links = rows(&from.links, start.links, end.links);
        self.links.extend(links.iter().map(|link| Link::unresolved(names.moved(link.key))));
        let memberships = rows(&from.memberships, start.memberships, end.memberships);
        let moved =
            memberships.iter().map(|member| Membership::unresolved(names.moved(member.group)));
        self.memberships.extend(moved);
        self.expiries.extend_from_slice(rows(&from.expiries, start.expiries, end.expiries));
    }

    pub(crate) fn finish(self) -> Relations {
        Relations {
            prerequisites: self.prerequisites.into(),
            links: self.links.into(),
            memberships: self.memberships.into(),
            rivals: self.rivals.into(),
            expiries: self.expiries.into(),
        }
    }
}

impl<S: Storage> Tables<S> {
    /// Returns true if a flag expires, or if one of its prerequisites does.
    pub(crate) fn may_expire(&self, position: usize) -> bool {
        let expires = |position| self.row_of(position, Share::Expired).is_some();
        !self.relations.expiries.is_empty()
            && (expires(position as u32)
                || self.prerequisites_of(position, usize::MAX).into_iter().any(expires))
    }

    /// Returns the positions of the flags that an evaluation of a flag may evaluate as prerequisites, each as often as it may do so. If there
    /// are more than `most`, at least one more than these is returned.
    pub(crate) fn prerequisites_of(&self, position: usize, most: usize) -> Vec<u32> {
        let links = |row: u32| {
            let run = self.relations.prerequisites.get(row as usize).copied();
            run.unwrap_or_default().of(&self.relations.links)
        };
        let Some(own) = self.row_of(position as u32, Share::FailedPrerequisite) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let mut visited = HashSet::from([own]);
        let mut open = vec![(own, 0)];
        while found.len() <= most
            && let Some((row, depth)) = open.pop()
        {
            for link in links(row) {
                found.push(link.position);
                if link.prerequisites != NOWHERE
                    && depth < LONGEST_CHAIN
                    && visited.insert(link.prerequisites)
                {
                    open.push((link.prerequisites, depth + 1));
                }
            }
        }
        found
    }
}

impl<S: Storage> Tables<S> {
    /// Returns the number of flags of the group of a flag with these strategies; 0 for a flag without a group.
    pub(crate) fn rivals(&self, strategies: Run) -> u64 {
        let mut strategies = strategies.of(&self.strategies).iter();
        let strategy = strategies.find(|strategy| strategy.share == Share::LostGroup);
        let row = strategy.and_then(|strategy| usize::try_from(strategy.limit).ok());
        let membership = row.and_then(|row| self.relations.memberships.get(row));
        membership.map_or(0, |membership| u64::from(membership.rivals.len))
    }

    /// Returns the positions of the flags of the group of a flag; empty for a flag without a group.
    pub(crate) fn group_of(&self, position: usize) -> &[Rival] {
        let row = self.row_of(position as u32, Share::LostGroup);
        let membership = row.and_then(|row| self.relations.memberships.get(row as usize));
        membership.map_or(&[], |membership| membership.rivals.of(&self.relations.rivals))
    }

    /// Returns the row that the strategy of a flag with this share names; `None` if the flag has no such strategy.
    fn row_of(&self, position: u32, share: Share) -> Option<u32> {
        let head = self.heads.get(position as usize)?;
        let mut strategies = head.strategies.of(&self.strategies).iter();
        let strategy = strategies.find(|strategy| strategy.share == share)?;
        u32::try_from(strategy.limit).ok()
    }
}

impl Tables<Growing> {
    /// Finds the flags that prerequisites name, and the members of groups. If several flags have the same key, the last one is found.
    pub(crate) fn with_resolved_relations(mut self) -> Self {
        self.resolve_links();
        self.resolve_groups();
        self
    }

    fn resolve_links(&mut self) {
        if self.relations.links.is_empty() {
            return;
        }
        let mut by_key: HashMap<&str, u32, Hashing> = HashMap::default();
        for position in 0..self.heads.len() {
            by_key.insert(self.key(position), position as u32);
        }
        let mut links = self.relations.links.clone();
        for link in &mut links {
            let key = self.names.text(link.key);
            link.position = by_key.get(key).copied().unwrap_or(NOWHERE);
            link.prerequisites =
                self.row_of(link.position, Share::FailedPrerequisite).unwrap_or(NOWHERE);
        }
        self.relations.links = links;
    }

    fn resolve_groups(&mut self) {
        if self.relations.memberships.is_empty() {
            return;
        }
        let mut groups: BTreeMap<&str, Vec<(u32, u32)>> = BTreeMap::new();
        for position in 0..self.heads.len() as u32 {
            let Some(row) = self.row_of(position, Share::LostGroup) else { continue };
            let Some(member) = self.relations.memberships.get(row as usize) else { continue };
            let name = self.names.text(member.group);
            groups.entry(name).or_default().push((position, row));
        }
        let mut rivals = Vec::new();
        let mut memberships = self.relations.memberships.clone();
        for mut members in groups.into_values() {
            members.sort_by_key(|(position, _)| self.key(*position as usize));
            let run = Run { at: rivals.len() as u32, len: members.len() as u32 };
            for (own, (position, row)) in (0..).zip(members) {
                let id = self.heads.get(position as usize).map(|head| head.hash_id);
                let mut hash = Murmur3::new();
                hash.write(id.unwrap_or_default().text(&self.hash_ids).as_bytes());
                rivals.push(Rival { position, hash });
                if let Some(member) = memberships.get_mut(row as usize) {
                    *member = Membership { rivals: run, own, ..*member };
                }
            }
        }
        self.relations.rivals = rivals;
        self.relations.memberships = memberships;
    }
}
