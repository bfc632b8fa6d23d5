//! The attributes of a context that Java keeps, as strings of Java. A read copies the values that it needs.

use std::borrow::Cow;

use fh_binding::late_context::{AttributesBuilder, GivenAttributes};
use fh_client::System;
use jni_sys::{jint, jobject, jobjectArray, jsize};

use crate::classes::classes;
use crate::env::Env;
use crate::numbered::Numbering;

/// The mark of [`JavaAttributes::form`] for a value that is an array.
const HAS_LIST: jint = 1;
/// The mark for an attribute that is left out.
const LACKS_ONE: jint = 2;

/// The lists of names that have numbers, which are the same for all clients. Java has numbers that are larger by one.
static NAMES: Numbering<Vec<String>> = Numbering::new();

/// Returns the number that Java has for a list of names; -1 if there are too many numbers.
pub(crate) fn number_names(names: Vec<String>) -> jint {
    NAMES.add(names).map_or(-1, |number| number + 1)
}

/// The attributes of a context.
#[derive(Clone, Copy)]
pub(crate) struct JavaAttributes<'call> {
    pub(crate) env: Env<'call>,
    /// For each name a text, an array of texts, or null for an attribute that is left out.
    pub(crate) values: jobjectArray,
    /// Four times the number of the names, and the marks. It is negative if the names have no number.
    pub(crate) form: jint,
    pub(crate) names: jobjectArray,
    pub(crate) system: System,
}

impl JavaAttributes<'_> {
    /// Calls a function with each name and the place of its value.
    fn each(&self, call: &mut dyn FnMut(&str, jsize)) {
        let copied;
        let names = match NAMES.get(self.form / 4 - 1) {
            Some(names) => names,
            None => {
                copied = self.env.strings(self.names);
                &copied
            }
        };
        for (at, name) in (0..).zip(names) {
            call(name, at);
        }
    }

    /// Calls a function with the value at a place, unless the attribute is left out.
    fn with_value(&self, place: jsize, call: impl FnOnce(jobject)) {
        self.env.with_element(self.values, place, |value| {
            if !value.is_null() {
                call(value);
            }
        });
    }
}

impl GivenAttributes for JavaAttributes<'_> {
    fn add(&self, attributes: &mut AttributesBuilder, is_read: &dyn Fn(&str) -> bool) {
        let Self { env, system, .. } = *self;
        let has_list = self.form & HAS_LIST != 0;
        let string = classes().filter(|_| has_list).map(|classes| classes.string.raw());
        self.each(&mut |name, place| {
            if !is_read(name) {
                return;
            }
            self.with_value(place, |value| match string {
                Some(string) if !env.is_instance(value, string) => {
                    system.add_attribute(attributes, name, &env.strings(value));
                }
                _ => env.with_text(value, |text| {
                    system.add_attribute(attributes, name, &Cow::Borrowed(text));
                }),
            });
        });
    }

    fn each_name(&self, each: &mut dyn FnMut(&str)) {
        let lacks_one = self.form & LACKS_ONE != 0;
        // Most contexts have all of their names, which then need no calls of Java.
        self.each(&mut |name, place| match lacks_one {
            true => self.with_value(place, |_| each(name)),
            false => each(name),
        });
    }
}
