use std::sync::Arc;

use hashbrown::HashMap;
use regex::Regex;

use crate::floor::context::{Context, Countries};
use crate::floor::hash::{IdWords, threshold};
use crate::floor::wire::{self, Error};
use crate::floor::{Attributes, Patterns};

type ByKey = HashMap<Box<str>, u32, foldhash::fast::RandomState>;
/// Patterns are shared through a pointer, because a cloned `Regex` would have a scratch space of its own.
type Compiled = HashMap<String, Arc<Regex>, foldhash::fast::RandomState>;

/// Rules behind one pointer per flag. Cloning copies the pointers.
#[derive(Clone)]
pub struct Boxed {
    flags: Vec<Arc<Flag>>,
    by_key: Arc<ByKey>,
    countries: Arc<Countries>,
    patterns: Arc<Compiled>,
}

struct Flag {
    id: IdWords,
    default: bool,
    split: bool,
    strategies: Box<[Strategy]>,
}

struct Strategy {
    value: bool,
    /// The largest matching hash. Without a percentage, the largest possible one.
    last: u32,
    rules: Box<[Rule]>,
}

enum Rule {
    Countries(Short),
    VersionAbove(u64),
    EmailSuffix(Box<str>),
    EmailPattern(Arc<Regex>),
}

/// Up to seven countries, stored inside the rule to avoid a pointer.
#[derive(Default)]
struct Short {
    count: u16,
    numbers: [u16; 7],
}

impl Short {
    fn push(&mut self, number: u16) -> Result<(), Error> {
        let place = self.numbers.get_mut(usize::from(self.count));
        *place.ok_or_else(|| Error::Unsupported("more than seven countries".to_owned()))? = number;
        self.count += 1;
        Ok(())
    }

    #[inline]
    fn contains(&self, number: u16) -> bool {
        self.numbers[..usize::from(self.count)].contains(&number)
    }
}

impl Boxed {
    /// Parses FeatureHub's list of features.
    ///
    /// # Errors
    /// If the list is not the standard payload.
    pub fn from_json(json: &str, patterns: Patterns) -> Result<Self, Error> {
        let features: Vec<wire::Feature> = serde_json::from_str(json)?;
        let mut compiler =
            Compiler { countries: Countries::default(), compiled: Compiled::default(), patterns };
        let mut by_key = ByKey::default();
        let mut flags = Vec::with_capacity(features.len());
        for (number, feature) in features.iter().enumerate() {
            flags.push(Arc::new(compiler.flag(feature)?));
            by_key.insert(feature.key.as_str().into(), number as u32);
        }
        Ok(Self {
            flags,
            by_key: Arc::new(by_key),
            countries: Arc::new(compiler.countries),
            patterns: Arc::new(compiler.compiled),
        })
    }

    /// Returns the same flags with one replaced. This is the least that publishing an update costs with this layout.
    ///
    /// # Errors
    /// As for [`Boxed::from_json`], or if the flag or one of its countries is new.
    pub fn with(&self, json: &str) -> Result<Self, Error> {
        let feature: wire::Feature = serde_json::from_str(json)?;
        let number = self
            .handle(&feature.key)
            .ok_or_else(|| Error::Unsupported("a new flag in an update".to_owned()))?;
        let mut compiler = Compiler {
            countries: (*self.countries).clone(),
            compiled: (*self.patterns).clone(),
            patterns: Patterns::Shared,
        };
        let mut flags = self.flags.clone();
        flags[number as usize] = Arc::new(compiler.flag(&feature)?);
        Ok(Self {
            flags,
            by_key: Arc::clone(&self.by_key),
            countries: Arc::new(compiler.countries),
            patterns: Arc::new(compiler.compiled),
        })
    }

    /// Returns the index of a flag, for the caller to keep.
    #[inline]
    #[must_use]
    pub fn handle(&self, key: &str) -> Option<u32> {
        self.by_key.get(key).copied()
    }

    /// Creates a context for these rules.
    #[must_use]
    pub fn context(&self, user: &Attributes<'_>) -> Context {
        Context::new(&self.countries, user)
    }

    /// Returns true if the flag is on.
    #[inline]
    #[must_use]
    pub fn by_handle(&self, handle: u32, context: &Context) -> bool {
        self.flags[handle as usize].evaluate(context)
    }

    /// Returns true if the flag is on. Unknown flags are off.
    #[inline]
    #[must_use]
    pub fn by_key(&self, key: &str, context: &Context) -> bool {
        self.by_key.get(key).is_some_and(|&number| self.by_handle(number, context))
    }
}

impl Flag {
    #[inline]
    fn evaluate(&self, context: &Context) -> bool {
        // The hash is computed outside the loop on purpose. Inside, the optimiser would compute it for flags without a
        // percentage as well.
        let hash = if self.split { context.key.finish(&self.id) } else { 0 };
        for strategy in &self.strategies {
            if hash > strategy.last {
                continue;
            }
            if strategy.rules.iter().all(|rule| rule.holds(context)) {
                return strategy.value;
            }
        }
        self.default
    }
}

impl Rule {
    #[inline]
    fn holds(&self, context: &Context) -> bool {
        match self {
            Self::Countries(list) => list.contains(context.country),
            Self::VersionAbove(bound) => context.version > *bound,
            Self::EmailSuffix(suffix) => context.email.ends_with(&**suffix),
            Self::EmailPattern(pattern) => pattern.is_match(&context.email),
        }
    }
}

struct Compiler {
    countries: Countries,
    compiled: Compiled,
    patterns: Patterns,
}

impl Compiler {
    fn flag(&mut self, feature: &wire::Feature) -> Result<Flag, Error> {
        let strategies = feature
            .strategies
            .iter()
            .map(|strategy| {
                let rules = strategy
                    .attributes
                    .iter()
                    .map(|attribute| self.rule(attribute))
                    .collect::<Result<_, Error>>()?;
                let last = strategy.percentage.map_or(u32::MAX, threshold);
                Ok(Strategy { value: strategy.value, last, rules })
            })
            .collect::<Result<_, Error>>()?;
        let split = feature.strategies.iter().any(|strategy| strategy.percentage.is_some());
        Ok(Flag { id: wire::id(feature)?, default: feature.value, split, strategies })
    }

    fn rule(&mut self, attribute: &wire::Attribute) -> Result<Rule, Error> {
        Ok(match attribute.condition()? {
            wire::Condition::Countries(names) => {
                let mut list = Short::default();
                for name in names {
                    list.push(self.countries.intern(name))?;
                }
                Rule::Countries(list)
            }
            wire::Condition::VersionAbove(bound) => Rule::VersionAbove(bound),
            wire::Condition::EmailSuffix(suffix) => Rule::EmailSuffix(suffix.into()),
            wire::Condition::EmailPattern(text) => Rule::EmailPattern(match self.patterns {
                Patterns::Own => Arc::new(wire::pattern(text)?),
                Patterns::Shared => match self.compiled.get(text) {
                    Some(pattern) => Arc::clone(pattern),
                    None => {
                        let pattern = Arc::new(wire::pattern(text)?);
                        self.compiled.insert(text.to_owned(), Arc::clone(&pattern));
                        pattern
                    }
                },
            }),
        })
    }
}
