//! Faults of columns, and errors that name the column and the row of a fault.

use std::fmt;

use fh_eval::UnknownFeature;

/// A fault of an array, as far as the interface lets a consumer see it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The structure was released, or moved to another consumer.
    Released,
    /// The object is no capsule of the structure that was expected.
    NoCapsule,
    /// The schema has no format.
    MissingFormat,
    /// The format or the name of the schema is not UTF-8.
    NameNotUtf8,
    /// The type is not one that attributes can have. The text is the type's format.
    Type(String),
    /// The array of a table is not a struct. The text is the type's format.
    NotATable(String),
    /// A row of a table is null.
    NullRow,
    /// The structures of the type and of the data have different numbers of children, or one of them is missing.
    MissingChild,
    /// The array of a dictionary type has no dictionary.
    MissingDictionary,
    /// A buffer that the type demands is missing.
    MissingBuffer,
    /// A buffer does not begin at an address that the type demands.
    Misaligned,
    /// A length is negative.
    NegativeLength,
    /// An offset is negative, or smaller than the one before it.
    Offsets,
    /// The offset of an array is negative.
    NegativeOffset,
    /// A length or an offset is larger than the memory.
    TooLong,
    /// The array has fewer values than the array that holds it needs.
    TooShort,
    /// An index of a dictionary is outside of it.
    Index,
    /// A text is not UTF-8.
    TextNotUtf8,
    /// A number is not finite.
    NotFinite,
    /// A list has a null element.
    NullElement,
    /// The producer of a stream reported an error. The text is the producer's.
    Stream(String),
    /// The program's value is not one that attributes can have. The text says which.
    Value(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Released => "the Arrow structure was released or consumed before",
            Self::NoCapsule => "the object gave no Arrow capsule",
            Self::MissingFormat => "the Arrow schema has no format",
            Self::NameNotUtf8 => "the format or the name of the Arrow schema is not UTF-8",
            Self::Type(format) => {
                return write!(
                    f,
                    "columns of the Arrow type {format:?} cannot be attributes: texts, numbers, booleans, dictionaries of texts, and lists of them can"
                );
            }
            Self::NotATable(format) => {
                return write!(f, "the Arrow type {format:?} is no table: a table is a struct of columns");
            }
            Self::NullRow => "the row is null",
            Self::MissingChild => "the Arrow structure lacks a child",
            Self::MissingDictionary => "the Arrow structure lacks its dictionary",
            Self::MissingBuffer => "the Arrow structure lacks a buffer",
            Self::Misaligned => "a buffer of the Arrow structure is not aligned",
            Self::NegativeLength => "a length of the Arrow structure is negative",
            Self::Offsets => "the offsets of the values are negative, or fall",
            Self::NegativeOffset => "the offset of the Arrow structure is negative",
            Self::TooLong => "a length or an offset of the Arrow structure is too large",
            Self::TooShort => "the Arrow structure has too few values",
            Self::Index => "an index lies outside of the dictionary",
            Self::TextNotUtf8 => "a text is not UTF-8",
            Self::NotFinite => "a number is not finite",
            Self::NullElement => "a list has an element that is null",
            Self::Stream(text) => return write!(f, "the Arrow stream failed: {text}"),
            Self::Value(text) => text,
        })
    }
}

impl std::error::Error for Fault {}

/// An error of an evaluation of columns.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A column, or a table of columns, cannot be read.
    Column {
        /// The name of the column, or `None` if the fault is that of a whole table.
        column: Option<String>,
        /// The position of the row, counted from 0, if the fault is that of one row.
        row: Option<usize>,
        /// The fault.
        fault: Fault,
    },
    /// Two columns have the same name.
    Twice(String),
    /// Two columns have different numbers of rows.
    Lengths {
        /// The name of the column that ended first.
        shorter: String,
        /// The number of its rows.
        rows: usize,
        /// The name of a column that has more rows.
        longer: String,
    },
    /// No column tells the number of rows.
    NoRows,
    /// The ruleset has no feature with one of the keys.
    UnknownFeature(String),
    /// The caller ended the evaluation.
    Interrupted,
}

impl Error {
    pub(crate) fn of(column: &str, fault: Fault) -> Self {
        Self::Column { column: Some(column.to_string()), row: None, fault }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Column { column, row, fault } => {
                match column {
                    Some(column) => write!(f, "column {column:?}")?,
                    None => f.write_str("the table")?,
                }
                match row {
                    Some(row) => write!(f, ", row {row}: {fault}"),
                    None => write!(f, ": {fault}"),
                }
            }
            Self::Twice(column) => write!(f, "column {column:?}: the name occurs twice"),
            Self::Lengths { shorter, rows, longer } => {
                write!(f, "column {shorter:?}: it has {rows} rows, and column {longer:?} has more")
            }
            Self::NoRows => {
                f.write_str("no column tells the number of rows: all of them are single values")
            }
            Self::UnknownFeature(key) => write!(f, "there is no feature {key:?}"),
            Self::Interrupted => f.write_str("the evaluation was interrupted"),
        }
    }
}

impl std::error::Error for Error {}

impl From<UnknownFeature> for Error {
    fn from(unknown: UnknownFeature) -> Self {
        Self::UnknownFeature(unknown.0)
    }
}
