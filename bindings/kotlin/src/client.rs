//! The client behind an object of Java.

use std::sync::{Arc, Mutex, PoisonError};

use fh_binding::http::PlatformTransport;
use fh_binding::operations::Parts;
use fh_binding::settings::apply_json;
use fh_client::{Attributes, Client};
use jni_sys::jlong;

use crate::contexts::Recent;
use crate::exchanges::JavaHttp;
use crate::functions::{ConstructorCallbacks, Function, Registry};
use crate::numbered::Numbered;
use crate::objects;

/// The value of the header `X-SDK`, unless the program sets another one.
const IDENTIFICATION: &str = concat!("Kotlin,", env!("CARGO_PKG_VERSION"));

/// The client behind an object of Java. The object holds its address, and frees it when nothing else refers to the object.
pub(crate) struct NativeClient {
    pub(crate) client: Client,
    pub(crate) registry: Arc<Registry>,
    /// The functions of the constructor, which last as long as the client.
    callbacks: ConstructorCallbacks,
    /// The contexts that threads use, by the numbers of the threads.
    pub(crate) contexts: Numbered<Recent>,
    keys: Numbered<Box<str>>,
    numbered: Mutex<usize>,
}

impl NativeClient {
    /// Starts a client with a settings document, and with the functions and objects that `described` describes. The platform's HTTP sends its
    /// requests.
    pub(crate) fn start(
        settings: &str,
        http: Option<JavaHttp>,
        described: &[String],
        functions: Vec<Function>,
    ) -> Result<Self, String> {
        let mut builder = Client::from_environment().identification(IDENTIFICATION);
        if let Some(http) = http {
            builder = builder.transport(PlatformTransport::new(http));
        }
        let builder = apply_json(builder, settings).map_err(|why| why.to_string())?;
        let callbacks = ConstructorCallbacks::default();
        let parts = Parts { described, functions, objects: &objects::get };
        let builder = parts.add_to(builder, &callbacks).map_err(|why| why.message)?;
        let client = builder.start().map_err(|why| why.to_string())?;
        Ok(Self::of(client, callbacks))
    }

    fn of(client: Client, callbacks: ConstructorCallbacks) -> Self {
        Self {
            client,
            registry: Arc::default(),
            callbacks,
            contexts: Numbered::new(),
            keys: Numbered::new(),
            numbered: Mutex::new(0),
        }
    }

    /// Starts a client with the same settings, and with a context of its own at the Edge.
    pub(crate) fn isolated(&self, attributes: &Attributes) -> Result<Self, String> {
        let client = self.client.isolated(attributes.clone()).map_err(|why| why.to_string())?;
        Ok(Self::of(client, ConstructorCallbacks::default()))
    }

    /// Gives the client to an object of Java.
    pub(crate) fn into_address(self) -> jlong {
        Box::into_raw(Box::new(self)) as jlong
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
    }

    /// Forgets all functions of the program. They may refer to the object of Java, which would never be collected.
    pub(crate) fn forget_functions(&self) {
        self.registry.clear();
        self.callbacks.clear();
    }

    /// Numbers a key; -1 if there are too many numbered keys.
    pub(crate) fn number_key(&self, key: &str) -> i32 {
        let mut numbered = self.numbered.lock().unwrap_or_else(PoisonError::into_inner);
        let number = *numbered;
        let Some(place) = self.keys.place(number) else { return -1 };
        if place.set(key.into()).is_err() {
            return -1;
        }
        *numbered = number + 1;
        i32::try_from(number).unwrap_or(-1)
    }

    /// Returns the key with this number.
    pub(crate) fn key(&self, number: i32) -> Option<&str> {
        self.keys.get(usize::try_from(number).ok()?).map(|key| &**key)
    }
}
