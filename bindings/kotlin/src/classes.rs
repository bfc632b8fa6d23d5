//! The classes and methods of Java that this library calls. They are looked up once, when the library is loaded, because a thread of Rust
//! would look them up in another class loader.

use std::sync::OnceLock;

use jni_sys::jmethodID;

use crate::env::{Env, Global, Vm};

/// The machine, and the classes that calls of Rust need.
pub(crate) struct Classes {
    pub(crate) vm: Vm,
    pub(crate) bridge: Global,
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
    pub(crate) decide: Method,
}

/// A method, which is valid as long as its class.
#[derive(Clone, Copy)]
pub(crate) struct Method(pub(crate) jmethodID);

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
pub(crate) fn tell_of_attachment(env: Env<'_>) {
    if let Some(classes) = classes() {
        env.call_static(classes.bridge.raw(), classes.attached.0, &[]);
        env.clear_exception();
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
        bridge: env.global(class)?,
        object: env.global(env.class(c"java/lang/Object")?)?,
        string: env.global(env.class(c"java/lang/String")?)?,
    };
    // A second class loader cannot load the same file, so there is one set of classes.
    let _ = CLASSES.set(classes);
    Some(())
}
