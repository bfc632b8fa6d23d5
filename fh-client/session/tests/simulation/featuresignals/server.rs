//! A plain model of a FeatureSignals server: flags, their changes, and the values of each user. It uses no code of the client.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use fh_eval::Attributes;

use crate::random::Random;

/// A context, as the server sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub key: String,
    pub plan: Option<String>,
}

impl User {
    /// Returns the user of a client without a context.
    pub fn anonymous() -> Self {
        Self { key: "anonymous".to_string(), plan: None }
    }

    /// Returns the user of a context of the client.
    pub fn of(context: &Attributes) -> Self {
        let text =
            |name| context.get(name).and_then(|mut values| values.next().map(str::to_string));
        Self { key: text("key").unwrap_or_else(|| "anonymous".to_string()), plan: text("plan") }
    }

    pub fn context(&self) -> Arc<Attributes> {
        let builder = Attributes::builder().attribute("key", &*self.key);
        Arc::new(match &self.plan {
            Some(plan) => builder.attribute("plan", &**plan).build(),
            None => builder.build(),
        })
    }
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.key, self.plan.as_deref().unwrap_or("-"))
    }
}

#[derive(Debug, Clone, Copy)]
struct Flag {
    value: u64,
    /// True if a rule of the flag has another value for the plan `pro`.
    has_rule: bool,
}

/// The values of one user, by the keys of the flags.
pub type Values = BTreeMap<String, String>;

pub struct Server {
    flags: BTreeMap<String, Flag>,
    most: u64,
}

impl Server {
    pub fn new(random: &mut Random, most: u64) -> Self {
        let mut server = Self { flags: BTreeMap::new(), most };
        let count = if most > 100 || random.percent(85) { most } else { 0 };
        for at in 0..count {
            server.set(random, at);
        }
        server
    }

    fn set(&mut self, random: &mut Random, at: u64) {
        let flag = Flag { value: random.below(1_000), has_rule: random.percent(40) };
        self.flags.insert(format!("k{at}"), flag);
    }

    /// Creates, changes or deletes a flag.
    pub fn change(&mut self, random: &mut Random) {
        let at = random.below(self.most + 1);
        if random.percent(25) {
            self.flags.remove(&format!("k{at}"));
        } else {
            self.set(random, at);
        }
    }

    /// Changes a flag so that the values of each user change.
    pub fn change_visibly(&mut self, named: Option<&[String]>) {
        let key = named.map_or("k0", |named| named[0].as_str());
        let flag = self.flags.entry(key.to_string()).or_insert(Flag { value: 0, has_rule: false });
        flag.value += 1;
    }

    /// Returns the value of a flag for a user; `None` if the server has no such flag.
    pub fn evaluate(&self, key: &str, user: &User) -> Option<String> {
        let flag = self.flags.get(key)?;
        let is_pro = flag.has_rule && user.plan.as_deref() == Some("pro");
        let value = flag.value + if is_pro { 10_000 } else { 0 };
        Some(format!("{value} of {user}"))
    }

    /// Returns the values of a user, or those of named flags.
    pub fn values(&self, user: &User, named: Option<&[String]>) -> Values {
        let is_wanted = |key: &&String| named.is_none_or(|named| named.contains(key));
        let keys = self.flags.keys().filter(is_wanted);
        keys.filter_map(|key| Some((key.clone(), self.evaluate(key, user)?))).collect()
    }
}
