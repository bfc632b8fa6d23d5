//! Contexts that a binding makes only when something needs them. Many programs make a context for each request, read one feature and drop it,
//! so that the first read converts only the attributes that the feature reads.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use fh_client::internal::with_repository;
use fh_client::{Client, Context, Number};
use fh_eval::Attributes;

pub use fh_client::internal::{GivenAttributes, RepositorySnapshot};
pub use fh_eval::AttributesBuilder;

thread_local! {
    /// The builder for first reads of this thread. It is absent during a read, so that a read within a read takes another one.
    static BUILDER: Cell<Option<AttributesBuilder>> = const { Cell::new(None) };
}

/// Calls a function with the builder that the thread keeps.
fn with_builder<R>(call: impl FnOnce(&mut AttributesBuilder) -> R) -> R {
    let mut builder = BUILDER.try_with(Cell::take).ok().flatten().unwrap_or_default();
    let result = call(&mut builder);
    // A thread that ends keeps nothing.
    let _ = BUILDER.try_with(|kept| kept.set(Some(builder)));
    result
}

/// Reads for attributes that are in no context yet; `None` if the read needs the whole context.
pub fn first_read<R>(
    client: &Client,
    read: impl FnOnce(&RepositorySnapshot, &mut AttributesBuilder) -> Option<R>,
) -> Option<R> {
    with_repository(client, |snapshot| with_builder(|builder| read(snapshot, builder)))
}

/// Returns all attributes that a program has given.
pub fn attributes(given: &impl GivenAttributes) -> Arc<Attributes> {
    let mut builder = Attributes::builder();
    given.add(&mut builder, &|_| true);
    Arc::new(builder.build())
}

/// A context that is made by its second read, or when something else needs it. Each call gets the same client and the same attributes, which
/// the binding keeps in its own form.
#[derive(Debug, Default)]
pub struct LateContext {
    context: OnceLock<Context>,
    /// True after the first read.
    was_read: AtomicBool,
}

macro_rules! reads {
    ($($(#[$doc:meta])* $name:ident, $first:ident -> $type:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name(
            &self,
            client: &Client,
            given: &impl GivenAttributes,
            key: &str,
        ) -> Option<$type> {
            if self.takes_first_read()
                && let Some(value) =
                    first_read(client, |snapshot, builder| snapshot.$first(key, given, builder))
            {
                return value;
            }
            self.context(client, given).$name(key)
        }
    )*};
}

impl LateContext {
    /// Returns the context, which is made if it does not exist yet.
    pub fn context(&self, client: &Client, given: &impl GivenAttributes) -> &Context {
        self.context.get_or_init(|| client.context_of(attributes(given)))
    }

    fn takes_first_read(&self) -> bool {
        self.context.get().is_none() && !self.was_read.swap(true, Ordering::Relaxed)
    }

    reads! {
        /// Returns the value of [`Context::boolean`].
        boolean, first_boolean -> bool;
        /// Returns the value of [`Context::string`].
        string, first_string -> Arc<str>;
        /// Returns the value of [`Context::number`].
        number, first_number -> f64;
        /// Returns the value of [`Context::decimal`].
        decimal, first_decimal -> Number;
        /// Returns the value of [`Context::raw_json`].
        raw_json, first_json -> Arc<str>;
    }
}
