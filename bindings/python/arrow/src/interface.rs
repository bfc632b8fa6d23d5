//! The structures of Arrow's C data interface and of its C stream interface, and safe views of them. This module and its module
//! `memory` hold all unsafe code of this crate.
//!
//! A structure belongs to the holder of the Rust value. The value calls the structure's `release` when it is dropped, and never twice:
//! a structure that is moved out of foreign memory leaves a released one behind, as the interface demands.
#![allow(unsafe_code, reason = "foreign programs hand over pointers to structures of C")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::{self, NonNull};

use crate::error::Fault;

mod export;
mod memory;

/// The type and the name of an array.
#[repr(C)]
#[derive(Debug)]
pub struct ArrowSchema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut ArrowSchema,
    dictionary: *mut ArrowSchema,
    release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    private_data: *mut c_void,
}

/// The data of an array.
#[repr(C)]
#[derive(Debug)]
pub struct ArrowArray {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut ArrowArray,
    dictionary: *mut ArrowArray,
    release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    private_data: *mut c_void,
}

/// A source of arrays of one type.
#[repr(C)]
#[derive(Debug)]
pub struct ArrowArrayStream {
    get_schema: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowSchema) -> c_int>,
    get_next: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowArray) -> c_int>,
    get_last_error: Option<unsafe extern "C" fn(*mut ArrowArrayStream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut ArrowArrayStream)>,
    private_data: *mut c_void,
}

/// A structure of the interface.
trait Structure: Sized {
    /// Returns a structure that holds nothing.
    fn released() -> Self;
    fn is_released(&self) -> bool;
}

macro_rules! structure {
    ($structure:ident { $($field:ident: $empty:expr),* }) => {
        impl Structure for $structure {
            fn released() -> Self {
                Self { $($field: $empty,)* release: None, private_data: ptr::null_mut() }
            }

            fn is_released(&self) -> bool {
                self.release.is_none()
            }
        }

        impl $structure {
            /// Moves a structure out of foreign memory, and leaves a released structure there.
            ///
            /// # Errors
            /// [`Fault::Released`] if the structure was released or moved away before.
            ///
            /// # Safety
            /// The pointer is that of a structure which follows the interface. Nothing else uses the structure meanwhile.
            pub unsafe fn from_pointer(from: NonNull<Self>) -> Result<Self, Fault> {
                // SAFETY: the caller vouches for the pointer.
                let taken = unsafe { ptr::replace(from.as_ptr(), Self::released()) };
                if taken.is_released() { Err(Fault::Released) } else { Ok(taken) }
            }
        }

        impl Drop for $structure {
            fn drop(&mut self) {
                if let Some(release) = self.release {
                    // SAFETY: the structure was not released, and its producer demands exactly this call. `release` frees the children.
                    unsafe { release(self) };
                }
            }
        }

        // SAFETY: the interface lets a structure move between threads, and lets any thread release it. Only exclusive references
        // change it.
        unsafe impl Send for $structure {}
        // SAFETY: shared references read fields and buffers, which nothing writes as long as the structure exists.
        unsafe impl Sync for $structure {}
    };
}

structure!(ArrowSchema {
    format: ptr::null(),
    name: ptr::null(),
    metadata: ptr::null(),
    flags: 0,
    n_children: 0,
    children: ptr::null_mut(),
    dictionary: ptr::null_mut()
});
structure!(ArrowArray {
    length: 0,
    null_count: 0,
    offset: 0,
    n_buffers: 0,
    n_children: 0,
    buffers: ptr::null_mut(),
    children: ptr::null_mut(),
    dictionary: ptr::null_mut()
});
structure!(ArrowArrayStream { get_schema: None, get_next: None, get_last_error: None });

/// Returns the pointers of `count` structures.
///
/// # Safety
/// `all` is null or points to `count` pointers, each null or that of a structure that lives as long as `'a`.
unsafe fn children<'a, T>(all: *mut *mut T, count: i64) -> Result<Vec<&'a T>, Fault> {
    let count = usize::try_from(count).map_err(|_| Fault::NegativeLength)?;
    if count == 0 {
        return Ok(Vec::new());
    }
    if all.is_null() {
        return Err(Fault::MissingChild);
    }
    // SAFETY: the caller vouches for the pointers.
    let all = unsafe { std::slice::from_raw_parts(all, count) };
    // SAFETY: the same.
    all.iter().map(|child| unsafe { child.as_ref() }.ok_or(Fault::MissingChild)).collect()
}

impl ArrowSchema {
    /// Returns the format, which names the type.
    pub(crate) fn format(&self) -> Result<&str, Fault> {
        self.text(self.format)?.ok_or(Fault::MissingFormat)
    }

    /// Returns the name, which is empty if there is none.
    pub(crate) fn name(&self) -> Result<&str, Fault> {
        Ok(self.text(self.name)?.unwrap_or_default())
    }

    fn text(&self, text: *const c_char) -> Result<Option<&str>, Fault> {
        if self.is_released() {
            return Err(Fault::Released);
        }
        if text.is_null() {
            return Ok(None);
        }
        // SAFETY: the interface demands a text that ends with NUL and lives as long as the schema.
        unsafe { CStr::from_ptr(text) }.to_str().map(Some).map_err(|_| Fault::NameNotUtf8)
    }

    pub(crate) fn children(&self) -> Result<Vec<&Self>, Fault> {
        // SAFETY: the children of a structure that is not released live as long as it does.
        unsafe { children(self.children, self.n_children) }
    }

    pub(crate) fn dictionary(&self) -> Option<&Self> {
        // SAFETY: the dictionary of a structure that is not released lives as long as it does.
        unsafe { self.dictionary.as_ref() }
    }
}

/// A type of which every pattern of bits is a value.
///
/// # Safety
/// Every pattern of bits is a value.
pub(crate) unsafe trait Plain: Copy {}

macro_rules! plain {
    ($($kind:ty)*) => {
        $(
            // SAFETY: every pattern of bits is a value of these types.
            unsafe impl Plain for $kind {}
        )*
    };
}
plain!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 [u8; 4] [u8; 8] [u8; 16] [u8; 32]);

impl ArrowArray {
    /// Returns the number of the array's values.
    pub(crate) fn length(&self) -> Result<usize, Fault> {
        if self.is_released() {
            return Err(Fault::Released);
        }
        usize::try_from(self.length).map_err(|_| Fault::NegativeLength)
    }

    /// Returns the number of values that stand before the array's first value in its buffers.
    pub(crate) fn offset(&self) -> Result<usize, Fault> {
        usize::try_from(self.offset).map_err(|_| Fault::NegativeOffset)
    }

    /// Returns true if the array says that none of its values is null. A negative count is unknown.
    pub(crate) const fn has_no_nulls(&self) -> bool {
        self.null_count == 0
    }

    /// Returns the number of buffers.
    pub(crate) fn buffer_count(&self) -> usize {
        usize::try_from(self.n_buffers).unwrap_or_default()
    }

    /// Returns true if the array has this buffer. The buffer of validity may be absent.
    pub(crate) fn has_buffer(&self, index: usize) -> bool {
        self.buffer(index).is_some_and(|buffer| !buffer.is_null())
    }

    fn buffer(&self, index: usize) -> Option<*const c_void> {
        if index >= self.buffer_count() || self.buffers.is_null() || self.is_released() {
            return None;
        }
        // SAFETY: the interface demands as many pointers as the structure says.
        Some(unsafe { *self.buffers.add(index) })
    }

    /// Returns `count` elements of a buffer, from the element `from` on. The interface does not tell the size of a buffer: its
    /// producer vouches for all elements that the array's length, offset and offsets of texts imply.
    pub(crate) fn elements<T: Plain>(
        &self,
        index: usize,
        from: usize,
        count: usize,
    ) -> Result<&[T], Fault> {
        if count == 0 {
            return Ok(&[]);
        }
        let buffer = self.buffer(index).ok_or(Fault::MissingBuffer)?.cast::<T>();
        if buffer.is_null() {
            return Err(Fault::MissingBuffer);
        }
        if !buffer.is_aligned() {
            return Err(Fault::Misaligned);
        }
        let end = from.checked_add(count).and_then(|end| end.checked_mul(size_of::<T>()));
        if end.is_none_or(|end| isize::try_from(end).is_err()) {
            return Err(Fault::TooLong);
        }
        // SAFETY: the buffer is neither null nor misaligned, its elements are plain, and the producer vouches for their number.
        Ok(unsafe { std::slice::from_raw_parts(buffer.add(from), count) })
    }

    pub(crate) fn children(&self) -> Result<Vec<&Self>, Fault> {
        // SAFETY: the children of a structure that is not released live as long as it does.
        unsafe { children(self.children, self.n_children) }
    }

    pub(crate) fn dictionary(&self) -> Option<&Self> {
        // SAFETY: the dictionary of a structure that is not released lives as long as it does.
        unsafe { self.dictionary.as_ref() }
    }
}

impl ArrowArrayStream {
    /// Asks the producer for the type of the arrays.
    pub(crate) fn schema(&mut self) -> Result<ArrowSchema, Fault> {
        let get_schema = self.get_schema.ok_or(Fault::Released)?;
        let mut schema = ArrowSchema::released();
        // SAFETY: the stream is not released, and the producer writes the structure.
        let outcome = unsafe { get_schema(self, &mut schema) };
        self.checked(outcome)?;
        if schema.is_released() { Err(Fault::Released) } else { Ok(schema) }
    }

    /// Asks the producer for the next array. Returns `None` after the last one.
    pub(crate) fn next(&mut self) -> Result<Option<ArrowArray>, Fault> {
        let get_next = self.get_next.ok_or(Fault::Released)?;
        let mut array = ArrowArray::released();
        // SAFETY: the stream is not released, and the producer writes the structure.
        let outcome = unsafe { get_next(self, &mut array) };
        self.checked(outcome)?;
        Ok((!array.is_released()).then_some(array))
    }

    fn checked(&mut self, outcome: c_int) -> Result<(), Fault> {
        if outcome == 0 {
            return Ok(());
        }
        let text = match self.get_last_error {
            // SAFETY: the stream is not released, and the text, if there is one, lives until the next call.
            Some(get_last_error) => unsafe {
                let text = get_last_error(self);
                (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
            },
            None => None,
        };
        Err(Fault::Stream(text.unwrap_or_else(|| format!("error {outcome}"))))
    }
}

#[cfg(feature = "capsules")]
mod capsules {
    //! The capsules in which Python programs pass the structures to each other.

    use pyo3::prelude::*;
    use pyo3::types::{PyCapsule, PyCapsuleMethods};

    use super::{ArrowArray, ArrowArrayStream, ArrowSchema, CStr, Fault, Structure};

    macro_rules! capsule {
        ($structure:ident, $name:expr) => {
            impl $structure {
                /// The name of the capsules that hold this structure.
                const CAPSULE: &CStr = $name;

                /// Moves the structure out of a capsule.
                ///
                /// # Errors
                /// [`Fault::NoCapsule`] if the object is no capsule of such a structure, and [`Fault::Released`] if the structure
                /// was moved away before.
                pub fn from_capsule(capsule: &Bound<'_, PyAny>) -> Result<Self, Fault> {
                    let capsule = capsule.cast::<PyCapsule>().map_err(|_| Fault::NoCapsule)?;
                    let pointer = capsule.pointer_checked(Some(Self::CAPSULE));
                    let pointer = pointer.map_err(|_| Fault::NoCapsule)?;
                    // SAFETY: the name of the capsule says what its pointer points to, and the interpreter's lock is held.
                    unsafe { Self::from_pointer(pointer.cast::<Self>()) }
                }

                /// Moves the structure into a capsule.
                ///
                /// # Errors
                /// An exception of Python if there is no memory.
                pub fn into_capsule(self, py: Python<'_>) -> PyResult<Bound<'_, PyCapsule>> {
                    debug_assert!(!self.is_released(), "a capsule with nothing in it");
                    PyCapsule::new_with_value(py, self, Self::CAPSULE)
                }
            }
        };
    }

    capsule!(ArrowSchema, c"arrow_schema");
    capsule!(ArrowArray, c"arrow_array");
    capsule!(ArrowArrayStream, c"arrow_array_stream");
}
