//! The Arrow types whose values can be attributes.

use crate::error::Fault;
use crate::interface::ArrowSchema;

/// The type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ColumnType {
    Null,
    Boolean,
    Integer(Integer),
    Float(Float),
    /// Integers that are divided by a power of ten.
    Decimal {
        width: DecimalWidth,
        scale: i32,
    },
    Text(TextLayout),
    /// Indices into a table of texts.
    Dictionary {
        index: Integer,
        texts: TextLayout,
    },
    List {
        layout: ListLayout,
        elements: Box<ColumnType>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Integer {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Float {
    Half,
    Single,
    Double,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecimalWidth {
    Bits32,
    Bits64,
    Bits128,
    Bits256,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextLayout {
    /// Offsets of 32 bits.
    Small,
    /// Offsets of 64 bits.
    Large,
    /// Views, which hold short texts themselves.
    View,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListLayout {
    /// Offsets of 32 bits.
    Small,
    /// Offsets of 64 bits.
    Large,
    /// The same number of elements in each list.
    Fixed(usize),
}

/// The type of a table: a struct of columns.
pub(crate) const TABLE: &str = "+s";

impl ColumnType {
    /// Reads the type of a column from its schema.
    pub(crate) fn of(schema: &ArrowSchema) -> Result<Self, Fault> {
        let format = schema.format()?;
        let unknown = || Fault::Type(format.to_string());
        let layout = match format {
            "+l" => Some(ListLayout::Small),
            "+L" => Some(ListLayout::Large),
            _ => match format.strip_prefix("+w:") {
                Some(size) => Some(ListLayout::Fixed(size.parse().map_err(|_| unknown())?)),
                None => None,
            },
        };
        if let Some(layout) = layout {
            let children = schema.children()?;
            let [elements] = children.as_slice() else { return Err(Fault::MissingChild) };
            // Lists of lists are no attributes. A schema cannot make this function call itself again and again.
            let elements = Self::of_values(elements)?.ok_or_else(unknown)?;
            return Ok(Self::List { layout, elements: Box::new(elements) });
        }
        Self::of_values(schema)?.ok_or_else(unknown)
    }

    /// Reads the type of a column whose values are no lists. Returns `None` for other types.
    fn of_values(schema: &ArrowSchema) -> Result<Option<Self>, Fault> {
        let format = schema.format()?;
        if let Some(dictionary) = schema.dictionary() {
            let texts = TextLayout::of(dictionary.format()?);
            let found = Integer::of(format).zip(texts);
            return Ok(found.map(|(index, texts)| Self::Dictionary { index, texts }));
        }
        Ok(match format {
            "n" => Some(Self::Null),
            "b" => Some(Self::Boolean),
            "e" => Some(Self::Float(Float::Half)),
            "f" => Some(Self::Float(Float::Single)),
            "g" => Some(Self::Float(Float::Double)),
            _ => (Integer::of(format).map(Self::Integer))
                .or_else(|| TextLayout::of(format).map(Self::Text))
                .or_else(|| decimal(format)),
        })
    }
}

impl Integer {
    fn of(format: &str) -> Option<Self> {
        Some(match format {
            "c" => Self::I8,
            "C" => Self::U8,
            "s" => Self::I16,
            "S" => Self::U16,
            "i" => Self::I32,
            "I" => Self::U32,
            "l" => Self::I64,
            "L" => Self::U64,
            _ => return None,
        })
    }
}

impl TextLayout {
    fn of(format: &str) -> Option<Self> {
        Some(match format {
            "u" => Self::Small,
            "U" => Self::Large,
            "vu" => Self::View,
            _ => return None,
        })
    }
}

/// Reads `d:PRECISION,SCALE` or `d:PRECISION,SCALE,BITS`.
fn decimal(format: &str) -> Option<ColumnType> {
    let mut parts = format.strip_prefix("d:")?.split(',');
    let (_precision, scale) = (parts.next()?, parts.next()?.parse().ok()?);
    let width = match parts.next() {
        None | Some("128") => DecimalWidth::Bits128,
        Some("32") => DecimalWidth::Bits32,
        Some("64") => DecimalWidth::Bits64,
        Some("256") => DecimalWidth::Bits256,
        Some(_) => return None,
    };
    // Arrow's producers use scales of at most 76 digits. A larger one would make texts of any length.
    let is_sane = parts.next().is_none() && (-1_000..=1_000).contains(&scale);
    is_sane.then_some(ColumnType::Decimal { width, scale })
}
