use crate::workload::{Condition, Flag, ROLLOUT_PERCENT, Rule, Shape, User, team_suffix};

impl Flag {
    /// Returns the correct value of this flag for this user, with FeatureHub's buckets for rollouts. The code is simple
    /// rather than fast. The check before every measurement compares all engines with it.
    #[must_use]
    pub fn answer(&self, user: &User) -> bool {
        match self.shape {
            Shape::Plain => self.default,
            Shape::Rollout => {
                bucket(&user.userkey, &self.id) <= u32::from(ROLLOUT_PERCENT) * 10_000
            }
            _ => self.rules.iter().any(|rule| rule.holds(user)),
        }
    }
}

impl Rule {
    fn holds(&self, user: &User) -> bool {
        self.conditions.iter().all(|condition| match condition {
            Condition::CountryIn(list) => list.contains(&user.country),
            Condition::VersionAbove(bound) => user.parsed_version > *bound,
            Condition::Team(team) => user.email.ends_with(&team_suffix(*team)),
        })
    }
}

/// Returns FeatureHub's bucket of a user for a feature, from 0 to 999,999.
#[must_use]
pub fn bucket(userkey: &str, feature_id: &str) -> u32 {
    let hash = murmur3_32(format!("{userkey}{feature_id}").as_bytes());
    ((u64::from(hash) * 1_000_000) >> 32) as u32
}

/// Computes MurmurHash3 x86 32 bit with seed 0.
#[must_use]
pub fn murmur3_32(bytes: &[u8]) -> u32 {
    let scramble = |k: u32| k.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    let mut hash = 0u32;
    let mut chunks = bytes.chunks_exact(4);
    for chunk in &mut chunks {
        hash ^= scramble(u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]));
        hash = hash.rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    let tail = chunks.remainder();
    if !tail.is_empty() {
        let mut word = [0; 4];
        word[..tail.len()].copy_from_slice(tail);
        hash ^= scramble(u32::from_le_bytes(word));
    }
    hash ^= bytes.len() as u32;
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::workload::{Email, standard, users};

    #[test]
    fn hash_agrees_with_published_values() {
        assert_eq!(murmur3_32(b""), 0);
        assert_eq!(murmur3_32(b"test"), 0xba6b_d213);
        assert_eq!(murmur3_32(b"Hello, world!"), 0xc036_3e43);
    }

    #[test]
    fn the_payload_has_the_shares_it_claims() {
        let payload = standard(1000, Email::Regex);
        let count = |shape| payload.flags.iter().filter(|flag| flag.shape == shape).count();
        let shapes = [
            (Shape::Plain, 400),
            (Shape::Rollout, 200),
            (Shape::Countries, 250),
            (Shape::ThreeRules, 100),
            (Shape::TenRules, 50),
        ];
        for (shape, expected) in shapes {
            assert_eq!(count(shape), expected, "{shape:?}");
        }
    }

    #[test]
    fn conditions_never_repeat() {
        let payload = standard(10_000, Email::Regex);
        let (mut lists, mut bounds) = (HashSet::new(), HashSet::new());
        for condition in
            payload.flags.iter().flat_map(|flag| &flag.rules).flat_map(|rule| &rule.conditions)
        {
            match condition {
                Condition::CountryIn(list) => {
                    let mut list = list.clone();
                    list.sort_unstable();
                    assert!(lists.insert(list));
                }
                Condition::VersionAbove(bound) => assert!(bounds.insert(*bound)),
                Condition::Team(_) => {}
            }
        }
    }

    #[test]
    fn the_first_user_reaches_the_last_condition() {
        let home = &users()[0];
        for flag in standard(1000, Email::Suffix).flags {
            let Some((last, others)) = flag.rules.split_last() else {
                continue;
            };
            if flag.shape == Shape::Countries {
                continue;
            }
            assert!(last.holds(home), "{}", flag.key);
            for rule in others {
                let mut first = rule.clone();
                let deciding = first.conditions.pop();
                assert!(first.holds(home) && !rule.holds(home), "{} {deciding:?}", flag.key);
            }
        }
    }

    #[test]
    fn every_kind_of_flag_divides_the_users() {
        let payload = standard(1000, Email::Suffix);
        for shape in [Shape::Rollout, Shape::Countries, Shape::ThreeRules, Shape::TenRules] {
            let flag = payload.representative(shape);
            let on = users().iter().filter(|user| flag.answer(user)).count();
            assert!((10..200).contains(&on), "{shape:?}: {on} of 256");
        }
    }
}
