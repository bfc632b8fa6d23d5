//! Attributes and details as bytes, for calls that programs make so often that JSON would be too slow.
//!
//! A text is its length in bytes and its bytes in UTF-8. The length of a text that is missing is [`u32::MAX`]. Numbers have 4 or 8 bytes, the
//! lowest first.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use fh_client::{Attributes, Detail, Kind, Number, Snapshot, Source, System, Value};
use fh_eval::AttributesBuilder;

use crate::late_context::{self, GivenAttributes};
use crate::operations::GivenValue;

/// The number of values of an attribute with a single value that is no list.
const ONE: u32 = u32::MAX;

/// Packed attributes: for each one the name, the number of values in its list, and the values; [`u32::MAX`] stands for a single value that is
/// no list. Bytes that cannot be read are left out.
#[derive(Debug, Clone, Copy)]
pub struct PackedAttributes<'packed> {
    /// The bytes.
    pub bytes: &'packed [u8],
    /// The system whose rules read the attributes.
    pub system: System,
}

impl GivenAttributes for PackedAttributes<'_> {
    fn add(&self, attributes: &mut AttributesBuilder, is_read: &dyn Fn(&str) -> bool) {
        let mut rest = self.bytes;
        while let Some(name) = text(&mut rest) {
            let is_read = is_read(&name);
            let value = match number(&mut rest) {
                None => break,
                Some(ONE) if is_read => GivenValue::One(text(&mut rest).unwrap_or_default()),
                // A wrong number of values ends with the bytes.
                Some(count) if is_read => {
                    GivenValue::List((0..count).map_while(|_| text(&mut rest)).collect())
                }
                Some(count) => {
                    let count = if count == ONE { 1 } else { count };
                    (0..count).map_while(|_| bytes(&mut rest)).for_each(drop);
                    continue;
                }
            };
            self.system.add_attribute(attributes, &name, &value);
        }
    }

    fn each_name(&self, each: &mut dyn FnMut(&str)) {
        let each = RefCell::new(each);
        self.add(&mut Attributes::builder(), &|name| {
            (each.borrow_mut())(name);
            false
        });
    }
}

/// Reads attributes in the form that rules of this system read.
#[must_use]
pub fn attributes(packed: &[u8], system: System) -> Arc<Attributes> {
    late_context::attributes(&PackedAttributes { bytes: packed, system })
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u32::from_le_bytes(*bytes))
}

fn bytes<'packed>(rest: &mut &'packed [u8]) -> Option<&'packed [u8]> {
    let length = usize::try_from(number(rest)?).ok()?;
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(bytes)
}

fn text<'packed>(rest: &mut &'packed [u8]) -> Option<Cow<'packed, str>> {
    let bytes = bytes(rest)?;
    // The other language writes valid UTF-8, which this check reads faster.
    Some(str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed))
}

/// Writes a detail.
#[must_use]
pub fn detail(detail: &Detail) -> Vec<u8> {
    let mut packed = Packed(Vec::with_capacity(256));
    packed.detail(detail);
    packed.0
}

/// Writes the details of all features of one state.
#[must_use]
pub fn values(snapshot: &Snapshot) -> Vec<u8> {
    let keys = snapshot.keys();
    let mut packed = Packed(Vec::with_capacity(keys.len() * 256));
    for key in keys {
        packed.detail(&snapshot.peek(&key));
    }
    packed.0
}

/// The bytes so far.
struct Packed(Vec<u8>);

impl Packed {
    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.count(usize::MAX),
        }
    }

    fn count(&mut self, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&count.to_le_bytes());
    }

    /// Writes the type of a value as a letter, and its text; a space for no value.
    fn value(&mut self, value: Option<&Value>) {
        let (kind, text) = match value {
            Some(Value::Bool(false)) => (b'f', ""),
            Some(Value::Bool(true)) => (b't', ""),
            Some(Value::Number(number)) => (b'n', Number::as_str(number)),
            Some(Value::Text(text)) => (b's', &**text),
            Some(Value::Json(text)) => (b'j', &**text),
            _ => (b' ', ""),
        };
        self.0.push(kind);
        self.text(text);
    }

    fn detail(&mut self, detail: &Detail) {
        self.text(&detail.key);
        self.value(detail.value.as_ref());
        self.optional(detail.kind.map(Kind::as_str));
        self.text(detail.reason.as_str());
        self.optional(detail.strategy_id.as_deref());
        self.optional(detail.interceptor.as_deref());
        self.optional(detail.id.as_deref());
        self.optional(detail.environment.as_deref());
        self.optional(detail.source.as_ref().map(Source::as_str));
        self.0.extend([detail.exists, detail.is_locked, detail.is_stale].map(u8::from));
        self.0.extend_from_slice(&detail.version.to_le_bytes());
        self.0.extend_from_slice(&detail.generation.to_le_bytes());
        let properties = detail.properties();
        self.count(properties.len());
        for (name, value) in properties {
            self.text(&name);
            self.text(&value);
        }
    }
}
