//! Line numbers of a document. A line is found by the address of a borrowed part of the text.

/// The text of a document and the offsets of its lines.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines<'a> {
    json: &'a [u8],
    /// The offset of the start of each line. Empty if line numbers are of no use, because the document has at most one line
    /// break, or because its text is not that of the file.
    starts: std::rc::Rc<[usize]>,
}

impl<'a> Lines<'a> {
    /// Finds the lines of a document. `None` means that its text is not that of a file.
    pub(super) fn of(json: Option<&'a [u8]>) -> Self {
        let Some(json) = json else { return Self::default() };
        let ends = json.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let starts: Vec<usize> = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        let useful = starts.len() > 2;
        Self { json, starts: if useful { starts.into() } else { [].into() } }
    }

    /// Returns the line, counted from 1, on which a part of the document begins. Returns `None` if the text is not part of the
    /// document, or if line numbers are of no use.
    pub(super) fn line_of(&self, piece: Option<&str>) -> Option<usize> {
        let offset = (piece?.as_ptr() as usize).checked_sub(self.json.as_ptr() as usize)?;
        if self.starts.is_empty() || offset > self.json.len() {
            return None;
        }
        Some(self.starts.partition_point(|start| *start <= offset))
    }
}
