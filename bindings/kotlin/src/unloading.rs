//! The end of the library, after the class loader that has loaded it was collected.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::panic::catch_unwind;
use std::ptr;

use jni_sys::JavaVM;

use crate::client;

/// Frees what the objects of Java have left.
///
/// The linker keeps a library while a thread lives that has thread-locals of it, and the thread that calls this function lives on. Therefore
/// another thread does the work, which `std` could not start without thread-locals of this one.
#[unsafe(no_mangle)]
extern "system" fn JNI_OnUnload(_: *mut JavaVM, _: *mut c_void) {
    let mut thread = MaybeUninit::uninit();
    // SAFETY: `thread` is a place for the thread, the attributes may be null, and the function takes no argument.
    unsafe {
        if libc::pthread_create(thread.as_mut_ptr(), ptr::null(), free, ptr::null_mut()) == 0 {
            libc::pthread_join(thread.assume_init(), ptr::null_mut());
        }
    }
}

extern "C" fn free(_: *mut c_void) -> *mut c_void {
    let _ = catch_unwind(client::free_all);
    ptr::null_mut()
}
