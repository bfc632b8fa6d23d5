//! The functions that Java calls. Each converts its arguments and its answer. A panic becomes an exception.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::time::Duration;

use fh_binding::callbacks::{Interest, Listener, Reports};
use fh_client::{Client, Context, Detail, NotReady};
use jni_sys::{
    JNI_VERSION_1_8, JNIEnv, JavaVM, jboolean, jbyteArray, jclass, jdouble, jint, jlong, jobject,
    jobjectArray, jsize, jstring,
};

use crate::callbacks::{self, Function, REGISTRATIONS};
use crate::client::NativeClient;
use crate::contexts;
use crate::env::{Env, Vm};
use crate::exchanges::{self, JavaHttp};

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
    attributes: jbyteArray,
}

impl Read {
    /// Calls the function for reads without a context, or the one for reads with a context.
    fn of<R>(
        self,
        env: Env<'_>,
        plain: impl FnOnce(&Client, &str) -> R,
        in_context: impl FnOnce(&Context, &str) -> R,
    ) -> R {
        // SAFETY: the object of the client is reachable until this native function returns.
        let client = unsafe { NativeClient::at(self.client) };
        let text;
        let key = match client.key(self.key) {
            Some(key) => key,
            None => {
                text = env.string(self.name).unwrap_or_default();
                &text
            }
        };
        if self.context == 0 {
            return plain(&client.client, key);
        }
        let of = (&client.client, client.number);
        contexts::with(env, of, self.context, self.attributes, |context| in_context(context, key))
    }
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
            attributes: jbyteArray,
        ) -> $type {
            guarded(env, $otherwise, |$env| {
                let $read = Read { client, key, name, context, attributes };
                $body
            })
        })*
    };
}

reads! {
    // 1 for true, 0 for false, -1 for no value
    Java_fh_client_internal_NativeClient_readBoolean -> jint, -1, |env, read| {
        let value = read.of(env, Client::boolean, Context::boolean);
        value.map_or(-1, jint::from)
    };
    // NaN for no value
    Java_fh_client_internal_NativeClient_readDouble -> jdouble, f64::NAN, |env, read| {
        let value = read.of(env, Client::number, Context::number);
        value.unwrap_or(f64::NAN)
    };
    // the decimal text, or null
    Java_fh_client_internal_NativeClient_readNumber -> jstring, ptr::null_mut(), |env, read| {
        let value = read.of(env, Client::decimal, Context::decimal);
        env.text_or_null(value.as_ref().map(fh_client::Number::as_str))
    };
    Java_fh_client_internal_NativeClient_readString -> jstring, ptr::null_mut(), |env, read| {
        let value = read.of(env, Client::string, Context::string);
        env.text_or_null(value.as_deref())
    };
    Java_fh_client_internal_NativeClient_readJson -> jstring, ptr::null_mut(), |env, read| {
        let value = read.of(env, Client::raw_json, Context::raw_json);
        env.text_or_null(value.as_deref())
    };
    // the detail as JSON
    Java_fh_client_internal_NativeClient_readDetail -> jstring, ptr::null_mut(), |env, read| {
        let detail: Detail = read.of(env, Client::detail, Context::detail);
        env.text(&serde_json::to_string(&detail).unwrap_or_default())
    };
    // the explanation as text
    Java_fh_client_internal_NativeClient_explain -> jstring, ptr::null_mut(), |env, read| {
        let explained = read.of(env, Client::explain, Context::explain);
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

/// Returns the version of this library, which must be that of the package.
#[unsafe(no_mangle)]
extern "system" fn Java_fh_client_internal_Bridge_version(env: *mut JNIEnv, _: jclass) -> jstring {
    guarded(env, ptr::null_mut(), |env| env.text(env!("CARGO_PKG_VERSION")))
}

/// Starts a client. Returns its address; 0 with a pending exception.
#[unsafe(no_mangle)]
extern "system" fn Java_fh_client_internal_NativeClient_start(
    env: *mut JNIEnv,
    _: jclass,
    settings: jstring,
    http: jobject,
) -> jlong {
    guarded(env, 0, |env| {
        let settings = env.string(settings).unwrap_or_default();
        let http = if http.is_null() { None } else { JavaHttp::of(env, http) };
        match NativeClient::start(&settings, http) {
            Ok(client) => client.into_address(),
            Err(error) => {
                env.throw(c"java/lang/IllegalArgumentException", &error.to_string());
                0
            }
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

methods! {
    Java_fh_client_internal_NativeClient_close() -> (), (), |_env, own| own.client.close();
    Java_fh_client_internal_NativeClient_suspend() -> (), (), |_env, own| own.client.suspend();
    Java_fh_client_internal_NativeClient_resume() -> (), (), |_env, own| own.client.resume();
    Java_fh_client_internal_NativeClient_numberKey(key: jstring) -> jint, -1, |env, own| {
        env.string(key).map_or(-1, |key| own.number_key(&key))
    };
    Java_fh_client_internal_NativeClient_readiness() -> jstring, ptr::null_mut(), |env, own| {
        env.text(own.client.readiness().as_str())
    };
    Java_fh_client_internal_NativeClient_status() -> jstring, ptr::null_mut(), |env, own| {
        env.text(&serde_json::to_string(&own.client.status()).unwrap_or_default())
    };
    // Waits until the client has features, and returns null, or why it has none.
    Java_fh_client_internal_NativeClient_waitReady(millis: jlong) -> jstring, ptr::null_mut(), |env, own| {
        let limit = Duration::from_millis(u64::try_from(millis).unwrap_or(0));
        match own.client.wait_ready(limit) {
            Ok(()) => ptr::null_mut(),
            Err(error @ NotReady::TimedOut(_)) => env.text(&format!("timed out: {error}")),
            Err(error) => env.text(&error.to_string()),
        }
    };
    // Waits until the listeners have all events so far. Returns false after the time.
    Java_fh_client_internal_NativeClient_flush(millis: jlong) -> jboolean, false, |_env, own| {
        let limit = Duration::from_millis(u64::try_from(millis).unwrap_or(0));
        own.client.flush(limit).is_ok()
    };
    // Registers a listener, and returns the number of its registration.
    Java_fh_client_internal_NativeClient_listen(
        callback: jobject, setting: jstring, key: jstring, attributes: jbyteArray
    ) -> jlong, 0, |env, own| {
        let setting = env.string(setting).unwrap_or_default();
        let changes = || {
            let attributes = env.bytes(attributes).map(|packed| contexts::unpack(&packed));
            Listener::Changes(env.string(key).unwrap_or_default().into(), attributes)
        };
        let listener = Listener::of_setting(&setting).unwrap_or_else(changes);
        let Some(function) = Function::of(env, callback) else { return 0 };
        let interest = Interest::listener(listener);
        REGISTRATIONS.add(own.registry.add(&own.client, function, Reports::Each, interest))
    };
}

/// Ends the registration of a listener.
#[unsafe(no_mangle)]
extern "system" fn Java_fh_client_internal_Bridge_cancel(
    env: *mut JNIEnv,
    _: jclass,
    number: jlong,
) {
    guarded(env, (), |_| {
        if let Some(registration) = REGISTRATIONS.take(number) {
            registration.cancel();
        }
    });
}

#[unsafe(no_mangle)]
extern "system" fn Java_fh_client_internal_Bridge_nextCall(
    env: *mut JNIEnv,
    _: jclass,
    seat: jlong,
) -> jobjectArray {
    guarded(env, ptr::null_mut(), |env| callbacks::next(env, seat).unwrap_or(ptr::null_mut()))
}

#[unsafe(no_mangle)]
extern "system" fn Java_fh_client_internal_Bridge_finishCall(
    env: *mut JNIEnv,
    _: jclass,
    call: jlong,
    has_failed: jboolean,
) {
    guarded(env, (), |_| callbacks::finish(call, has_failed));
}

#[unsafe(no_mangle)]
extern "system" fn Java_fh_client_internal_Bridge_onCancel(
    env: *mut JNIEnv,
    _: jclass,
    exchange: jlong,
    runnable: jobject,
) {
    guarded(env, (), |env| exchanges::on_cancel(env, exchange, runnable));
}

#[unsafe(no_mangle)]
extern "system" fn Java_fh_client_internal_Bridge_head(
    env: *mut JNIEnv,
    _: jclass,
    exchange: jlong,
    status: jint,
    headers: jobjectArray,
) {
    guarded(env, (), |env| exchanges::head(exchange, status, &env.strings(headers)));
}

/// Returns false if the request should end.
#[unsafe(no_mangle)]
extern "system" fn Java_fh_client_internal_Bridge_piece(
    env: *mut JNIEnv,
    _: jclass,
    exchange: jlong,
    bytes: jbyteArray,
    start: jsize,
    length: jsize,
) -> jboolean {
    guarded(env, false, |env| {
        env.part(bytes, start, length).is_some_and(|bytes| exchanges::piece(exchange, &bytes))
    })
}

#[unsafe(no_mangle)]
extern "system" fn Java_fh_client_internal_Bridge_end(
    env: *mut JNIEnv,
    _: jclass,
    exchange: jlong,
) {
    guarded(env, (), |_| exchanges::end(exchange));
}

#[unsafe(no_mangle)]
extern "system" fn Java_fh_client_internal_Bridge_fail(
    env: *mut JNIEnv,
    _: jclass,
    exchange: jlong,
    kind: jint,
    text: jstring,
) {
    guarded(env, (), |env| {
        exchanges::fail(exchange, kind, &env.string(text).unwrap_or_default());
    });
}
