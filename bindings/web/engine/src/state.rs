//! The rulesets and the contexts that have handles.

use std::cell::RefCell;

use fh_eval::{Attributes, Ruleset};

use crate::handles::Handles;
use crate::input::{Now, SubjectAtTime};

thread_local! {
    static RULESETS: RefCell<Handles<Ruleset>> = const { RefCell::new(Handles::new()) };
    static CONTEXTS: RefCell<Handles<Attributes>> = const { RefCell::new(Handles::new()) };
}

pub(crate) fn add_ruleset(ruleset: Ruleset) -> u32 {
    RULESETS.with_borrow_mut(|rulesets| rulesets.add(ruleset))
}

pub(crate) fn remove_ruleset(handle: u32) {
    RULESETS.with_borrow_mut(|rulesets| rulesets.remove(handle));
}

pub(crate) fn add_context(context: Attributes) -> u32 {
    CONTEXTS.with_borrow_mut(|contexts| contexts.add(context))
}

pub(crate) fn remove_context(handle: u32) {
    CONTEXTS.with_borrow_mut(|contexts| contexts.remove(handle));
}

/// Calls a function with a ruleset. Returns `None` if there is no such ruleset.
pub(crate) fn with_ruleset<T>(handle: u32, read: impl FnOnce(&Ruleset) -> T) -> Option<T> {
    RULESETS.with_borrow(|rulesets| rulesets.get(handle).map(read))
}

/// Calls a function with a ruleset, and with the subject of a context and a time. The handle 0 is no context. Returns `None` if the
/// ruleset or the context does not exist.
#[inline]
pub(crate) fn with_subject<T>(
    ruleset: u32,
    context: u32,
    now: Now,
    read: impl for<'a> FnOnce(&'a Ruleset, &SubjectAtTime<'a>) -> T,
) -> Option<T> {
    RULESETS.with_borrow(|rulesets| {
        let ruleset = rulesets.get(ruleset)?;
        CONTEXTS.with_borrow(|contexts| {
            let subject = match context {
                0 => SubjectAtTime::without_context(now),
                handle => SubjectAtTime::new(contexts.get(handle)?, now),
            };
            Some(read(ruleset, &subject))
        })
    })
}
