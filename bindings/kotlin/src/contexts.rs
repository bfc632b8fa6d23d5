//! The contexts of Java, which are immutable: packed attributes, and a number that is unique in the process. Each client keeps the contexts that
//! each thread used last, so that a read parses nothing, and frees them with itself, also while the threads live.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fh_binding::packed;
use fh_client::{Client, Context};
use jni_sys::{jbyteArray, jlong};

use crate::env::Env;
use crate::numbered::Numbered;

/// The number of contexts that a client keeps for each thread.
const KEPT: usize = 8;

/// A context that a thread has used, with its number.
struct Used {
    number: i64,
    context: Context,
}

/// The contexts that one thread used last, the newest first. Only the thread with its number uses them.
#[derive(Default)]
pub(crate) struct Recent(RefCell<Vec<Rc<Used>>>);

impl Recent {
    /// Returns the context with this number, which is made if the thread has not used it lately.
    fn context(&self, number: i64, make: impl FnOnce() -> Context) -> Option<Rc<Used>> {
        let mut contexts = self.0.borrow_mut();
        let is_it = |used: &Rc<Used>| used.number == number;
        match contexts.iter().position(is_it) {
            Some(0) => {}
            Some(at) => {
                if let Some(newest) = contexts.get_mut(..=at) {
                    newest.rotate_right(1);
                }
            }
            None => {
                contexts.truncate(KEPT - 1);
                contexts.insert(0, Rc::new(Used { number, context: make() }));
            }
        }
        contexts.first().map(Rc::clone)
    }
}

/// The numbers of threads. A thread that ends gives its number to a later one.
static NUMBERS: Mutex<Numbers> = Mutex::new(Numbers { free: Vec::new(), next: 0 });

struct Numbers {
    free: Vec<usize>,
    next: usize,
}

fn numbers() -> MutexGuard<'static, Numbers> {
    NUMBERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of a thread that lives.
struct ThreadNumber(usize);

impl ThreadNumber {
    fn new() -> Self {
        let mut numbers = numbers();
        Self(numbers.free.pop().unwrap_or_else(|| {
            numbers.next += 1;
            numbers.next - 1
        }))
    }
}

impl Drop for ThreadNumber {
    fn drop(&mut self) {
        numbers().free.push(self.0);
    }
}

thread_local! {
    static NUMBER: ThreadNumber = ThreadNumber::new();
}

/// Calls a function with the context of a client that has this number. `kept` holds what the threads of the client have used.
pub(crate) fn with<R>(
    env: Env<'_>,
    client: &Client,
    kept: &Numbered<Recent>,
    number: jlong,
    attributes: jbyteArray,
    read: impl FnOnce(&Context) -> R,
) -> R {
    let make = || {
        let parse = |packed: &[u8]| packed::attributes(packed, client.system());
        client.context_of(env.with_bytes(attributes, parse))
    };
    let place = NUMBER.try_with(|thread| kept.place(thread.0)).ok().flatten();
    // A read may call an interceptor, which may read, so the list is not borrowed meanwhile.
    match place.and_then(|place| place.get_or_init(Recent::default).context(number, make)) {
        Some(used) => read(&used.context),
        None => read(&make()),
    }
}
