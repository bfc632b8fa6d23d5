//! The contexts of Java, which are immutable: attributes, and a number that is unique in the process. Each client keeps the contexts that
//! each thread used last, so that a read parses nothing, and frees them with itself, also while the threads live. The first read of a context
//! makes none: it parses the attributes that the feature reads.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fh_binding::late_context::{self, AttributesBuilder, RepositorySnapshot};
use fh_client::{Client, Context};
use jni_sys::jlong;

use crate::java_attributes::JavaAttributes;
use crate::numbered::Numbered;

/// The number of contexts that a client keeps for each thread.
const KEPT: usize = 8;

/// A context that a thread has used, with its number.
struct Used {
    number: i64,
    context: Context,
}

/// The contexts that one thread used last, the newest first, and the numbers of those that it has read once. Only the thread with its number
/// uses them.
#[derive(Default)]
pub(crate) struct Recent {
    contexts: RefCell<Vec<Rc<Used>>>,
    read_once: Cell<[i64; KEPT]>,
}

impl Recent {
    /// Returns true if the thread has not read the context with this number lately.
    fn is_first_read(&self, number: i64) -> bool {
        let is_used = || self.contexts.borrow().iter().any(|used| used.number == number);
        let mut read_once = self.read_once.get();
        if read_once.contains(&number) || is_used() {
            return false;
        }
        read_once.rotate_right(1);
        if let Some(newest) = read_once.first_mut() {
            *newest = number;
        }
        self.read_once.set(read_once);
        true
    }

    /// Returns the context with this number, which is made if the thread has not used it lately.
    fn context(&self, number: i64, make: impl FnOnce() -> Context) -> Option<Rc<Used>> {
        let mut contexts = self.contexts.borrow_mut();
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

/// Calls a function with the context of a client that has this number. `kept` holds what the threads of the client have used. The first read of
/// the context takes `first`, unless it needs the whole context.
pub(crate) fn with<R>(
    client: &Client,
    kept: &Numbered<Recent>,
    number: jlong,
    given: &JavaAttributes<'_>,
    first: impl FnOnce(&RepositorySnapshot, &mut AttributesBuilder) -> Option<R>,
    read: impl FnOnce(&Context) -> R,
) -> R {
    let make = || client.context_of(late_context::attributes(given));
    let place = NUMBER.try_with(|thread| kept.place(thread.0)).ok().flatten();
    let recent = place.map(|place| place.get_or_init(Recent::default));
    if recent.is_some_and(|recent| recent.is_first_read(number))
        && let Some(value) = late_context::first_read(client, first)
    {
        return value;
    }
    // A read may call an interceptor, which may read, so the list is not borrowed meanwhile.
    match recent.and_then(|recent| recent.context(number, make)) {
        Some(used) => read(&used.context),
        None => read(&make()),
    }
}
