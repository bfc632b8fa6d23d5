//! The reader of objects and lists whose members may have any shape.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::escaped::unescape;
use super::token::Shape;

/// A type that reads the members of a JSON object one by one. If a name occurs several times, [`Self::member`] is
/// called for each occurrence.
pub(crate) trait Object<'de>: Default {
    /// Reads or skips the value of the member `name`.
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error>;
}

/// The value of one member. The value must be read or skipped exactly once.
pub(crate) struct MemberValue<'m, A> {
    map: &'m mut A,
    reading: Reading,
}

impl<'de, A: MapAccess<'de>> MemberValue<'_, A> {
    /// Reads the value as a part of type `P`, whatever the shape of the value.
    pub(crate) fn read<P: Part<'de>>(self) -> Result<P, A::Error> {
        self.map.next_value_seed(PartSeed(self.reading, PhantomData))
    }

    /// Skips the value of the member without storing any part of the value.
    pub(crate) fn skip(self) -> Result<(), A::Error> {
        self.map.next_value::<IgnoredAny>().map(|_| ())
    }
}

/// A way of reading JSON values whose shape is not known beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Reads a value in one pass. Reading fails if a number beyond an `f64`, or a string with a lone surrogate, is
    /// found where a list or an object is expected.
    Direct,
    /// Determines the shape of a value from its first byte, and then reads the value. Every JSON value can be read in
    /// this way, with one more pass over the text for each level of expected lists and objects.
    Careful,
}

impl Reading {
    /// Reads `json` with [`Reading::Direct`], which succeeds for nearly every document. If that fails, reads it with
    /// [`Reading::Careful`]. Returns `None` if both fail.
    pub(super) fn either<'de, P: Part<'de>>(json: &'de str) -> Option<P> {
        [Self::Direct, Self::Careful].into_iter().find_map(|reading| reading.part(json))
    }

    fn part<'de, P: Part<'de>>(self, json: &'de str) -> Option<P> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let part = P::read(&mut deserializer, self).ok()?;
        deserializer.end().ok().map(|()| part)
    }

    /// Passes a value to a visitor that accepts lists, objects and scalars. With [`Reading::Careful`], the visitor gets
    /// `true` in place of every scalar but null.
    fn shape<'de, D, V, T>(self, deserializer: D, visitor: V) -> Result<Shape<T>, D::Error>
    where
        D: Deserializer<'de>,
        V: Visitor<'de, Value = Shape<T>>,
    {
        if self == Self::Direct {
            return deserializer.deserialize_any(visitor);
        }
        let json = <&RawValue>::deserialize(deserializer)?.get();
        match json.as_bytes() {
            // Another error of the deserializer would add its code to each WebAssembly module.
            [b'[' | b'{', ..] => Ok(serde_json::Deserializer::from_str(json)
                .deserialize_any(visitor)
                .unwrap_or(Shape::Other)),
            [b'n', ..] => visitor.visit_unit(),
            _ => visitor.visit_bool(true),
        }
    }
}

/// A type that can be read from one JSON value, whatever the shape of the value.
pub(crate) trait Part<'de>: Sized {
    /// Returns true if the value does not have the expected shape. Of such elements of a list, the first ones are kept.
    fn is_unreadable(&self) -> bool {
        false
    }

    /// Reads the value in the way that `reading` selects.
    fn read<D: Deserializer<'de>>(deserializer: D, reading: Reading) -> Result<Self, D::Error>;
}

impl<'de> Part<'de> for &'de RawValue {
    fn read<D: Deserializer<'de>>(deserializer: D, _: Reading) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

struct PartSeed<P>(Reading, PhantomData<P>);

impl<'de, P: Part<'de>> DeserializeSeed<'de> for PartSeed<P> {
    type Value = P;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<P, D::Error> {
        P::read(deserializer, self.0)
    }
}

/// Number of elements of one list that are kept although they are not of the expected kind. Each of them leaves a diagnostic. A list may
/// have millions more.
pub(crate) const MOST_UNREADABLE: usize = 100;
/// The length of the shortest object that can be a feature, a flag, a segment or an environment: `{"id":"a"}`.
const SHORTEST: usize = 10;

/// The elements of a list of features, flags, segments or environments.
#[derive(Debug, Clone, Default)]
pub struct Listed<'a> {
    /// The elements. Of those that can be nothing of the kind, such as `1` and `{}`, the first 100.
    pub elements: Vec<&'a RawValue>,
    /// Number of further elements that can be nothing of the kind.
    pub further: usize,
}

impl<'a> Listed<'a> {
    fn read<A: SeqAccess<'a>>(mut list: A) -> Result<Self, A::Error> {
        let mut listed = Self::default();
        let mut unreadable = 0;
        while let Some(element) = list.next_element::<&RawValue>()? {
            let is_object = element.get().starts_with('{') && element.get().len() >= SHORTEST;
            unreadable += usize::from(!is_object);
            if is_object || unreadable <= MOST_UNREADABLE {
                listed.elements.push(element);
            }
        }
        listed.further = unreadable.saturating_sub(MOST_UNREADABLE);
        Ok(listed)
    }
}

/// Reads a list; any other JSON is an error.
impl<'de: 'a, 'a> Deserialize<'de> for Listed<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OnlyLists;
        impl<'de> Visitor<'de> for OnlyLists {
            type Value = Listed<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Listed<'de>, A::Error> {
                Listed::read(list)
            }
        }
        deserializer.deserialize_seq(OnlyLists)
    }
}

/// An object, or the shape of the value that was found in place of an object.
#[derive(Debug, Clone)]
pub(crate) struct ObjectOr<T>(pub(crate) Shape<T>);

/// A list, or the shape of the value that was found in place of a list.
#[derive(Debug, Clone)]
pub(crate) struct ListOr<T>(pub(crate) Shape<Vec<T>>);

struct ShapeVisitor<T>(Reading, PhantomData<T>);

/// Generates the visitor's methods for values that are neither lists nor objects. Both visitors use them.
macro_rules! scalars {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any JSON")
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Shape::Null)
        }
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Shape::Other)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Shape::Other)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Shape::Other)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Shape::Other)
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Shape::Other)
        }
    };
}

fn skip_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<(), A::Error> {
    while list.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

fn skip_object<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

impl<'de, T: Object<'de>> Visitor<'de> for ShapeVisitor<ObjectOr<T>> {
    type Value = Shape<T>;
    scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        skip_list(list)?;
        Ok(Shape::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = T::default();
        // A name is read as raw JSON, because a lone surrogate in a text would make the whole object fail.
        while let Some(name) = map.next_key::<&RawValue>()? {
            object.member(unescape(name.get()), MemberValue { map: &mut map, reading: self.0 })?;
        }
        Ok(Shape::Is(object))
    }
}

impl<'de, T: Part<'de>> Visitor<'de> for ShapeVisitor<ListOr<T>> {
    type Value = Shape<Vec<T>>;
    scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        let mut unreadable = 0;
        while let Some(element) = list.next_element_seed(PartSeed::<T>(self.0, PhantomData))? {
            unreadable += usize::from(element.is_unreadable());
            if unreadable <= MOST_UNREADABLE || !element.is_unreadable() {
                elements.push(element);
            }
        }
        Ok(Shape::Is(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        skip_object(map)?;
        Ok(Shape::Other)
    }
}

impl<'de> Visitor<'de> for ShapeVisitor<Listed<'de>> {
    type Value = Shape<Listed<'de>>;
    scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Listed::read(list).map(Shape::Is)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        skip_object(map)?;
        Ok(Shape::Other)
    }
}

impl<'de> Part<'de> for Shape<Listed<'de>> {
    fn read<D: Deserializer<'de>>(deserializer: D, reading: Reading) -> Result<Self, D::Error> {
        reading.shape(deserializer, ShapeVisitor::<Listed<'de>>(reading, PhantomData))
    }
}

impl<'de, T: Object<'de>> Part<'de> for ObjectOr<T> {
    fn is_unreadable(&self) -> bool {
        self.0.as_ref().is_none()
    }

    fn read<D: Deserializer<'de>>(deserializer: D, reading: Reading) -> Result<Self, D::Error> {
        reading.shape(deserializer, ShapeVisitor::<Self>(reading, PhantomData)).map(Self)
    }
}

impl<'de, T: Part<'de>> Part<'de> for ListOr<T> {
    fn read<D: Deserializer<'de>>(deserializer: D, reading: Reading) -> Result<Self, D::Error> {
        reading.shape(deserializer, ShapeVisitor::<Self>(reading, PhantomData)).map(Self)
    }
}

/// Reads an object. A member of the wrong shape does not prevent the reading of the other members. Returns
/// [`Shape::Other`] if the text is not JSON.
pub(crate) fn read_object<'de, T: Object<'de>>(json: &'de str) -> Shape<T> {
    Reading::either::<ObjectOr<T>>(json).map_or(Shape::Other, |object| object.0)
}

/// Reads a list of objects. An element of the wrong shape does not prevent the reading of the other elements. Returns
/// [`Shape::Other`] if the text is not JSON.
pub(crate) fn read_list<'de, T: Object<'de>>(json: &'de str) -> Shape<Vec<Shape<T>>> {
    Reading::either(json).map_or(Shape::Other, shapes)
}

/// Reads the elements of a list. Returns no element if the text is another JSON value.
///
/// # Errors
/// Fails if the text is not JSON. `serde_json` itself would read a list with an error for other values, whose text adds the
/// printing of doubles to each WebAssembly module.
pub(crate) fn read_elements(json: &str) -> serde_json::Result<Listed<'_>> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let list = <Shape<Listed<'_>>>::read(&mut deserializer, Reading::Direct)?;
    deserializer.end()?;
    Ok(list.into_value().unwrap_or_default())
}

/// Returns the shape of a list, with the shape of each element.
pub(crate) fn shapes<T>(list: ListOr<ObjectOr<T>>) -> Shape<Vec<Shape<T>>> {
    match list.0 {
        Shape::Is(list) => Shape::Is(list.into_iter().map(|part| part.0).collect()),
        Shape::Absent => Shape::Absent,
        Shape::Null => Shape::Null,
        Shape::Other => Shape::Other,
    }
}
