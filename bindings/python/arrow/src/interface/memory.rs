//! The memory that exported structures keep alive until their consumer releases them.

use std::ffi::{CString, c_void};
use std::sync::Arc;

use super::{ArrowArray, ArrowSchema};
use crate::output::OutputArray;

/// The memory that an exported schema keeps alive.
pub(super) struct SchemaMemory {
    pub(super) format: CString,
    pub(super) name: CString,
    pub(super) children: Vec<*mut ArrowSchema>,
    pub(super) dictionary: *mut ArrowSchema,
}

/// The memory that an exported array keeps alive.
pub(super) struct ArrayMemory {
    pub(super) _data: Arc<OutputArray>,
    pub(super) buffers: Vec<*const c_void>,
    pub(super) children: Vec<*mut ArrowArray>,
    pub(super) dictionary: *mut ArrowArray,
}

/// Moves a structure to memory of its own, which [`free`] frees.
pub(super) fn leak<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

impl Drop for SchemaMemory {
    fn drop(&mut self) {
        // SAFETY: the pointers were made by `leak`. A structure that its consumer moved away is released, and freed here all the same.
        unsafe { free(&self.children, self.dictionary) };
    }
}

impl Drop for ArrayMemory {
    fn drop(&mut self) {
        // SAFETY: as above.
        unsafe { free(&self.children, self.dictionary) };
    }
}

/// Frees structures.
///
/// # Safety
/// The pointers were made by [`leak`] and are not used afterwards. The last one may be null.
unsafe fn free<T>(children: &[*mut T], dictionary: *mut T) {
    for pointer in children.iter().copied().chain([dictionary]).filter(|pointer| !pointer.is_null())
    {
        // SAFETY: the caller vouches for the pointer.
        drop(unsafe { Box::from_raw(pointer) });
    }
}

pub(super) unsafe extern "C" fn release_schema(schema: *mut ArrowSchema) {
    // SAFETY: the consumer calls this function once, with a schema that `ArrowSchema::of` made or with a copy of its fields.
    unsafe {
        let schema = &mut *schema;
        schema.release = None;
        drop(Box::from_raw(schema.private_data.cast::<SchemaMemory>()));
    }
}

pub(super) unsafe extern "C" fn release_array(array: *mut ArrowArray) {
    // SAFETY: the consumer calls this function once, with an array that `ArrowArray::of` made or with a copy of its fields.
    unsafe {
        let array = &mut *array;
        array.release = None;
        drop(Box::from_raw(array.private_data.cast::<ArrayMemory>()));
    }
}
