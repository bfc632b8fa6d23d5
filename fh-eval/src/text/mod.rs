//! Parsers of the texts that rules compare. None of the parsers allocates on ordinary input. Each returns `None` where
//! the grammar of the specification says "unparsable".

pub mod address;
pub mod date;
pub mod datetime;
pub mod number;
pub(crate) mod order;
pub mod pattern;
pub mod version;
