//! Stdout and stderr without the locks and buffers of the standard library. A thread that waits for a reader holds no lock that other
//! threads need.

use std::io::{self, Write};

#[cfg(unix)]
pub(crate) fn stderr() -> io::Result<impl Write + Send + 'static> {
    use std::os::fd::AsFd;
    io::stderr().as_fd().try_clone_to_owned().map(std::fs::File::from)
}

#[cfg(unix)]
pub(crate) fn stdout() -> io::Result<impl Write + Send + 'static> {
    use std::os::fd::AsFd;
    io::stdout().as_fd().try_clone_to_owned().map(std::fs::File::from)
}

#[cfg(windows)]
pub(crate) fn stderr() -> io::Result<impl Write + Send + 'static> {
    use std::os::windows::io::AsHandle;
    io::stderr().as_handle().try_clone_to_owned().map(std::fs::File::from)
}

#[cfg(windows)]
pub(crate) fn stdout() -> io::Result<impl Write + Send + 'static> {
    use std::os::windows::io::AsHandle;
    io::stdout().as_handle().try_clone_to_owned().map(std::fs::File::from)
}
