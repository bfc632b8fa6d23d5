//! The attributes of a context that Java keeps, as strings of Java. A read copies the values that it needs.

use std::borrow::Cow;

use fh_binding::late_context::{AttributesBuilder, GivenAttributes};
use fh_client::System;
use jni_sys::{jintArray, jobjectArray, jsize};

use crate::env::Env;
use crate::numbered::NumberedTexts;

/// The names that have numbers, which are the same for all clients. Zero is the number of no name.
static NAMES: NumberedTexts = NumberedTexts::new();

/// Numbers a name; zero if there are too many numbered names.
pub(crate) fn number_name(name: &str) -> i32 {
    NAMES.add(name).map_or(0, |number| number + 1)
}

/// The attributes of a context.
#[derive(Clone, Copy)]
pub(crate) struct JavaAttributes<'call> {
    pub(crate) env: Env<'call>,
    /// Each name, followed by its text or by the array of its texts.
    pub(crate) given: jobjectArray,
    /// For each attribute twice the number of its name, and one more for a list.
    pub(crate) names: jintArray,
    pub(crate) system: System,
}

impl JavaAttributes<'_> {
    /// Calls a function with the name of each attribute, the place of its value, and true for a list.
    fn each(&self, call: &mut dyn FnMut(&str, jsize, bool)) {
        self.env.with_ints(self.names, |names| {
            for (at, number) in (0..).step_by(2).zip(names) {
                let is_list = number & 1 == 1;
                match NAMES.get(number / 2 - 1) {
                    Some(name) => call(name, at + 1, is_list),
                    None => self.env.with_element(self.given, at, |name| {
                        call(&self.env.string(name).unwrap_or_default(), at + 1, is_list);
                    }),
                }
            }
        });
    }
}

impl GivenAttributes for JavaAttributes<'_> {
    fn add(&self, attributes: &mut AttributesBuilder, is_read: &dyn Fn(&str) -> bool) {
        let Self { env, given, system, .. } = *self;
        self.each(&mut |name, place, is_list| {
            if !is_read(name) {
                return;
            }
            env.with_element(given, place, |value| match is_list {
                true => system.add_attribute(attributes, name, &env.strings(value)),
                false => env.with_text(value, |text| {
                    system.add_attribute(attributes, name, &Cow::Borrowed(text));
                }),
            });
        });
    }

    fn each_name(&self, each: &mut dyn FnMut(&str)) {
        self.each(&mut |name, _, _| each(name));
    }
}
