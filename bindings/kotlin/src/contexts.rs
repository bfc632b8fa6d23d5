//! The contexts of Java, which are immutable: packed attributes, and a number that is unique in the process. Each thread keeps the contexts
//! that it used last, so that a read parses nothing.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use fh_client::{Attributes, Client, Context};
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

/// Reads packed attributes: for each attribute the name, the number of its values, and the values. A text is its length in bytes and its
/// bytes in UTF-8. Numbers have 4 bytes, the lowest first. Bytes that cannot be read are left out.
pub(crate) fn unpack(packed: &[u8]) -> Arc<Attributes> {
    let mut rest = packed;
    let mut builder = Attributes::builder();
    while let Some(name) = text(&mut rest) {
        for _ in 0..number(&mut rest).unwrap_or(0) {
            // A wrong number of values ends with the bytes.
            let Some(value) = text(&mut rest) else { break };
            builder.add(&name, &value);
        }
    }
    Arc::new(builder.build())
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u32::from_le_bytes(*bytes))
}

fn text<'packed>(rest: &mut &'packed [u8]) -> Option<Cow<'packed, str>> {
    let length = usize::try_from(number(rest)?).ok()?;
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    // Java writes valid UTF-8, which this check reads faster.
    Some(str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed))
}

/// Calls a function with the context that has this number. `client_number` is the number of the client.
pub(crate) fn with<R>(
    env: Env<'_>,
    (client, client_number): (&Client, u64),
    number: jlong,
    packed: jbyteArray,
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
                let attributes = env.with_bytes(packed, unpack);
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
