//! The structures of arrays of this crate, which other programs consume.
#![deny(unsafe_code, reason = "the modules `interface` and `memory` hold all unsafe code")]

use std::ffi::CString;
use std::ptr;
use std::sync::Arc;

use super::memory::{ArrayMemory, SchemaMemory, leak, release_array, release_schema};
use super::{ArrowArray, ArrowSchema};
use crate::output::{Buffer, OutputArray};

/// Returns a text of C. A NUL, which a text of C cannot hold, becomes a space.
fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', " ")).unwrap_or_default()
}

impl ArrowSchema {
    /// Exports the type of an array.
    #[must_use]
    pub fn of(array: &OutputArray, name: &str) -> Self {
        /// The flag of the interface for arrays that may have nulls.
        const NULLABLE: i64 = 2;
        let children = array.children.iter().map(|(name, child)| leak(Self::of(child, name)));
        let mut memory = Box::new(SchemaMemory {
            format: c_text(array.format),
            name: c_text(name),
            children: children.collect(),
            dictionary: match &array.dictionary {
                Some(values) => leak(Self::of(values, "")),
                None => ptr::null_mut(),
            },
        });
        Self {
            format: memory.format.as_ptr(),
            name: memory.name.as_ptr(),
            metadata: ptr::null(),
            flags: NULLABLE,
            n_children: memory.children.len() as i64,
            children: memory.children.as_mut_ptr(),
            dictionary: memory.dictionary,
            release: Some(release_schema),
            private_data: Box::into_raw(memory).cast(),
        }
    }
}

impl ArrowArray {
    /// Exports an array. The data stays in its place as long as the exported array exists.
    #[must_use]
    pub fn of(array: &Arc<OutputArray>) -> Self {
        let mut memory = Box::new(ArrayMemory {
            buffers: array.buffers.iter().map(Buffer::pointer).collect(),
            children: array.children.iter().map(|(_, child)| leak(Self::of(child))).collect(),
            dictionary: match &array.dictionary {
                Some(values) => leak(Self::of(values)),
                None => ptr::null_mut(),
            },
            _data: Arc::clone(array),
        });
        Self {
            length: array.length as i64,
            null_count: array.null_count as i64,
            offset: 0,
            n_buffers: memory.buffers.len() as i64,
            n_children: memory.children.len() as i64,
            buffers: memory.buffers.as_mut_ptr(),
            children: memory.children.as_mut_ptr(),
            dictionary: memory.dictionary,
            release: Some(release_array),
            private_data: Box::into_raw(memory).cast(),
        }
    }
}
