use hashbrown::HashMap;
use regex::Regex;

use crate::floor::Attributes;
use crate::floor::context::{Context, Countries};
use crate::floor::hash::{IdWords, threshold};
use crate::floor::wire::{self, Error};

/// Rules in arrays. Only regular expressions are behind a pointer.
pub struct Flat {
    flags: Vec<Flag>,
    strategies: Vec<Strategy>,
    rules: Vec<Rule>,
    ids: Vec<IdWords>,
    /// Numbers of countries of all rules. `text` holds the bytes of all suffixes.
    countries: Vec<u16>,
    text: Vec<u8>,
    patterns: Vec<Regex>,
    by_key: HashMap<Box<str>, u32, foldhash::fast::RandomState>,
    names: Countries,
}

struct Flag {
    first: u32,
    count: u16,
    default: bool,
    split: bool,
    /// The index into `ids`. Only flags with a percentage have an id.
    id: u32,
}

struct Strategy {
    first: u32,
    count: u16,
    value: bool,
    /// The largest matching hash. Without a percentage, the largest possible one.
    last: u32,
}

enum Rule {
    Countries { first: u32, count: u16 },
    VersionAbove(u64),
    EmailSuffix { first: u32, count: u16 },
    EmailPattern(u32),
}

const _: () =
    assert!(size_of::<Flag>() <= 16 && size_of::<Strategy>() <= 16 && size_of::<Rule>() <= 16);

impl Flat {
    /// Parses FeatureHub's list of features.
    ///
    /// # Errors
    /// If the list is not the standard payload.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        let features: Vec<wire::Feature> = serde_json::from_str(json)?;
        let mut flat = Self {
            flags: Vec::with_capacity(features.len()),
            strategies: vec![],
            rules: vec![],
            ids: vec![],
            countries: vec![],
            text: vec![],
            patterns: vec![],
            by_key: HashMap::default(),
            names: Countries::default(),
        };
        let mut compiled: HashMap<String, u32, foldhash::fast::RandomState> = HashMap::default();
        for (number, feature) in features.iter().enumerate() {
            flat.by_key.insert(feature.key.as_str().into(), number as u32);
            let split = feature.strategies.iter().any(|strategy| strategy.percentage.is_some());
            flat.flags.push(Flag {
                first: flat.strategies.len() as u32,
                count: feature.strategies.len() as u16,
                default: feature.value,
                id: flat.ids.len() as u32,
                split,
            });
            if split {
                flat.ids.push(wire::id(feature)?);
            }
            for strategy in &feature.strategies {
                flat.strategies.push(Strategy {
                    first: flat.rules.len() as u32,
                    count: strategy.attributes.len() as u16,
                    value: strategy.value,
                    last: strategy.percentage.map_or(u32::MAX, threshold),
                });
                for attribute in &strategy.attributes {
                    let rule = flat.rule(attribute, &mut compiled)?;
                    flat.rules.push(rule);
                }
            }
        }
        flat.strategies.shrink_to_fit();
        flat.rules.shrink_to_fit();
        flat.ids.shrink_to_fit();
        flat.countries.shrink_to_fit();
        flat.text.shrink_to_fit();
        Ok(flat)
    }

    fn rule(
        &mut self,
        attribute: &wire::Attribute,
        compiled: &mut HashMap<String, u32, foldhash::fast::RandomState>,
    ) -> Result<Rule, Error> {
        Ok(match attribute.condition()? {
            wire::Condition::Countries(names) => {
                let first = self.countries.len() as u32;
                for name in names {
                    let number = self.names.intern(name);
                    self.countries.push(number);
                }
                Rule::Countries { first, count: names.len() as u16 }
            }
            wire::Condition::VersionAbove(bound) => Rule::VersionAbove(bound),
            wire::Condition::EmailSuffix(suffix) => {
                let first = self.text.len() as u32;
                self.text.extend_from_slice(suffix.as_bytes());
                Rule::EmailSuffix { first, count: suffix.len() as u16 }
            }
            wire::Condition::EmailPattern(text) => Rule::EmailPattern(match compiled.get(text) {
                Some(&number) => number,
                None => {
                    let number = self.patterns.len() as u32;
                    self.patterns.push(wire::pattern(text)?);
                    compiled.insert(text.to_owned(), number);
                    number
                }
            }),
        })
    }

    /// Returns the index of a flag, for the caller to keep.
    #[must_use]
    pub fn handle(&self, key: &str) -> Option<u32> {
        self.by_key.get(key).copied()
    }

    /// Creates a context for these rules.
    #[must_use]
    pub fn context(&self, user: &Attributes<'_>) -> Context {
        Context::new(&self.names, user)
    }

    /// Returns true if the flag is on.
    #[inline]
    #[must_use]
    pub fn by_handle(&self, handle: u32, context: &Context) -> bool {
        self.evaluate(&self.flags[handle as usize], context)
    }

    /// Evaluates all flags in payload order.
    #[inline]
    pub fn evaluate_all(&self, context: &Context, mut each: impl FnMut(usize, bool)) {
        for (number, flag) in self.flags.iter().enumerate() {
            each(number, self.evaluate(flag, context));
        }
    }

    #[inline]
    fn evaluate(&self, flag: &Flag, context: &Context) -> bool {
        let hash = if flag.split { context.key.finish(&self.ids[flag.id as usize]) } else { 0 };
        let first = flag.first as usize;
        for strategy in &self.strategies[first..first + usize::from(flag.count)] {
            if hash > strategy.last {
                continue;
            }
            let first = strategy.first as usize;
            let rules = &self.rules[first..first + usize::from(strategy.count)];
            if rules.iter().all(|rule| self.holds(rule, context)) {
                return strategy.value;
            }
        }
        flag.default
    }

    #[inline]
    fn holds(&self, rule: &Rule, context: &Context) -> bool {
        match *rule {
            Rule::Countries { first, count } => {
                self.countries[first as usize..][..usize::from(count)].contains(&context.country)
            }
            Rule::VersionAbove(bound) => context.version > bound,
            Rule::EmailSuffix { first, count } => context
                .email
                .as_bytes()
                .ends_with(&self.text[first as usize..][..usize::from(count)]),
            Rule::EmailPattern(number) => self.patterns[number as usize].is_match(&context.email),
        }
    }
}
