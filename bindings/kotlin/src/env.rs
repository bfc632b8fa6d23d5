//! The calls of the Java Native Interface, as safe functions of one thread's environment.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_void};
use std::marker::PhantomData;
use std::ptr;
use std::sync::OnceLock;
use std::thread;

use jni_sys::{
    JNI_OK, JNI_VERSION_1_8, JNIEnv, JavaVM, JavaVMAttachArgs, jbyte, jbyteArray, jchar, jclass,
    jmethodID, jobject, jobjectArray, jsize, jstring, jvalue,
};

/// The environment of the thread that called a native function, for the time of the call.
#[derive(Clone, Copy)]
pub(crate) struct Env<'call> {
    raw: *mut JNIEnv,
    call: PhantomData<&'call ()>,
}

/// An exception of Java is pending, so that the native function must return.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pending;

/// Calls a function of the interface. All of them exist since version 1.4.
macro_rules! call {
    ($env:expr, $name:ident $(, $argument:expr)*) => {
        // SAFETY: the environment belongs to this thread, as `Env::of` requires, and each argument has the type of the function.
        unsafe { ((**$env.raw).v1_4.$name)($env.raw $(, $argument)*) }
    };
}

/// A reference that is valid on all threads until it is dropped. A weak one does not keep its object, and is null without it.
pub(crate) struct Global {
    object: jobject,
    is_weak: bool,
    vm: Vm,
}

// SAFETY: a global reference may be used on any thread.
unsafe impl Send for Global {}
// SAFETY: as above.
unsafe impl Sync for Global {}

impl Global {
    pub(crate) const fn raw(&self) -> jobject {
        self.object
    }
}

impl Drop for Global {
    fn drop(&mut self) {
        // A thread that Java does not know is attached, so that references are never lost. It stays attached.
        if let Some(env) = self.vm.attached() {
            match self.is_weak {
                true => call!(env, DeleteWeakGlobalRef, self.object),
                false => call!(env, DeleteGlobalRef, self.object),
            }
        }
    }
}

/// The virtual machine of this process.
#[derive(Clone, Copy)]
pub(crate) struct Vm(*mut JavaVM);

// SAFETY: the functions of the machine may be called on any thread.
unsafe impl Send for Vm {}
// SAFETY: as above.
unsafe impl Sync for Vm {}

/// Detaches a thread of Rust from the machine when the thread ends. The machine would otherwise look at the stack of a thread that is gone.
struct Attached(Vm);

impl Drop for Attached {
    fn drop(&mut self) {
        // SAFETY: the pointer of the machine is valid, and this thread was attached.
        unsafe { ((**self.0.0).v1_4.DetachCurrentThread)(self.0.0) };
    }
}

thread_local! {
    static ATTACHED: RefCell<Option<Attached>> = const { RefCell::new(None) };
}

/// The function that tells Java of a thread that was just attached, once the library is loaded.
pub(crate) static TELL_OF_ATTACHMENT: OnceLock<fn(Env<'_>)> = OnceLock::new();

impl Vm {
    /// # Safety
    /// The pointer is that of a running machine.
    pub(crate) const unsafe fn of(raw: *mut JavaVM) -> Self {
        Self(raw)
    }

    /// Returns the environment of this thread. A thread of Rust is attached as a daemon, with its name and the class loader of the library, at
    /// its first call, and stays attached until it ends, so that later calls make no object for the thread. `None` if the machine is ending, and at the end of the thread.
    pub(crate) fn attached(&self) -> Option<Env<'_>> {
        let mut env: *mut c_void = ptr::null_mut();
        // SAFETY: the pointer of the machine is valid, and `env` is a place for the environment.
        let known = unsafe { ((**self.0).v1_4.GetEnv)(self.0, &raw mut env, JNI_VERSION_1_8) };
        if known != JNI_OK {
            let attach = |attached: &RefCell<Option<Attached>>| {
                let own = thread::current();
                let name = CString::new(own.name().unwrap_or("fh-client")).unwrap_or_default();
                let mut arguments = JavaVMAttachArgs {
                    version: JNI_VERSION_1_8,
                    name: name.as_ptr().cast_mut(),
                    group: ptr::null_mut(),
                };
                // SAFETY: as above. The machine copies the name.
                let outcome = unsafe {
                    ((**self.0).v1_4.AttachCurrentThreadAsDaemon)(
                        self.0,
                        &raw mut env,
                        (&raw mut arguments).cast(),
                    )
                };
                if outcome == JNI_OK {
                    attached.replace(Some(Attached(*self)));
                }
                outcome
            };
            if !matches!(ATTACHED.try_with(attach), Ok(JNI_OK)) || env.is_null() {
                return None;
            }
            if let Some(tell) = TELL_OF_ATTACHMENT.get() {
                tell(Env { raw: env.cast(), call: PhantomData });
            }
        }
        (!env.is_null()).then_some(Env { raw: env.cast(), call: PhantomData })
    }
}

impl<'call> Env<'call> {
    /// # Safety
    /// The pointer is the one that this thread's native function was given.
    pub(crate) const unsafe fn of(raw: *mut JNIEnv) -> Self {
        Self { raw, call: PhantomData }
    }

    pub(crate) fn vm(self) -> Option<Vm> {
        let mut vm: *mut JavaVM = ptr::null_mut();
        let outcome = call!(self, GetJavaVM, &raw mut vm);
        (outcome == JNI_OK && !vm.is_null()).then_some(Vm(vm))
    }

    /// Returns an error if an exception is pending.
    pub(crate) fn check(self) -> Result<(), Pending> {
        if call!(self, ExceptionCheck) { Err(Pending) } else { Ok(()) }
    }

    /// Forgets a pending exception, for calls that Rust makes by itself.
    pub(crate) fn clear_exception(self) {
        if call!(self, ExceptionCheck) {
            call!(self, ExceptionClear);
        }
    }

    /// Makes a new exception pending, unless another one is.
    pub(crate) fn throw(self, class: &CStr, message: &str) {
        if self.check().is_err() {
            return;
        }
        let Some(class) = self.class(class) else { return };
        let Some(constructor) = self.method(class, c"<init>", c"(Ljava/lang/String;)V") else {
            return;
        };
        let text = self.text(message);
        let arguments = [jvalue { l: text }];
        let error = call!(self, NewObjectA, class, constructor, arguments.as_ptr());
        if !error.is_null() {
            call!(self, Throw, error);
        }
    }

    /// Returns the class with this name, such as `java/lang/String`; `None` with a pending exception.
    pub(crate) fn class(self, name: &CStr) -> Option<jclass> {
        let class = call!(self, FindClass, name.as_ptr());
        (!class.is_null()).then_some(class)
    }

    pub(crate) fn method(self, class: jclass, name: &CStr, signature: &CStr) -> Option<jmethodID> {
        let method = call!(self, GetMethodID, class, name.as_ptr(), signature.as_ptr());
        (!method.is_null()).then_some(method)
    }

    pub(crate) fn static_method(
        self,
        class: jclass,
        name: &CStr,
        signature: &CStr,
    ) -> Option<jmethodID> {
        let method = call!(self, GetStaticMethodID, class, name.as_ptr(), signature.as_ptr());
        (!method.is_null()).then_some(method)
    }

    /// Calls a static method without a result. An exception of the method stays pending.
    pub(crate) fn call_static(self, class: jclass, method: jmethodID, arguments: &[jvalue]) {
        call!(self, CallStaticVoidMethodA, class, method, arguments.as_ptr());
    }

    /// Calls a static method with an object as its result, which is null if an exception is pending.
    pub(crate) fn call_static_object(
        self,
        class: jclass,
        method: jmethodID,
        arguments: &[jvalue],
    ) -> jobject {
        call!(self, CallStaticObjectMethodA, class, method, arguments.as_ptr())
    }

    pub(crate) fn global(self, object: jobject) -> Option<Global> {
        let vm = self.vm()?;
        let object = call!(self, NewGlobalRef, object);
        (!object.is_null()).then_some(Global { object, is_weak: false, vm })
    }

    /// Returns a reference that does not keep its object.
    pub(crate) fn weak(self, object: jobject) -> Option<Global> {
        let vm = self.vm()?;
        let object = call!(self, NewWeakGlobalRef, object);
        (!object.is_null()).then_some(Global { object, is_weak: true, vm })
    }

    /// Returns a new reference of this call to an object.
    pub(crate) fn local(self, object: jobject) -> jobject {
        call!(self, NewLocalRef, object)
    }

    pub(crate) fn delete_local(self, object: jobject) {
        call!(self, DeleteLocalRef, object);
    }

    /// Returns the text of a string of Java; `None` for null. A lone surrogate becomes U+FFFD.
    pub(crate) fn string(self, string: jstring) -> Option<String> {
        if string.is_null() {
            return None;
        }
        let length = call!(self, GetStringLength, string);
        let mut units = vec![0; usize::try_from(length).unwrap_or(0)];
        let place: *mut jchar = units.as_mut_ptr();
        call!(self, GetStringRegion, string, 0, length, place);
        Some(String::from_utf16_lossy(&units))
    }

    /// Returns a string of Java. With an exception pending, for example because memory is short, the string is null.
    pub(crate) fn text(self, text: &str) -> jstring {
        const FEW: usize = 128;
        // A text has at most as many units of UTF-16 as bytes. Few units are on the stack.
        let (mut few, mut many) = ([0; FEW], Vec::new());
        let units = if text.len() <= FEW {
            let places = few.iter_mut().zip(text.encode_utf16());
            let length = places.map(|(place, unit)| *place = unit).count();
            few.get(..length).unwrap_or_default()
        } else {
            many.reserve(text.len());
            many.extend(text.encode_utf16());
            many.as_slice()
        };
        let Ok(length) = jsize::try_from(units.len()) else { return ptr::null_mut() };
        call!(self, NewString, units.as_ptr(), length)
    }

    /// Returns the string of Java, or null.
    pub(crate) fn text_or_null(self, text: Option<&str>) -> jstring {
        text.map_or(ptr::null_mut(), |text| self.text(text))
    }

    /// Calls a function with the text of a string of Java. A lone surrogate becomes U+FFFD. Few characters of ASCII are copied to the stack.
    pub(crate) fn with_text<R>(self, string: jstring, read: impl FnOnce(&str) -> R) -> R {
        const FEW: usize = 128;
        let length = if string.is_null() { 0 } else { call!(self, GetStringLength, string) };
        let (mut units, mut bytes) = ([0_u16; FEW], [0_u8; FEW]);
        let few = usize::try_from(length).ok().filter(|length| *length <= FEW);
        let Some((units, bytes)) =
            few.and_then(|length| units.get_mut(..length).zip(bytes.get_mut(..length)))
        else {
            return read(&self.string(string).unwrap_or_default());
        };
        if length > 0 {
            call!(self, GetStringRegion, string, 0, length, units.as_mut_ptr());
        }
        let mut all = 0;
        for (byte, unit) in bytes.iter_mut().zip(&*units) {
            all |= *unit;
            *byte = *unit as u8;
        }
        match str::from_utf8(bytes) {
            Ok(text) if all < 0x80 => read(text),
            _ => read(&String::from_utf16_lossy(units)),
        }
    }

    /// Calls a function with an element of an array of Java.
    pub(crate) fn with_element(self, array: jobjectArray, at: jsize, call: impl FnOnce(jobject)) {
        let element = call!(self, GetObjectArrayElement, array, at);
        call(element);
        self.delete_local(element);
    }

    /// Returns true for an instance of a class.
    pub(crate) fn is_instance(self, object: jobject, class: jclass) -> bool {
        call!(self, IsInstanceOf, object, class)
    }

    /// Returns a part of an array of Java; `None` for null and for a part that is not within the array.
    pub(crate) fn part(self, array: jbyteArray, start: jsize, length: jsize) -> Option<Vec<u8>> {
        if array.is_null() {
            return None;
        }
        let all = call!(self, GetArrayLength, array);
        let end =
            start.checked_add(length).filter(|end| start >= 0 && length >= 0 && *end <= all)?;
        let mut bytes = vec![0_u8; usize::try_from(end - start).ok()?];
        let place: *mut jbyte = bytes.as_mut_ptr().cast();
        call!(self, GetByteArrayRegion, array, start, length, place);
        Some(bytes)
    }

    /// Returns an array of Java with these bytes.
    pub(crate) fn byte_array(self, bytes: &[u8]) -> Option<jbyteArray> {
        let length = jsize::try_from(bytes.len()).ok()?;
        let array = call!(self, NewByteArray, length);
        if array.is_null() {
            return None;
        }
        call!(self, SetByteArrayRegion, array, 0, length, bytes.as_ptr().cast());
        Some(array)
    }

    /// Returns the texts of an array of strings. A null in it is left out.
    pub(crate) fn strings(self, array: jobjectArray) -> Vec<String> {
        if array.is_null() {
            return Vec::new();
        }
        let length = call!(self, GetArrayLength, array);
        let mut all = Vec::new();
        for at in 0..length {
            let string = call!(self, GetObjectArrayElement, array, at);
            all.extend(self.string(string));
            self.delete_local(string);
        }
        all
    }

    /// Returns references of this call to the objects of an array.
    pub(crate) fn objects(self, array: jobjectArray) -> Vec<jobject> {
        if array.is_null() {
            return Vec::new();
        }
        let length = call!(self, GetArrayLength, array);
        (0..length).map(|at| call!(self, GetObjectArrayElement, array, at)).collect()
    }

    /// Returns an array of the objects of this class, whose references end here: a thread has room for 32 of them at most.
    pub(crate) fn array(
        self,
        class: jclass,
        objects: impl ExactSizeIterator<Item = jobject>,
    ) -> Option<jobjectArray> {
        let length = jsize::try_from(objects.len()).ok()?;
        let array = call!(self, NewObjectArray, length, class, ptr::null_mut());
        if array.is_null() {
            return None;
        }
        for (at, object) in (0..).zip(objects) {
            call!(self, SetObjectArrayElement, array, at, object);
            self.delete_local(object);
        }
        Some(array)
    }
}
