//! Lines of a document, found by where a borrowed piece of it lies.

use crate::payload::Payload;

/// The text of a document and where its lines begin.
#[derive(Debug, Clone)]
pub(crate) struct Lines<'a> {
    json: &'a [u8],
    /// Empty if lines say nothing: everything stands on one, or the text is not the file's.
    starts: std::rc::Rc<[usize]>,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(payload: &'a Payload) -> Self {
        let json = payload.json();
        let ends = json.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let starts: Vec<usize> = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        let useful = payload.is_verbatim && starts.len() > 2;
        Self { json, starts: if useful { starts.into() } else { [].into() } }
    }

    /// The line, from 1, on which a piece of the document begins; nothing for text that lies elsewhere.
    pub(crate) fn line_of(&self, piece: Option<&str>) -> Option<usize> {
        let offset = (piece?.as_ptr() as usize).checked_sub(self.json.as_ptr() as usize)?;
        if self.starts.is_empty() || offset > self.json.len() {
            return None;
        }
        Some(self.starts.partition_point(|start| *start <= offset))
    }
}
