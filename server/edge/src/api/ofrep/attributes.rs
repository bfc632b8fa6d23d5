//! Converts OpenFeature's evaluation context to attributes: structures are flattened, and `targetingKey` becomes `userkey`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use fh_eval::Attributes;
use serde_json::value::RawValue;

use super::answer::{Failure, Unusable};
use crate::digest::digits;
use crate::evaluations::Refused;
use crate::wire::context::{MAX_VALUES, hash_of};

/// The name of the context attribute in which OpenFeature sends the id of the user.
const TARGETING_KEY: &str = "targetingKey";
const USER_KEY: &str = "userkey";
/// The number of structures, one inside the other, that are flattened. A structure inside the eighth is left out.
const MAX_LEVELS: usize = 8;

/// The attributes of an evaluation context, each with at least one value.
pub(super) struct Flattened<C> {
    /// The attributes that the context itself holds.
    written: BTreeMap<String, Vec<String>>,
    /// The attributes from structures. They come after the written ones, because a relay sends only the first attributes upstream.
    flattened: BTreeMap<String, Vec<String>>,
    /// The number of bytes of the context, and of the names that flattening repeats.
    size: usize,
    /// The number of values that the context may still have.
    room: usize,
    check: C,
}

impl<C: Fn(usize) -> Result<(), Refused>> Flattened<C> {
    /// Reads the members of `context`, which must be a JSON object if there is one. `check` receives the size of the context in bytes, also while the
    /// context grows by flattening, and may refuse the context.
    pub(super) fn of(context: Option<&RawValue>, check: C) -> Result<Self, Unusable> {
        let (written, flattened) = (BTreeMap::new(), BTreeMap::new());
        let mut all = Self { written, flattened, size: 0, room: MAX_VALUES, check };
        let Some(context) = context else { return Ok(all) };
        all.grow(context.get().len())?;
        all.add("", context, 0)?;
        if !all.written.contains_key(USER_KEY)
            && let Some(user) = all.written.remove(TARGETING_KEY)
        {
            all.written.insert(USER_KEY.to_string(), user);
        }
        Ok(all)
    }

    /// Adds the values of a structure first, and then those of the structures in it, both in the order of their names. The first of equal
    /// names wins. `prefix` and `level` are those of the structure; the context itself has level 0.
    fn add(&mut self, prefix: &str, structure: &RawValue, level: usize) -> Result<(), Unusable> {
        let lone_surrogate =
            || Failure::bad_context("the name of an attribute contains a lone surrogate");
        let members: BTreeMap<Cow<'_, str>, &RawValue> =
            serde_json::from_str(structure.get()).map_err(|_| lone_surrogate())?;
        let (structures, values): (Vec<_>, Vec<_>) =
            members.into_iter().partition(|(_, raw)| raw.get().starts_with('{'));
        for (name, raw) in values {
            self.grow(prefix.len())?;
            let name = format!("{prefix}{name}");
            let values = values_of(&name, raw)?;
            if values.is_empty()
                || self.written.contains_key(&name)
                || self.flattened.contains_key(&name)
            {
                continue;
            }
            let too_many = || Failure::bad_context("the context contains more than 1000 values");
            self.room = self.room.checked_sub(values.len()).ok_or_else(too_many)?;
            if level == 0 { &mut self.written } else { &mut self.flattened }.insert(name, values);
        }
        for (name, raw) in structures.into_iter().filter(|_| level < MAX_LEVELS) {
            self.add(&format!("{prefix}{name}."), raw, level + 1)?;
        }
        Ok(())
    }

    fn grow(&mut self, bytes: usize) -> Result<(), Unusable> {
        self.size += bytes;
        (self.check)(self.size).map_err(Unusable::Refused)
    }

    /// Returns the number of bytes of the context, and of the names that flattening repeats.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Returns the attributes. Those that the context itself holds come first.
    pub(super) fn attributes(&self) -> Attributes {
        let all = self.written.iter().chain(&self.flattened);
        let start = Attributes::builder();
        all.fold(start, |all, (name, values)| all.attribute(name, values.as_slice())).build()
    }

    /// Returns a digest of the attributes. Contexts with the same attributes have the same digest.
    pub(super) fn tag(&self) -> String {
        let all: BTreeMap<_, _> = self.written.iter().chain(&self.flattened).collect();
        digits(&hash_of(all).finalize(), 8)
    }
}

/// Returns the values of an attribute as texts. Numbers keep their spelling. Nulls, and the structures and lists in a list, are left
/// out. A text with a lone surrogate is an error.
fn values_of(name: &str, raw: &RawValue) -> Result<Vec<String>, Failure> {
    let lone_surrogate =
        || Failure::bad_context(&format!("a text of attribute `{name}` contains a lone surrogate"));
    let elements: Vec<&RawValue> = match raw.get().starts_with('[') {
        true => serde_json::from_str(raw.get()).map_err(|_| lone_surrogate())?,
        false => vec![raw],
    };
    let mut values = Vec::with_capacity(elements.len());
    for element in elements {
        match element.get() {
            text if text == "null" || text.starts_with(['{', '[']) => {}
            text if text.starts_with('"') => {
                values.push(serde_json::from_str(text).map_err(|_| lone_surrogate())?);
            }
            text => values.push(text.to_string()),
        }
    }
    Ok(values)
}
