//! The client behind an object of Java.

use std::collections::HashMap;
use std::mem;
use std::ptr;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use fh_binding::http::PlatformTransport;
use fh_binding::language::Language;
use fh_binding::logs::Queue;
use fh_binding::operations::Parts;
use fh_binding::settings::apply_json_of;
use fh_client::{Attributes, Client};
use jni_sys::jlong;

use crate::contexts::Recent;
use crate::env::Global;
use crate::exchanges::JavaHttp;
use crate::functions::{ConstructorCallbacks, Function, Registry};
use crate::jobs::PUMP;
use crate::numbered::{Numbered, Numbering};
use crate::objects;

/// The value of the header `X-SDK`, unless the program sets another one.
const IDENTIFICATION: &str = concat!("Kotlin,", env!("CARGO_PKG_VERSION"));

/// The clients that have objects of Java, by their addresses, with true for those that have not ended.
static CLIENTS: LazyLock<Mutex<HashMap<jlong, bool>>> = LazyLock::new(Mutex::default);

fn clients() -> MutexGuard<'static, HashMap<jlong, bool>> {
    CLIENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns true if a client has not ended.
pub(crate) fn is_any_open() -> bool {
    clients().values().any(|is_open| *is_open)
}

/// Changes the clients. Threads that wait for work end with the last client that is open, because they keep the class loader.
fn change<R>(change: impl FnOnce(&mut HashMap<jlong, bool>) -> R) {
    let mut clients = clients();
    change(&mut clients);
    let is_resting = !clients.values().any(|is_open| *is_open);
    // With the lock, so that a client that begins is not forgotten.
    PUMP.rest(is_resting);
    Queue::here().rest(is_resting);
}

/// Frees all clients, whose objects were collected with their class loader. They have ended, because an open client keeps its class loader.
pub(crate) fn free_all() {
    let left = mem::take(&mut *clients());
    for (address, _) in left.into_iter().filter(|(_, is_open)| !is_open) {
        // SAFETY: an address is in the map from its making to its freeing, and no object has it any more.
        drop(unsafe { Box::from_raw(address as *mut NativeClient) });
    }
}

/// The client behind an object of Java. The object holds its address, and frees it when nothing else refers to the object.
pub(crate) struct NativeClient {
    pub(crate) client: Client,
    pub(crate) registry: Arc<Registry>,
    /// The functions of the constructor, which last as long as the client.
    callbacks: ConstructorCallbacks,
    /// The object that sends requests, which a client with the same settings has, too.
    http: Mutex<Option<Arc<Global>>>,
    /// The contexts that threads use, by the numbers of the threads.
    pub(crate) contexts: Numbered<Recent>,
    /// The keys that have numbers.
    pub(crate) keys: Numbering<Box<str>>,
}

impl NativeClient {
    /// Starts a client with a settings document, and with the functions and objects that `described` describes. The platform's HTTP sends its
    /// requests.
    pub(crate) fn start(
        settings: &str,
        http: Option<Global>,
        described: &[String],
        functions: Vec<Function>,
    ) -> Result<Self, String> {
        let mut builder = Client::from_environment().identification(IDENTIFICATION);
        let http = http.map(Arc::new);
        if let Some(http) = &http {
            builder = builder.transport(PlatformTransport::new(JavaHttp(Arc::downgrade(http))));
        }
        let builder =
            apply_json_of(Language::Kotlin, builder, settings).map_err(|why| why.to_string())?;
        let callbacks = ConstructorCallbacks::default();
        let parts = Parts { described, functions, objects: &objects::get };
        let builder = parts.add_to(builder, &callbacks).map_err(|why| why.message)?;
        let client = builder.start().map_err(|why| Language::Kotlin.start_error(&why))?;
        Ok(Self::of(client, callbacks, http))
    }

    fn of(client: Client, callbacks: ConstructorCallbacks, http: Option<Arc<Global>>) -> Self {
        Self {
            client,
            registry: Arc::default(),
            callbacks,
            http: Mutex::new(http),
            contexts: Numbered::new(),
            keys: Numbering::new(),
        }
    }

    /// Starts a client with the same settings, and with a context of its own at the Edge.
    pub(crate) fn isolated(&self, attributes: &Attributes) -> Result<Self, String> {
        let client = self.client.isolated(attributes.clone()).map_err(|why| why.to_string())?;
        let http = self.http().clone();
        Ok(Self::of(client, ConstructorCallbacks::default(), http))
    }

    /// Gives the client to an object of Java.
    pub(crate) fn into_address(self) -> jlong {
        let address = Box::into_raw(Box::new(self)) as jlong;
        change(|clients| clients.insert(address, true));
        address
    }

    fn http(&self) -> MutexGuard<'_, Option<Arc<Global>>> {
        self.http.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// # Safety
    /// The address is that of [`Self::into_address`], and it was not freed. An object of Java calls natives as its own methods, so that it is
    /// reachable until the native has returned.
    pub(crate) unsafe fn at<'call>(address: jlong) -> &'call Self {
        // SAFETY: the caller guarantees that the value exists.
        unsafe { &*(address as *const Self) }
    }

    /// # Safety
    /// As for [`Self::at`], and the address is not used again.
    pub(crate) unsafe fn free(address: jlong) {
        // SAFETY: the caller guarantees that the value exists and that nothing refers to it.
        let client = unsafe { Box::from_raw(address as *mut Self) };
        client.client.close();
        client.forget_functions();
        change(|clients| clients.remove(&address));
    }

    /// Forgets all functions and objects of the program. They may refer to the object of Java, which would never be collected.
    fn forget_functions(&self) {
        self.registry.clear();
        self.callbacks.clear();
        let http = self.http().take();
        // A reference is dropped without the lock.
        drop(http);
    }

    /// Forgets what the program has given to a client that has ended.
    pub(crate) fn end(&self) {
        self.forget_functions();
        let address = ptr::from_ref(self) as jlong;
        change(|clients| clients.insert(address, false));
    }
}
