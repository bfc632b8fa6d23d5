//! The rulesets and the contexts that have handles, the names of attributes that have numbers, and the ruleset that is being compiled.

use std::cell::RefCell;

use fh_eval::featurehub::{Compilation, Compiler};
use fh_eval::{AttributesBuilder, Ruleset};

use crate::handles::Handles;
use crate::input::{Now, SubjectAtTime, profile_of};

thread_local! {
    static RULESETS: RefCell<Handles<Ruleset>> = const { RefCell::new(Handles::new()) };
    static CONTEXTS: RefCell<Handles<AttributesBuilder>> = const { RefCell::new(Handles::new()) };
    /// The names of attributes that have numbers.
    static NAMES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    /// The buffer in which JavaScript writes the values of a context.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 1024]);
    static COMPILATION: RefCell<Option<Compilation<'static>>> = const { RefCell::new(None) };
}

/// Calls a function with the ruleset that is being compiled, which begins now if there is none. JavaScript has the JSON of its features.
pub(crate) fn with_compilation(profile: u32, change: impl FnOnce(&mut Compilation<'static>)) {
    let begin = || Compiler::new(profile_of(profile)).without_json().begin(None);
    COMPILATION.with_borrow_mut(|compilation| change(compilation.get_or_insert_with(begin)));
}

/// Returns the ruleset that was being compiled; an empty one if there is none.
pub(crate) fn take_compilation() -> Ruleset {
    COMPILATION.take().map(Compilation::finish).unwrap_or_default()
}

pub(crate) fn add_ruleset(ruleset: Ruleset) -> u32 {
    RULESETS.with_borrow_mut(|rulesets| rulesets.add(ruleset))
}

pub(crate) fn remove_ruleset(handle: u32) {
    RULESETS.with_borrow_mut(|rulesets| rulesets.remove(handle));
}

pub(crate) fn add_context(context: AttributesBuilder) -> u32 {
    CONTEXTS.with_borrow_mut(|contexts| contexts.add(context))
}

/// Calls a function with a context. Does nothing if there is no such context.
#[inline]
pub(crate) fn change_context(handle: u32, change: impl FnOnce(&mut AttributesBuilder)) {
    CONTEXTS.with_borrow_mut(|contexts| contexts.get_mut(handle).map(change));
}

/// Gives the name of an attribute a number.
pub(crate) fn add_name(name: &str) -> u32 {
    NAMES.with_borrow_mut(|names| {
        names.push(name.to_string());
        names.len() as u32 - 1
    })
}

/// Returns the address of the buffer.
pub(crate) fn buffer() -> u32 {
    BUFFER.with_borrow(|buffer| buffer.as_ptr() as usize as u32)
}

/// Replaces the attributes of a context by those in the first bytes of the buffer. Does nothing if there is no such context.
#[inline]
pub(crate) fn read_buffer(context: u32, length: usize) {
    change_context(context, |context| {
        context.clear();
        BUFFER.with_borrow(|buffer| {
            NAMES.with_borrow(|names| {
                let mut left = buffer.get(..length).unwrap_or_default();
                while let [name, length, rest @ ..] = left
                    && let Some((value, rest)) = rest.split_at_checked(usize::from(*length))
                {
                    if let Some(name) = names.get(usize::from(*name))
                        && let Ok(value) = str::from_utf8(value)
                    {
                        context.add(name, value);
                    }
                    left = rest;
                }
            });
        });
    });
}

/// Writes bytes at the start of the buffer, as JavaScript does.
#[cfg(test)]
pub(crate) fn write_buffer(bytes: &[u8]) {
    BUFFER
        .with_borrow_mut(|buffer| buffer.iter_mut().zip(bytes).for_each(|(at, byte)| *at = *byte));
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
                handle => SubjectAtTime::new(contexts.get(handle)?.as_attributes(), now),
            };
            Some(read(ruleset, &subject))
        })
    })
}
