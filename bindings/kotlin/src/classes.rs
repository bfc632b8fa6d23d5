//! The classes and methods of Java that this library calls. They are looked up once, when the library is loaded, because a thread of Rust
//! would look them up in another class loader. The library does not keep the class loader that has loaded it, so that a server can unload a
//! program with the library.

use std::sync::OnceLock;

use jni_sys::{jmethodID, jobject, jvalue};

use crate::env::{Env, Global, TELL_OF_ATTACHMENT, Vm};

/// The machine, and the classes that calls of Rust need.
pub(crate) struct Classes {
    pub(crate) vm: Vm,
    bridge: Global,
    pub(crate) object: Global,
    pub(crate) string: Global,
    /// `Bridge.startThread(long seat)`
    pub(crate) start_thread: Method,
    /// `Bridge.attached()`
    pub(crate) attached: Method,
    /// `Bridge.send(Object http, long exchange, String method, String url, String[] headers, byte[] body, long connectMillis)`
    pub(crate) send: Method,
    /// `Bridge.run(Object runnable)`
    pub(crate) run: Method,
    /// `Bridge.decide(Object callback, String read): String`
    decide: Method,
}

impl Classes {
    /// Calls a static method of `Bridge` without a result. Returns false if it has thrown, and then the exception is forgotten.
    pub(crate) fn call(&self, env: Env<'_>, method: Method, arguments: &[jvalue]) -> bool {
        let bridge = env.local(self.bridge.raw());
        if bridge.is_null() {
            return false;
        }
        env.call_static(bridge, method.0, arguments);
        let has_thrown = env.check().is_err();
        env.clear_exception();
        env.delete_local(bridge);
        !has_thrown
    }

    /// Calls `Bridge.decide`. An exception stays pending.
    pub(crate) fn decide(&self, env: Env<'_>, arguments: &[jvalue]) -> jobject {
        let bridge = env.local(self.bridge.raw());
        if bridge.is_null() {
            return bridge;
        }
        let decision = env.call_static_object(bridge, self.decide.0, arguments);
        env.delete_local(bridge);
        decision
    }
}

/// A method, which is valid as long as its class.
#[derive(Clone, Copy)]
pub(crate) struct Method(jmethodID);

// SAFETY: the id of a method may be used on any thread.
unsafe impl Send for Method {}
// SAFETY: as above.
unsafe impl Sync for Method {}

static CLASSES: OnceLock<Classes> = OnceLock::new();

/// Returns the classes; `None` before the library was loaded completely.
pub(crate) fn classes() -> Option<&'static Classes> {
    CLASSES.get()
}

/// Returns the classes and the environment of this thread, which is attached if need be; `None` if the machine is ending.
pub(crate) fn attached() -> Option<(&'static Classes, Env<'static>)> {
    let classes = classes()?;
    Some((classes, classes.vm.attached()?))
}

/// Tells Java of a thread that was just attached.
fn tell_of_attachment(env: Env<'_>) {
    if let Some(classes) = classes() {
        classes.call(env, classes.attached, &[]);
    }
}

/// Looks the classes up. With `None`, an exception is pending.
pub(crate) fn load(env: Env<'_>) -> Option<()> {
    let class = env.class(c"fh/client/internal/Bridge")?;
    let method = |name, signature| env.static_method(class, name, signature).map(Method);
    let classes = Classes {
        vm: env.vm()?,
        start_thread: method(c"startThread", c"(J)V")?,
        attached: method(c"attached", c"()V")?,
        send: method(
            c"send",
            c"(Ljava/lang/Object;JLjava/lang/String;Ljava/lang/String;[Ljava/lang/String;[BJ)V",
        )?,
        run: method(c"run", c"(Ljava/lang/Object;)V")?,
        decide: method(c"decide", c"(Ljava/lang/Object;Ljava/lang/String;)Ljava/lang/String;")?,
        bridge: env.weak(class)?,
        object: env.global(env.class(c"java/lang/Object")?)?,
        string: env.global(env.class(c"java/lang/String")?)?,
    };
    // A second class loader cannot load the same file, so there is one set of classes.
    let _ = CLASSES.set(classes);
    let _ = TELL_OF_ATTACHMENT.set(tell_of_attachment);
    Some(())
}
