//! The client behind an object of Swift.

use std::sync::Arc;

use fh_binding::http::PlatformTransport;
use fh_binding::language::Language;
use fh_binding::operations::{self, Parts};
use fh_binding::packed;
use fh_binding::settings::apply_json_of;
use fh_client::Client;

use crate::context::NativeContext;
use crate::exchange::{NativeHttp, SwiftHttp};
use crate::failure::NativeError;
use crate::function::{ConstructorCallbacks, Function, NativeFunction, Registered, Registry};
use crate::object::{NativeObject, numbered};
use crate::operation::NativeOperation;
use crate::panics::{answered, attempted, guarded};
use crate::reads::reads;

/// The value of the header `X-SDK`, unless the program sets another one.
const IDENTIFICATION: &str = concat!("Swift,", env!("CARGO_PKG_VERSION"));

/// A client. It ends when nothing refers to the object of Swift.
#[derive(uniffi::Object)]
pub(crate) struct NativeClient {
    client: Client,
    registry: Arc<Registry>,
    /// The functions of the constructor, which last as long as the client.
    callbacks: ConstructorCallbacks,
}

/// A function or an object that is registered with a client.
#[derive(uniffi::Object)]
pub(crate) struct NativeRegistration(std::sync::Mutex<Option<Registered>>);

reads!(NativeClient, |self| self.client);

#[uniffi::export]
impl NativeClient {
    /// Starts a client with a settings document, and with the functions and objects that `described` describes. `http` sends its requests.
    #[uniffi::constructor]
    fn start(
        settings: &str,
        http: Option<Arc<dyn NativeHttp>>,
        described: Vec<String>,
        functions: Vec<Arc<dyn NativeFunction>>,
        objects: Vec<Arc<NativeObject>>,
    ) -> Result<Self, NativeError> {
        attempted(|| {
            let mut builder = Client::from_environment().identification(IDENTIFICATION);
            if let Some(http) = http {
                builder = builder.transport(PlatformTransport::new(SwiftHttp(http)));
            }
            let builder = apply_json_of(Language::Swift, builder, settings)
                .map_err(|why| NativeError::of(&why))?;
            let callbacks = ConstructorCallbacks::default();
            let functions = functions.into_iter().map(Function).collect();
            let objects = |number| numbered(&objects, number);
            let parts = Parts { described: &described, functions, objects: &objects };
            let builder = parts.add_to(builder, &callbacks)?;
            let client = builder.start();
            let client =
                client.map_err(|why| NativeError::of(&Language::Swift.start_error(&why)))?;
            Ok(Self { client, registry: Arc::default(), callbacks })
        })
    }

    /// Starts a client with the same settings, and with a context of its own at the Edge.
    fn isolated(&self, attributes: &[u8]) -> Result<Self, NativeError> {
        attempted(|| {
            let attributes = packed::attributes(attributes, self.client.system());
            let client = self.client.isolated((*attributes).clone());
            let client = client.map_err(|why| NativeError::of(&why))?;
            let callbacks = ConstructorCallbacks::default();
            Ok(Self { client, registry: Arc::default(), callbacks })
        })
    }

    /// Returns a context with packed attributes. It keeps the client running.
    fn context(&self, attributes: &[u8]) -> NativeContext {
        NativeContext::new(self.client.clone(), attributes)
    }

    /// Performs an operation, and returns its answer as JSON.
    fn perform(&self, request: &str) -> String {
        answered(|| operations::perform(&self.client, request))
    }

    /// Begins an operation that ends later. `done` gets the answer as JSON.
    fn begin(
        &self,
        request: &str,
        done: Arc<dyn NativeFunction>,
    ) -> Result<NativeOperation, NativeError> {
        attempted(|| Ok(NativeOperation::begin(operations::begin(&self.client, request)?, done)))
    }

    /// Registers a function or an object.
    fn register(
        &self,
        described: &str,
        function: Option<Arc<dyn NativeFunction>>,
        objects: Vec<Arc<NativeObject>>,
    ) -> Result<NativeRegistration, NativeError> {
        let (function, objects) = (function.map(Function), |number| numbered(&objects, number));
        attempted(|| {
            let registered =
                operations::register(&self.client, &self.registry, described, function, &objects)?;
            Ok(NativeRegistration(Some(registered).into()))
        })
    }

    /// Forgets all functions of the program. They refer to objects of Swift, which may refer to this client.
    fn forget_functions(&self) {
        guarded((), || {
            self.registry.clear();
            self.callbacks.clear();
        });
    }
}

impl Drop for NativeClient {
    fn drop(&mut self) {
        guarded((), || self.client.close());
        self.forget_functions();
    }
}

#[uniffi::export]
impl NativeRegistration {
    /// Ends the registration. A call that has begun may still run.
    fn cancel(&self) {
        let registered = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(registered) = registered {
            guarded((), || registered.cancel());
        }
    }
}

/// A registration that Swift has forgotten goes on until the client ends.
impl Drop for NativeRegistration {
    fn drop(&mut self) {
        let registered = self.0.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(registered) = registered.take() {
            guarded((), || registered.detach());
        }
    }
}
