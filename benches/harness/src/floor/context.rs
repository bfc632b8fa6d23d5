use hashbrown::HashMap;

use crate::floor::hash::KeyState;

/// Numbers of countries, assigned while rules are parsed. `u16::MAX` is no country.
#[derive(Debug, Default, Clone)]
pub struct Countries(HashMap<Box<str>, u16, foldhash::fast::RandomState>);

impl Countries {
    pub(crate) fn intern(&mut self, name: &str) -> u16 {
        if let Some(&number) = self.0.get(name) {
            return number;
        }
        let number = self.0.len() as u16;
        self.0.insert(name.into(), number);
        number
    }

    fn number(&self, name: &str) -> u16 {
        self.0.get(name).copied().unwrap_or(u16::MAX)
    }
}

/// The attributes of a user, as text.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a> {
    /// Hashed for rollouts.
    pub userkey: &'a str,
    /// Compared with country lists.
    pub country: &'a str,
    /// `major.minor.patch`.
    pub version: &'a str,
    /// Matched by suffixes and patterns.
    pub email: &'a str,
    /// Not used by any rule, kept like the others.
    pub plan: &'a str,
}

/// A user with everything precomputed that does not depend on the flag.
#[derive(Debug, Clone)]
pub struct Context {
    /// Kept because every engine's context keeps its attributes.
    pub userkey: String,
    /// Kept for the same reason.
    pub plan: String,
    pub(crate) email: String,
    pub(crate) version: u64,
    pub(crate) key: KeyState,
    pub(crate) country: u16,
}

impl Context {
    /// Creates a context. It makes three allocations, for the texts that are kept.
    #[must_use]
    pub fn new(countries: &Countries, user: &Attributes<'_>) -> Self {
        Self {
            userkey: user.userkey.to_owned(),
            plan: user.plan.to_owned(),
            email: user.email.to_owned(),
            version: pack(user.version).unwrap_or(0),
            key: KeyState::new(user.userkey),
            country: countries.number(user.country),
        }
    }
}

/// Packs the three numbers of a version into one word that is ordered like the version.
pub(crate) fn pack(version: &str) -> Option<u64> {
    let mut word = 0u64;
    let mut parts = 0;
    for part in version.split('.') {
        word = (word << 20) | u64::from(part.parse::<u32>().ok()? & 0xf_ffff);
        parts += 1;
    }
    (parts == 3).then_some(word)
}
