//! The ways to call the floor.

use crate::floor::{Attributes, Boxed, Context, Flat, Patterns};
use crate::workload::{User, Workload, render};

use crate::rounds::engine::{All, Engine, Live};

fn attributes(user: &User) -> Attributes<'_> {
    Attributes {
        userkey: &user.userkey,
        country: user.country,
        version: &user.version,
        email: &user.email,
        plan: user.plan,
    }
}

fn text<E: std::fmt::Display>(error: E) -> String {
    error.to_string()
}

macro_rules! floor {
    ($(#[$doc:meta])* $name:ident($inner:ty), $row:literal, $all:expr, $flag:ty, $load:expr, $resolve:expr, $is_on:expr $(, $count:expr)?) => {
        $(#[$doc])*
        pub struct $name(pub $inner);

        impl Engine for $name {
            type Context = Context;
            type Flag = $flag;
            const NAME: &'static str = $row;
            const ALL: All = $all;

            fn render(workload: &Workload) -> Option<String> {
                Some(render::featurehub::render(workload))
            }
            fn load(payload: String) -> Result<Self, String> {
                let load: fn(&str) -> Result<$inner, crate::floor::Error> = $load;
                load(&payload).map(Self).map_err(text)
            }
            fn flag(&self, key: &str) -> $flag {
                let resolve: fn(&$inner, &str) -> $flag = $resolve;
                resolve(&self.0, key)
            }
            fn context(&self, user: &User) -> Context {
                self.0.context(&attributes(user))
            }
            #[inline]
            fn is_on(&self, flag: &$flag, context: &Context) -> bool {
                let is_on: fn(&$inner, &$flag, &Context) -> bool = $is_on;
                is_on(&self.0, flag, context)
            }
            $(fn all(&self, context: &Context) -> usize {
                let count: fn(&$inner, &Context) -> usize = $count;
                count(&self.0, context)
            })?
        }
    };
}

floor!(
    /// Flat arrays. Flags are given by number; all flags are evaluated by iterating over the array.
    FlatByHandle(Flat), "floor (flat, by handle)", All::Own, u32,
    Flat::from_json,
    |floor, key| floor.handle(key).expect("a key of the payload"),
    |floor, &handle, context| floor.by_handle(handle, context),
    |floor, context| {
        let mut on = 0;
        floor.evaluate_all(context, |_, value| on += usize::from(value));
        on
    }
);
floor!(
    /// One pointer per flag. Flags are given by number.
    BoxedByHandle(Boxed), "floor (by handle)", All::Singly, u32,
    |json| Boxed::from_json(json, Patterns::Shared),
    |floor, key| floor.handle(key).expect("a key of the payload"),
    |floor, &handle, context| floor.by_handle(handle, context)
);
floor!(
    /// One pointer per flag. Flags are given by key.
    BoxedByKey(Boxed), "floor (by key)", All::Singly, String,
    |json| Boxed::from_json(json, Patterns::Shared),
    |_, key| key.to_owned(),
    |floor, key, context| floor.by_key(key, context)
);
floor!(
    /// As [`BoxedByKey`], but each condition has a compiled pattern of its own.
    BoxedOwnPatterns(Boxed), "floor (by key, own regexes)", All::Singly, String,
    |json| Boxed::from_json(json, Patterns::Own),
    |_, key| key.to_owned(),
    |floor, key, context| floor.by_key(key, context)
);

/// Evaluation by key, behind a pointer that can be exchanged. Engines are compared with this row.
impl Live for BoxedByKey {
    const LIVE_NAME: &'static str = "floor (by key) + ArcSwap";
}

/// Evaluation by key, behind a lock. The row only shows the cost of a lock with two threads.
pub struct Locked(std::sync::RwLock<BoxedByKey>);

impl Engine for Locked {
    type Context = Context;
    crate::by_key!();
    const NAME: &'static str = "floor (by key) + RwLock";

    fn render(workload: &Workload) -> Option<String> {
        BoxedByKey::render(workload)
    }
    fn load(payload: String) -> Result<Self, String> {
        BoxedByKey::load(payload).map(|floor| Self(floor.into()))
    }
    fn context(&self, user: &User) -> Context {
        self.0.read().expect("nobody panics").context(user)
    }
    #[inline]
    fn is_on(&self, flag: &String, context: &Context) -> bool {
        self.0.read().expect("nobody panics").is_on(flag, context)
    }
}
