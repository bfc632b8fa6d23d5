//! The contexts of Java, which are immutable: packed attributes, and a number that is unique in the process. Each thread keeps the contexts
//! that it used last, so that a read parses nothing.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use fh_binding::packed;
use fh_client::{Client, Context};
use jni_sys::{jbyteArray, jlong};

use crate::env::Env;

/// The number of contexts that each thread keeps.
const KEPT: usize = 8;

/// A context that a thread has used, with the numbers of its client and of itself.
struct Used {
    client: u64,
    number: i64,
    context: Context,
}

thread_local! {
    /// The contexts that this thread used last, the newest first.
    static CONTEXTS: RefCell<Vec<Rc<Used>>> = const { RefCell::new(Vec::new()) };
}

/// Calls a function with the context that has this number. `client_number` is the number of the client.
pub(crate) fn with<R>(
    env: Env<'_>,
    (client, client_number): (&Client, u64),
    number: jlong,
    attributes: jbyteArray,
    read: impl FnOnce(&Context) -> R,
) -> R {
    // A read may call an interceptor, which may read, so the list is not borrowed meanwhile.
    let used = CONTEXTS.with_borrow_mut(|contexts| {
        let is_it = |used: &Rc<Used>| used.number == number && used.client == client_number;
        match contexts.iter().position(is_it) {
            Some(0) => {}
            Some(at) => {
                if let Some(newest) = contexts.get_mut(..=at) {
                    newest.rotate_right(1);
                }
            }
            None => {
                let attributes = env
                    .with_bytes(attributes, |packed| packed::attributes(packed, client.system()));
                contexts.truncate(KEPT - 1);
                let context = client.context_of(attributes);
                contexts.insert(0, Rc::new(Used { client: client_number, number, context }));
            }
        }
        contexts.first().map(Rc::clone)
    });
    match used {
        Some(used) => read(&used.context),
        None => read(&client.context_of(Arc::default())),
    }
}

/// Forgets the contexts of a client that has been freed, on this thread.
pub(crate) fn forget(client_number: u64) {
    CONTEXTS.with_borrow_mut(|contexts| contexts.retain(|used| used.client != client_number));
}
