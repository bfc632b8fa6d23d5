//! The functions that Java calls. Each converts its arguments and its answer. A panic becomes an exception.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::time::Duration;

use fh_binding::late_context::{self, AttributesBuilder, RepositorySnapshot};
use fh_binding::logs::Queue;
use fh_binding::operations::{self, Failure, Later, written};
use fh_client::{Client, Context};
use jni_sys::{
    JNI_VERSION_1_8, JNIEnv, JavaVM, jboolean, jbyteArray, jclass, jdouble, jint, jlong, jobject,
    jobjectArray, jsize, jstring,
};

use crate::client::{self, NativeClient};
use crate::env::{Env, Vm};
use crate::exchanges;
use crate::functions::{Function, Registered};
use crate::handles::Handles;
use crate::java_attributes::{self, JavaAttributes};
use crate::{contexts, jobs, logs, objects, tasks};

/// The registrations of functions and objects, by the numbers that Java has for them.
static REGISTRATIONS: Handles<Registered> = Handles::new();

/// Calls a function, and returns `otherwise` if it panics. The panic becomes an `IllegalStateException`.
fn guarded<R>(env: *mut JNIEnv, otherwise: R, call: impl FnOnce(Env<'_>) -> R) -> R {
    // SAFETY: each native function passes the environment that it was given.
    let env = unsafe { Env::of(env) };
    match catch_unwind(AssertUnwindSafe(|| call(env))) {
        Ok(answer) => answer,
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(ToString::to_string);
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            let text = text.unwrap_or_else(|| "a panic without a text".to_string());
            env.throw(c"java/lang/IllegalStateException", &format!("fh-client failed: {text}"));
            otherwise
        }
    }
}

/// The arguments of a read: the client, the number of the key or its text, and the context or 0.
struct Read {
    client: jlong,
    key: jint,
    name: jstring,
    context: jlong,
    values: jobjectArray,
    form: jint,
    names: jobjectArray,
}

impl Read {
    /// Calls the function for reads without a context, the one for first reads of a context, or the one for reads with a context.
    fn of<R>(
        self,
        env: Env<'_>,
        plain: impl FnOnce(&Client, &str) -> R,
        first: impl FnOnce(
            &RepositorySnapshot,
            &str,
            &JavaAttributes<'_>,
            &mut AttributesBuilder,
        ) -> Option<R>,
        in_context: impl FnOnce(&Context, &str) -> R,
    ) -> R {
        // SAFETY: the object of the client is reachable until this native function returns.
        let client = unsafe { NativeClient::at(self.client) };
        let text;
        let key = match client.keys.get(self.key) {
            Some(key) => &**key,
            None => {
                text = env.string(self.name).unwrap_or_default();
                &text
            }
        };
        if self.context == 0 {
            return plain(&client.client, key);
        }
        let own = &client.client;
        let Self { values, form, names, .. } = self;
        let given = JavaAttributes { env, values, form, names, system: own.system() };
        contexts::with(
            own,
            &client.contexts,
            self.context,
            &given,
            |snapshot, builder| first(snapshot, key, &given, builder),
            |context| in_context(context, key),
        )
    }
}

/// A function for first reads of a context.
macro_rules! first {
    ($name:ident) => {
        |snapshot, key, given, builder| snapshot.$name(key, given, builder)
    };
}

macro_rules! reads {
    ($($name:ident -> $type:ty, $otherwise:expr, |$env:ident, $read:ident| $body:expr;)*) => {
        $(#[unsafe(no_mangle)]
        extern "system" fn $name(
            env: *mut JNIEnv,
            _: jobject,
            client: jlong,
            key: jint,
            name: jstring,
            context: jlong,
            values: jobjectArray,
            form: jint,
            names: jobjectArray,
        ) -> $type {
            guarded(env, $otherwise, |$env| {
                let $read = Read { client, key, name, context, values, form, names };
                $body
            })
        })*
    };
}

reads! {
    // 1 for true, 0 for false, -1 for no value
    Java_fh_client_internal_NativeClient_readBoolean -> jint, -1, |env, read| {
        let value = read.of(env, Client::boolean, first!(first_boolean), Context::boolean);
        value.map_or(-1, jint::from)
    };
    // NaN for no value
    Java_fh_client_internal_NativeClient_readDouble -> jdouble, f64::NAN, |env, read| {
        let value = read.of(env, Client::number, first!(first_number), Context::number);
        value.unwrap_or(f64::NAN)
    };
    // the decimal text, or null
    Java_fh_client_internal_NativeClient_readNumber -> jstring, ptr::null_mut(), |env, read| {
        let value = read.of(env, Client::decimal, first!(first_decimal), Context::decimal);
        env.text_or_null(value.as_ref().map(fh_client::Number::as_str))
    };
    Java_fh_client_internal_NativeClient_readString -> jstring, ptr::null_mut(), |env, read| {
        let value = read.of(env, Client::string, first!(first_string), Context::string);
        env.text_or_null(value.as_deref())
    };
    Java_fh_client_internal_NativeClient_readJson -> jstring, ptr::null_mut(), |env, read| {
        let value = read.of(env, Client::raw_json, first!(first_json), Context::raw_json);
        env.text_or_null(value.as_deref())
    };
    // the detail as JSON
    Java_fh_client_internal_NativeClient_readDetail -> jstring, ptr::null_mut(), |env, read| {
        let detail = read.of(env, Client::detail, |_, _, _, _| None, Context::detail);
        env.text(&operations::detail(&detail).to_string())
    };
    // the explanation as text
    Java_fh_client_internal_NativeClient_explain -> jstring, ptr::null_mut(), |env, read| {
        let explained = read.of(env, Client::explain, |_, _, _, _| None, Context::explain);
        env.text(&explained.to_string())
    };
}

#[unsafe(no_mangle)]
extern "system" fn JNI_OnLoad(vm: *mut JavaVM, _: *mut std::ffi::c_void) -> jint {
    // SAFETY: Java passes its running machine.
    let vm = unsafe { Vm::of(vm) };
    let loaded = catch_unwind(AssertUnwindSafe(|| vm.attached().and_then(crate::classes::load)));
    if matches!(loaded, Ok(Some(()))) { JNI_VERSION_1_8 } else { -1 }
}

/// Makes an `IllegalArgumentException` pending, and returns 0.
fn wrong(env: Env<'_>, why: &str) -> jlong {
    env.throw(c"java/lang/IllegalArgumentException", why);
    0
}

/// Starts a client. Returns its address; 0 with a pending exception.
#[unsafe(no_mangle)]
extern "system" fn Java_fh_client_internal_NativeClient_start(
    env: *mut JNIEnv,
    _: jclass,
    settings: jstring,
    http: jobject,
    described: jobjectArray,
    functions: jobjectArray,
) -> jlong {
    guarded(env, 0, |env| {
        let settings = env.string(settings).unwrap_or_default();
        let http = if http.is_null() { None } else { env.global(http) };
        let functions = env.objects(functions).into_iter();
        let functions = functions.filter_map(|each| Function::of(env, each)).collect();
        match NativeClient::start(&settings, http, &env.strings(described), functions) {
            Ok(client) => client.into_address(),
            Err(why) => wrong(env, &why),
        }
    })
}

#[unsafe(no_mangle)]
extern "system" fn Java_fh_client_internal_NativeClient_free(
    env: *mut JNIEnv,
    _: jclass,
    client: jlong,
) {
    // SAFETY: the object of the client is not reachable any more, and its address is freed once.
    guarded(env, (), |_| unsafe { NativeClient::free(client) });
}

macro_rules! methods {
    ($($name:ident($($argument:ident: $type:ty),*) -> $answer:ty, $otherwise:expr, |$env:ident, $own:ident| $body:expr;)*) => {
        $(#[unsafe(no_mangle)]
        extern "system" fn $name(
            env: *mut JNIEnv,
            _: jobject,
            client: jlong,
            $($argument: $type),*
        ) -> $answer {
            guarded(env, $otherwise, |$env| {
                // SAFETY: the object of the client is reachable until this native function returns.
                let $own = unsafe { NativeClient::at(client) };
                $body
            })
        })*
    };
}

/// Begins an operation, and returns its number; 0 with a pending exception.
fn begin(env: Env<'_>, operation: Result<Later, Failure>, done: jobject) -> jlong {
    match (operation, Function::of(env, done)) {
        (Ok(operation), Some(done)) => tasks::begin(operation, done),
        (Ok(_), None) => 0,
        (Err(why), _) => wrong(env, &why.message),
    }
}

methods! {
    Java_fh_client_internal_NativeClient_numberKey(key: jstring) -> jint, -1, |env, own| {
        env.string(key).and_then(|key| own.keys.add(key.into())).unwrap_or(-1)
    };
    // Forgets what the program has given to a client that has ended.
    Java_fh_client_internal_NativeClient_end() -> (), (), |_env, own| own.end();
    // Performs an operation, and returns its answer as JSON.
    Java_fh_client_internal_NativeClient_perform(request: jstring) -> jstring, ptr::null_mut(), |env, own| {
        let request = env.string(request).unwrap_or_default();
        env.text(&written(operations::perform(&own.client, &request)))
    };
    Java_fh_client_internal_NativeClient_begin(request: jstring, done: jobject) -> jlong, 0, |env, own| {
        let request = env.string(request).unwrap_or_default();
        begin(env, operations::begin(&own.client, &request), done)
    };
    // Registers a function or an object, and returns the number of its registration.
    Java_fh_client_internal_NativeClient_register(described: jstring, function: jobject) -> jlong, 0, |env, own| {
        let described = env.string(described).unwrap_or_default();
        let function = Function::of(env, function);
        let registered = operations::register(&own.client, &own.registry, &described, function, &objects::get);
        match registered {
            Ok(registered) => REGISTRATIONS.add(registered),
            Err(why) => wrong(env, &why.message),
        }
    };
    // Starts a client with a context of its own. Returns its address; 0 with a pending exception.
    Java_fh_client_internal_NativeClient_isolated(values: jobjectArray, form: jint, names: jobjectArray) -> jlong, 0, |env, own| {
        let given = JavaAttributes { env, values, form, names, system: own.client.system() };
        match own.isolated(&late_context::attributes(&given)) {
            Ok(client) => client.into_address(),
            Err(why) => wrong(env, &why),
        }
    };
}

macro_rules! functions {
    ($($name:ident($($argument:ident: $type:ty),*) -> $answer:ty, $otherwise:expr, |$env:ident| $body:expr;)*) => {
        $(#[unsafe(no_mangle)]
        extern "system" fn $name(env: *mut JNIEnv, _: jclass, $($argument: $type),*) -> $answer {
            guarded(env, $otherwise, |$env| $body)
        })*
    };
}

const GONE: &str = "the object does not exist any more";

functions! {
    // Returns a number above 0 for the names of attributes; -1 if there are too many numbers.
    Java_fh_client_internal_Bridge_numberNames(names: jobjectArray) -> jint, -1, |env| {
        java_attributes::number_names(env.strings(names))
    };
    // Makes an object, and returns its number; 0 with a pending exception.
    Java_fh_client_internal_Bridge_make(request: jstring) -> jlong, 0, |env| {
        let made = objects::make(&env.string(request).unwrap_or_default());
        made.unwrap_or_else(|why| wrong(env, &why.message))
    };
    Java_fh_client_internal_Bridge_perform(object: jlong, request: jstring) -> jstring, ptr::null_mut(), |env| {
        match objects::perform(object, &env.string(request).unwrap_or_default()) {
            Some(answer) => env.text(&written(answer)),
            None => {
                wrong(env, GONE);
                ptr::null_mut()
            }
        }
    };
    Java_fh_client_internal_Bridge_begin(object: jlong, request: jstring, done: jobject) -> jlong, 0, |env| {
        match objects::begin(object, &env.string(request).unwrap_or_default()) {
            Some(operation) => begin(env, operation, done),
            None => wrong(env, GONE),
        }
    };
    // The machine keeps an object that is an argument of a native function.
    Java_fh_client_internal_Bridge_keepReachable(_objects: jobject) -> (), (), |_env| ();
    Java_fh_client_internal_Bridge_forgetObject(object: jlong) -> (), (), |_env| objects::forget(object);
    // Gives an operation up unless it has ended.
    Java_fh_client_internal_Bridge_forgetOperation(operation: jlong) -> (), (), |_env| tasks::forget(operation);
    // Ends the registration of a function or an object.
    Java_fh_client_internal_Bridge_cancel(registration: jlong) -> (), (), |_env| {
        if let Some(registered) = REGISTRATIONS.take(registration) {
            registered.cancel();
        }
    };
    // Forgets the number of a registration, which goes on.
    Java_fh_client_internal_Bridge_detach(registration: jlong) -> (), (), |_env| {
        if let Some(registered) = REGISTRATIONS.take(registration) {
            registered.detach();
        }
    };
    // Sets the level of log records, and the function that gets them, which Java keeps.
    Java_fh_client_internal_Bridge_logs(level: jstring, sink: jobject) -> (), (), |env| {
        logs::set(&env.string(level).unwrap_or_default(), Function::weak(env, sink));
    };
    // Returns true if a client has not ended.
    Java_fh_client_internal_Bridge_isAnyOpen() -> jboolean, false, |_env| client::is_any_open();
    // Logs what a function of the program has thrown.
    Java_fh_client_internal_Bridge_logFailure(text: jstring) -> (), (), |env| {
        let text = env.string(text).unwrap_or_default();
        tracing::error!(target: "fh_client::listeners", "{text}");
    };
    // Waits until the log records so far were delivered, at most for this time.
    Java_fh_client_internal_Bridge_awaitLogs(millis: jlong) -> (), (), |_env| {
        let limit = Duration::from_millis(millis.unsigned_abs());
        let _ = Queue::here().wait_for_the_delivery(limit);
    };
    // Returns the version of this library, which must be that of the package.
    Java_fh_client_internal_Bridge_version() -> jstring, ptr::null_mut(), |env| env.text(env!("CARGO_PKG_VERSION"));
    Java_fh_client_internal_Bridge_nextCall(seat: jlong) -> jobjectArray, ptr::null_mut(), |env| {
        jobs::next(env, seat).unwrap_or(ptr::null_mut())
    };
    Java_fh_client_internal_Bridge_finishCall(call: jlong, has_failed: jboolean) -> (), (), |_env| {
        jobs::finish(call, has_failed);
    };
    Java_fh_client_internal_Bridge_onCancel(exchange: jlong, runnable: jobject) -> (), (), |env| {
        exchanges::on_cancel(env, exchange, runnable);
    };
    Java_fh_client_internal_Bridge_head(exchange: jlong, status: jint, headers: jobjectArray) -> (), (), |env| {
        exchanges::head(exchange, status, &env.strings(headers));
    };
    // Returns false if the request should end.
    Java_fh_client_internal_Bridge_piece(
        exchange: jlong, bytes: jbyteArray, start: jsize, length: jsize
    ) -> jboolean, false, |env| {
        env.part(bytes, start, length).is_some_and(|bytes| exchanges::piece(exchange, &bytes))
    };
    Java_fh_client_internal_Bridge_end(exchange: jlong) -> (), (), |_env| exchanges::end(exchange);
    Java_fh_client_internal_Bridge_fail(exchange: jlong, kind: jint, text: jstring) -> (), (), |env| {
        exchanges::fail(exchange, kind, &env.string(text).unwrap_or_default());
    };
}
