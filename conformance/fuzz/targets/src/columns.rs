//! Tables in Arrow's C data interface, with lengths, offsets, bits and texts of any kind: an evaluation ends with answers or with an error that
//! names a column, reads nothing outside of the buffers, and releases each structure once.
#![allow(unsafe_code, reason = "the interface consists of pointers")]

use std::cell::Cell;
use std::ffi::{CString, c_char, c_void};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

use fh_arrow::{ArrowArray, ArrowSchema, Options, Strategies, Table, evaluate};
use fh_eval::{Profile, Ruleset, Timestamp};

/// The size of each buffer in bytes. No length and no offset of these tables needs more.
const BUFFER: usize = 4_352;
/// The name of the texts of a dictionary.
const TEXT: &str = "text";
/// The largest offset of a text or of a list.
const LAST_OFFSET: i64 = 4_000;
const NUMBERS: [&str; 8] = ["c", "C", "s", "S", "i", "I", "l", "L"];
const TEXTS: [&str; 3] = ["u", "U", "vu"];
const OTHERS: [&str; 10] =
    ["n", "b", "e", "f", "g", "d:5,2", "d:9,-3", "d:9,2,32", "d:9,2,64", "d:9,2,256"];
const LISTS: [&str; 3] = ["+l", "+L", "+w:3"];
const INVALID: [&str; 6] = ["+w:-1", "+s", "tdD", "d:1,x", "", "z"];

#[repr(C)]
struct Schema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut Schema,
    dictionary: *mut Schema,
    release: Option<unsafe extern "C" fn(*mut Schema)>,
    private_data: *mut c_void,
}

#[repr(C)]
struct Array {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut Array,
    dictionary: *mut Array,
    release: Option<unsafe extern "C" fn(*mut Array)>,
    private_data: *mut c_void,
}

thread_local! {
    /// The number of structures that were made and not released.
    static LIVE: Cell<usize> = const { Cell::new(0) };
}

struct SchemaMemory {
    _texts: [CString; 2],
    children: Vec<*mut Schema>,
    dictionary: *mut Schema,
}

struct ArrayMemory {
    _buffers: Vec<Vec<u64>>,
    pointers: Vec<*const c_void>,
    children: Vec<*mut Array>,
    dictionary: *mut Array,
}

/// Frees a structure of a parent. A child that was not released is released first.
macro_rules! release {
    ($function:ident, $structure:ident, $memory:ident) => {
        unsafe extern "C" fn $function(structure: *mut $structure) {
            unsafe {
                assert!((*structure).release.take().is_some(), "released twice");
                LIVE.set(LIVE.get() - 1);
                let memory = Box::from_raw((*structure).private_data.cast::<$memory>());
                let children = memory.children.iter().copied().chain([memory.dictionary]);
                for child in children.filter(|child| !child.is_null()) {
                    if let Some(release) = (*child).release {
                        release(child);
                    }
                    drop(Box::from_raw(child));
                }
            }
        }
    };
}
release!(release_schema, Schema, SchemaMemory);
release!(release_array, Array, ArrayMemory);

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Returns a number that is small most of the time, and negative now and then.
    fn count(&mut self, most: i64) -> i64 {
        i64::from(self.next()) % (most + 2) - 1
    }

    fn buffer(&mut self, fill: impl Fn(u8, usize) -> [u8; 8]) -> Vec<u64> {
        let pattern: Vec<u8> = (0..1 + self.next() % 24).map(|_| self.next()).collect();
        (0..BUFFER / 8)
            .map(|at| u64::from_le_bytes(fill(pattern[at % pattern.len()], at)))
            .collect()
    }
}

/// The kind of a column's values, apart from now and then, when any format stands in its place.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Single,
    List,
    Dictionary,
    Text,
}

fn format(bytes: &mut Bytes<'_>, kind: Kind) -> &'static str {
    let all: [&[&str]; 5] = [&NUMBERS, &TEXTS, &OTHERS, &LISTS, &INVALID];
    let formats = match (bytes.next(), kind) {
        (0xf0.., _) => all[usize::from(bytes.next() % 5)],
        (_, Kind::List) => &LISTS,
        (_, Kind::Dictionary) => &NUMBERS,
        (_, Kind::Text) => &TEXTS,
        (byte, Kind::Single) => all[usize::from(byte % 3)],
    };
    formats[usize::from(bytes.next()) % formats.len()]
}

fn column(bytes: &mut Bytes<'_>, name: &str, depth: usize) -> (*mut Schema, *mut Array) {
    let kind = match bytes.next() % 4 {
        _ if name == TEXT => Kind::Text,
        0 if depth == 0 => Kind::List,
        1 => Kind::Dictionary,
        _ => Kind::Single,
    };
    let format = format(bytes, kind);
    let is_list = kind == Kind::List;
    let children = if bytes.next() >= 0xf0 { 2 } else { usize::from(is_list) };
    let children = if depth < 3 { children } else { 0 };
    let children: Vec<_> = (0..children).map(|_| column(bytes, "item", depth + 1)).collect();
    let dictionary = if depth < 3 && kind == Kind::Dictionary {
        column(bytes, TEXT, depth + 1)
    } else {
        (ptr::null_mut(), ptr::null_mut())
    };
    structure(bytes, format, name, children, dictionary)
}

fn structure(
    bytes: &mut Bytes<'_>,
    format: &str,
    name: &str,
    children: Vec<(*mut Schema, *mut Array)>,
    dictionary: (*mut Schema, *mut Array),
) -> (*mut Schema, *mut Array) {
    let (schemas, arrays): (Vec<_>, Vec<_>) = children.into_iter().unzip();
    let texts = [CString::new(format).unwrap(), CString::new(name).unwrap()];
    let mut memory =
        Box::new(SchemaMemory { _texts: texts, children: schemas, dictionary: dictionary.0 });
    LIVE.set(LIVE.get() + 2);
    let schema = Box::into_raw(Box::new(Schema {
        format: memory._texts[0].as_ptr(),
        name: memory._texts[1].as_ptr(),
        metadata: ptr::null(),
        flags: 2,
        n_children: memory.children.len() as i64,
        children: memory.children.as_mut_ptr(),
        dictionary: memory.dictionary,
        release: Some(release_schema),
        private_data: Box::into_raw(memory).cast(),
    }));
    // Offsets may be negative or fall, but they lead to no place outside of the buffers, because the interface does not tell their sizes.
    let wide = matches!(format, "U" | "+L");
    let offset = move |byte: u8, at: usize| {
        let value = |at: usize| (i64::from(byte) * 16 - 16 + at as i64 % 8).min(LAST_OFFSET);
        if wide {
            return value(at).to_le_bytes();
        }
        let mut pair = [0; 8];
        pair[..4].copy_from_slice(&(value(at) as i32).to_le_bytes());
        pair[4..].copy_from_slice(&(value(at + 1) as i32).to_le_bytes());
        pair
    };
    let plain = |byte: u8, at: usize| [byte.wrapping_add((at % 3) as u8); 8];
    // The sizes of the buffers of views are true, or negative.
    let sizes = |byte: u8, _: usize| (i64::from(byte) * 16 - 16).to_le_bytes();
    let mut buffers = vec![bytes.buffer(plain)];
    match format {
        "u" | "U" | "+l" | "+L" => buffers.push(bytes.buffer(offset)),
        _ => buffers.push(bytes.buffer(plain)),
    }
    buffers.push(bytes.buffer(|byte, _| [byte & 0x7f; 8]));
    if format == "vu" {
        buffers.push(bytes.buffer(sizes));
    }
    let mut pointers: Vec<*const c_void> =
        buffers.iter().map(|buffer| buffer.as_ptr().cast()).collect();
    // Now and then a buffer is missing or misaligned.
    for pointer in &mut pointers {
        match bytes.next() {
            0xf0..0xf8 => *pointer = ptr::null(),
            0xf8.. => *pointer = pointer.wrapping_byte_add(1),
            _ => {}
        }
    }
    let mut memory = Box::new(ArrayMemory {
        _buffers: buffers,
        pointers,
        children: arrays,
        dictionary: dictionary.1,
    });
    let array = Box::into_raw(Box::new(Array {
        length: bytes.count(60),
        null_count: bytes.count(3),
        offset: bytes.count(20),
        n_buffers: memory.pointers.len() as i64 - i64::from(bytes.next() == 0xff),
        n_children: memory.children.len() as i64 - i64::from(bytes.next() == 0xff),
        buffers: memory.pointers.as_mut_ptr(),
        children: memory.children.as_mut_ptr(),
        dictionary: memory.dictionary,
        release: Some(release_array),
        private_data: Box::into_raw(memory).cast(),
    }));
    (schema, array)
}

fn ruleset() -> &'static Ruleset {
    static RULESET: OnceLock<Ruleset> = OnceLock::new();
    RULESET.get_or_init(|| {
        let payload = br#"[{"id": "1", "key": "A", "type": "BOOLEAN", "value": false, "strategies": [
            {"id": "s", "value": true, "attributes": [
                {"fieldName": "c0", "type": "STRING", "conditional": "REGEX", "values": ["^[a-m]"]}]},
            {"id": "h", "percentage": 500000, "percentageAttributes": ["c1"], "value": true}]},
            {"id": "2", "key": "B", "type": "NUMBER", "value": null, "strategies": [
            {"id": "n", "value": 7.5, "attributes": [
                {"fieldName": "c1", "type": "NUMBER", "conditional": "GREATER", "values": [3]}]}]},
            {"id": "3", "key": "C", "type": "STRING", "value": "x", "strategies": [
            {"id": "t", "value": "y", "attributes": [
                {"fieldName": "c2", "type": "BOOLEAN", "conditional": "EQUALS", "values": [true]}]}]}]"#;
        Ruleset::from_json(payload, Profile::Client).unwrap()
    })
}

/// Moves a structure out of its memory, as a consumer does, and frees the memory.
macro_rules! moved {
    ($pointer:expr, $target:ty) => {{
        let pointer = $pointer;
        unsafe {
            let moved = <$target>::from_pointer(NonNull::new(pointer).unwrap().cast());
            drop(Box::from_raw(pointer));
            moved.unwrap()
        }
    }};
}

pub fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let mut table = Table::new();
    let threads = NonZeroUsize::new(1 + usize::from(bytes.next() % 3)).unwrap();
    let names = ["c0", "c1", "c2"];
    let mut is_added = true;
    if bytes.next() % 2 == 0 {
        let columns = names.iter().map(|name| column(&mut bytes, name, 0)).collect();
        let nothing = (ptr::null_mut(), ptr::null_mut());
        let (schema, array) = structure(&mut bytes, "+s", "", columns, nothing);
        let (schema, array) = (moved!(schema, ArrowSchema), moved!(array, ArrowArray));
        is_added &= table.add_array(&schema, array).is_ok();
    } else {
        for name in names {
            let (schema, array) = column(&mut bytes, name, 0);
            let (schema, array) = (moved!(schema, ArrowSchema), moved!(array, ArrowArray));
            is_added &= table.add_column_array(name, &schema, array).is_ok();
        }
    }
    let options =
        Options { now: Timestamp::from_millis(0), strategies: Strategies::Reported, threads };
    let keys = ["A", "B", "C"].map(str::to_string);
    match evaluate(ruleset(), &keys, table, &options, || ControlFlow::Continue(())) {
        Ok(answers) if is_added => {
            for feature in &answers.features {
                assert_eq!(feature.values.len(), answers.rows);
                assert_eq!(
                    feature.tally.iter().map(|count| count.rows).sum::<u64>(),
                    answers.rows as u64
                );
            }
        }
        Ok(_) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    assert_eq!(LIVE.get(), 0, "a structure was not released");
}
