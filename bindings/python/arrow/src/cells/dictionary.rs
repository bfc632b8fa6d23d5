//! The dictionary of a column whose cells are numbers of texts.

use fh_eval::PreparedText;

use super::bits::Bits;
use super::target::Target;
use super::texts::Texts;
use crate::column_type::TextLayout;
use crate::error::Fault;
use crate::interface::ArrowArray;

#[derive(Debug)]
pub(super) struct Dictionary<'a> {
    /// The texts, if preparing them pays. `None` is a null, or a text that is not UTF-8.
    prepared: Vec<Option<PreparedText<'a>>>,
    validity: Option<Bits<'a>>,
    texts: Texts<'a>,
    size: usize,
}

impl<'a> Dictionary<'a> {
    pub(super) fn new(
        layout: TextLayout,
        array: &'a ArrowArray,
        rows: usize,
    ) -> Result<Self, Fault> {
        let array = array.dictionary().ok_or(Fault::MissingDictionary)?;
        let (size, from) = (array.length()?, array.offset()?);
        let texts = Texts::new(layout, array, from, size)?;
        let validity = Bits::of_validity(array, from, size)?;
        let mut dictionary = Self { prepared: Vec::new(), validity, texts, size };
        // To prepare a text that no other row uses costs as much as it saves.
        if size <= rows {
            // A text that no row uses may be invalid.
            let text = |index| dictionary.text(index).unwrap_or_default().map(PreparedText::new);
            dictionary.prepared = (0..size).map(text).collect();
        }
        Ok(dictionary)
    }

    /// Returns a text, or `None` for a null.
    fn text(&self, index: usize) -> Result<Option<&'a str>, Fault> {
        match self.validity {
            Some(bits) if !bits.get(index)? => Ok(None),
            _ => self.texts.get(index).map(Some),
        }
    }

    pub(super) fn add(&self, index: usize, target: &mut Target<'_, '_>) -> Result<(), Fault> {
        match self.prepared.get(index) {
            Some(Some(text)) => target.add_prepared(text),
            _ if index >= self.size => return Err(Fault::Index),
            _ => {
                if let Some(text) = self.text(index)? {
                    target.add(text);
                }
            }
        }
        Ok(())
    }
}
