//! Calls redb and catches its panics. redb panics at some bytes that it cannot have written itself, and also when a database with such
//! bytes is dropped.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use redb::{Database, StorageBackend};

use super::overlay::Overlay;
use super::tables::{begin, builder, empty, failed};
use crate::state_store::ChangeStoreError;

/// The name of the thread that checks the file of a data folder. A panic on this thread is caught and counts as damage of the file, so the
/// panic hook of a program need not print the panic.
pub const DATA_THREAD: &str = "fh-edge-data";

/// Calls a function that uses redb. A panic in the function becomes an error.
pub(super) fn guarded<T>(
    call: impl FnOnce() -> Result<T, ChangeStoreError>,
) -> Result<T, ChangeStoreError> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        Err(ChangeStoreError(format!("the structure of the file is damaged ({line})")))
    })
}

/// Opens a file, passes it to `read`, and then writes to it, with all writes kept in memory, so that the file itself is not changed. Returns
/// the result of `read`.
///
/// # Errors
/// The outer error means that the file cannot be read, or that the thread cannot be started. The inner error means that the file is damaged.
pub(super) fn try_out<B: StorageBackend, T: Send>(
    file: &Arc<B>,
    read: impl FnOnce(&Database) -> Result<T, ChangeStoreError> + Send,
) -> io::Result<Result<T, ChangeStoreError>> {
    if let Err(why) = check_length(&**file)? {
        return Ok(Err(why));
    }
    let overlay = Overlay::new(Arc::clone(file))?;
    thread::scope(|scope| {
        let thread = thread::Builder::new().name(DATA_THREAD.to_owned());
        let thread = thread.spawn_scoped(scope, move || trial(overlay, read))?;
        Ok(thread.join().unwrap_or_else(|_| {
            Err(ChangeStoreError("the structure of the file is damaged".to_owned()))
        }))
    })
}

/// Does the work of [`try_out`] on this thread.
pub(super) fn trial<T>(
    file: impl StorageBackend,
    read: impl FnOnce(&Database) -> Result<T, ChangeStoreError>,
) -> Result<T, ChangeStoreError> {
    guarded(|| {
        let database = builder().create_with_backend(file).map_err(failed)?;
        let read = read(&database)?;
        begin(&database).map_err(failed)?;
        let transaction = database.begin_write().map_err(failed)?;
        // Deleting a table visits all its pages, and copies none of them.
        empty(&transaction)?;
        transaction.commit().map_err(failed)?;
        Ok(read)
    })
}

/// Checks that a file is at least as long as its header says, since redb panics at a shorter file. An empty file is valid. The header has
/// the layout of redb's file formats 2 and 3.
fn check_length(file: &impl StorageBackend) -> io::Result<Result<(), ChangeStoreError>> {
    let length = file.len()?;
    let header = usize::try_from(length).map_or(HEADER, |length| length.min(HEADER));
    Ok(check_header(&file.read(0, header)?, length))
}

/// The number of bytes of a file's header.
const HEADER: usize = 320;

fn check_header(bytes: &[u8], length: u64) -> Result<(), ChangeStoreError> {
    const MAGIC: &[u8] = b"redb\x1a\x0a\xa9\x0d\x0a";
    const PAGE: u64 = 4096;
    if bytes.is_empty() {
        return Ok(());
    }
    if !bytes.starts_with(MAGIC) {
        return Err(ChangeStoreError(
            "the file does not begin like a file of this program".to_owned(),
        ));
    }
    let number = |at: usize| -> Option<u64> {
        let digits = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(digits).into())
    };
    let truncated = || ChangeStoreError("the file is truncated".to_owned());
    let numbers = (|| {
        bytes.get(..HEADER)?;
        Some([number(12)?, number(16)?, number(20)?, number(24)?, number(28)?])
    })();
    let [page, region_header, region_pages, regions, last] = numbers.ok_or_else(truncated)?;
    if page != PAGE {
        return Err(ChangeStoreError("the header of the file is damaged".to_owned()));
    }
    // All numbers of the header are below 2^32. If the product saturates, the file is reported as truncated.
    let full = regions.saturating_mul(region_header + region_pages);
    let partial = if last > 0 { region_header + last } else { 0 };
    let pages = full.saturating_add(partial).saturating_add(1);
    if pages.saturating_mul(PAGE) > length { Err(truncated()) } else { Ok(()) }
}
