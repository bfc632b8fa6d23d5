//! The count of forks, which tells a handle that it was made in another process ([`fh_binding::process`]). A program that calls `fork` in C, as uWSGI does, runs no hook of Python, so the count does not depend on one.
#![allow(unsafe_code, reason = "the C library calls a function of this module in forked processes")]

use std::io;
use std::sync::Once;
use std::sync::atomic::{AtomicI32, Ordering};

/// Begins to count. Further calls have no effect.
///
/// # Errors
/// An [`io::Error`] if the C library has no memory for the registration.
pub(crate) fn count_forks() -> io::Result<()> {
    static REGISTRATION: Once = Once::new();
    static OUTCOME: AtomicI32 = AtomicI32::new(0);
    REGISTRATION.call_once(|| {
        // SAFETY: the function lives as long as the process, because Python never unloads a module. It takes no lock and allocates
        // nothing, as a function must that runs in the child of a process with several threads.
        let outcome = unsafe { libc::pthread_atfork(None, None, Some(count_one)) };
        OUTCOME.store(outcome, Ordering::Relaxed);
    });
    match OUTCOME.load(Ordering::Relaxed) {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

/// The C library calls this function in each child process, on its only thread, before `fork` returns there.
extern "C" fn count_one() {
    fh_binding::process::count_fork();
}
