//! The dictionary of a column whose cells are numbers of texts.

use fh_eval::PreparedText;

use super::{Cells, Target};
use crate::column_type::{ColumnType, TextLayout};
use crate::error::Fault;
use crate::interface::ArrowArray;

#[derive(Debug)]
pub(super) struct Dictionary<'a> {
    /// The texts, if preparing them pays. `None` is a null, or a text that is not UTF-8.
    prepared: Vec<Option<PreparedText<'a>>>,
    cells: Cells<'a>,
    size: usize,
}

impl<'a> Dictionary<'a> {
    pub(super) fn new(
        layout: TextLayout,
        array: &'a ArrowArray,
        rows: usize,
    ) -> Result<Self, Fault> {
        let texts = array.dictionary().ok_or(Fault::MissingDictionary)?;
        let size = texts.length()?;
        let cells = Cells::new(&ColumnType::Text(layout), texts, 0, size)?;
        let mut prepared = Vec::new();
        // To prepare a text that no other row uses costs as much as it saves.
        if size <= rows {
            for index in 0..size {
                // A text that no row uses may be invalid.
                let text = cells.text(index).unwrap_or_default();
                prepared.push(text.map(PreparedText::new));
            }
        }
        Ok(Self { prepared, cells, size })
    }

    pub(super) fn add(&self, index: usize, target: &mut Target<'_, '_>) -> Result<(), Fault> {
        match self.prepared.get(index) {
            Some(Some(text)) => target.add_prepared(text),
            _ if index >= self.size => return Err(Fault::Index),
            _ => self.cells.add_to(index, target)?,
        }
        Ok(())
    }
}
