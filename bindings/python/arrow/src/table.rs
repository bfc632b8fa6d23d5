//! The columns of a table: arrays, streams of arrays, and single values for all rows.

use crate::cells::Cells;
use crate::column_type::{ColumnType, TABLE};
use crate::error::{Error, Fault};
use crate::interface::{ArrowArray, ArrowArrayStream, ArrowSchema};
use crate::output::OutputArray;

/// A producer of lists of texts, such as the values of a column that is no Arrow array.
pub trait Chunks: Send {
    /// Returns the next rows as an array of [`OutputArray::lists`], or `None` after the last row.
    ///
    /// # Errors
    /// A [`Fault`] if a value cannot be an attribute.
    fn next(&mut self) -> Result<Option<OutputArray>, Fault>;
}

/// Columns whose names are those of attributes.
#[derive(Default)]
pub struct Table {
    names: Vec<String>,
    pub(crate) sources: Vec<Source>,
    pub(crate) constants: Vec<Constant>,
}

/// An attribute that has the same values in all rows.
pub(crate) struct Constant {
    pub(crate) name: String,
    pub(crate) texts: Vec<String>,
}

/// Columns whose arrays arrive together.
pub(crate) struct Source {
    pub(crate) columns: Vec<(String, ColumnType)>,
    shape: Shape,
    feed: Feed,
    /// The present array, and the number of its rows that were read.
    present: Option<(ArrowArray, usize)>,
    /// The number of rows that were read of all arrays.
    rows: usize,
}

/// The shape of a source's arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Structs of columns.
    Table,
    OneColumn,
}

enum Feed {
    Stream(ArrowArrayStream),
    Array(Option<ArrowArray>),
    Chunks(Box<dyn Chunks>),
}

impl Table {
    /// Returns a table without columns.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the columns of a stream of tables.
    ///
    /// # Errors
    /// An [`Error`] if the stream fails, if its arrays are no tables, if a type cannot be that of an attribute, or if the table has a
    /// column of the same name.
    pub fn add_stream(&mut self, mut stream: ArrowArrayStream) -> Result<(), Error> {
        let schema = stream.schema().map_err(of_table)?;
        self.add_table(&schema, Feed::Stream(stream))
    }

    /// Adds the columns of a table in one array.
    ///
    /// # Errors
    /// An [`Error`] as for [`Self::add_stream`].
    pub fn add_array(&mut self, schema: &ArrowSchema, array: ArrowArray) -> Result<(), Error> {
        self.add_table(schema, Feed::Array(Some(array)))
    }

    fn add_table(&mut self, schema: &ArrowSchema, feed: Feed) -> Result<(), Error> {
        let format = schema.format().map_err(of_table)?;
        if format != TABLE {
            return Err(of_table(Fault::NotATable(format.to_string())));
        }
        let mut columns = Vec::new();
        for child in schema.children().map_err(of_table)? {
            let name = child.name().map_err(of_table)?;
            self.add_name(name)?;
            let kind = ColumnType::of(child).map_err(|fault| Error::of(name, fault))?;
            columns.push((name.to_string(), kind));
        }
        self.add_source(columns, Shape::Table, feed);
        Ok(())
    }

    /// Adds a column whose arrays arrive as a stream.
    ///
    /// # Errors
    /// An [`Error`] if the stream fails, if its type cannot be that of an attribute, or if the table has a column of the same name.
    pub fn add_column_stream(
        &mut self,
        name: &str,
        mut stream: ArrowArrayStream,
    ) -> Result<(), Error> {
        let schema = stream.schema().map_err(|fault| Error::of(name, fault))?;
        self.add_column(name, &schema, Feed::Stream(stream))
    }

    /// Adds a column in one array.
    ///
    /// # Errors
    /// An [`Error`] as for [`Self::add_column_stream`].
    pub fn add_column_array(
        &mut self,
        name: &str,
        schema: &ArrowSchema,
        array: ArrowArray,
    ) -> Result<(), Error> {
        self.add_column(name, schema, Feed::Array(Some(array)))
    }

    /// Adds a column of lists of texts.
    ///
    /// # Errors
    /// [`Error::Twice`] if the table has a column of the same name.
    pub fn add_chunks(&mut self, name: &str, chunks: Box<dyn Chunks>) -> Result<(), Error> {
        let schema = ArrowSchema::of(&OutputArray::lists(std::iter::empty::<[&str; 0]>()), name);
        self.add_column(name, &schema, Feed::Chunks(chunks))
    }

    fn add_column(&mut self, name: &str, schema: &ArrowSchema, feed: Feed) -> Result<(), Error> {
        self.add_name(name)?;
        let kind = ColumnType::of(schema).map_err(|fault| Error::of(name, fault))?;
        self.add_source(vec![(name.to_string(), kind)], Shape::OneColumn, feed);
        Ok(())
    }

    /// Adds an attribute that has the same values in all rows. No values leave the attribute out.
    ///
    /// # Errors
    /// [`Error::Twice`] if the table has a column of the same name.
    pub fn add_constant(&mut self, name: &str, texts: Vec<String>) -> Result<(), Error> {
        self.add_name(name)?;
        self.constants.push(Constant { name: name.to_string(), texts });
        Ok(())
    }

    fn add_name(&mut self, name: &str) -> Result<(), Error> {
        if self.names.iter().any(|known| known == name) {
            return Err(Error::Twice(name.to_string()));
        }
        self.names.push(name.to_string());
        Ok(())
    }

    fn add_source(&mut self, columns: Vec<(String, ColumnType)>, shape: Shape, feed: Feed) {
        self.sources.push(Source { columns, shape, feed, present: None, rows: 0 });
    }

    /// Makes the next rows available in all sources, and returns the number of rows that all of them have. Returns 0 after the last row.
    pub(crate) fn fill(&mut self) -> Result<usize, Error> {
        let mut least = usize::MAX;
        for source in &mut self.sources {
            least = least.min(source.fill()?);
        }
        let Some(shorter) = self.sources.iter().find(|source| source.left() == 0) else {
            return if self.sources.is_empty() { Err(Error::NoRows) } else { Ok(least) };
        };
        match self.sources.iter().find(|source| source.left() > 0) {
            None => Ok(0),
            Some(longer) => Err(Error::Lengths {
                shorter: shorter.name(),
                rows: shorter.rows,
                longer: longer.name(),
            }),
        }
    }

    /// Goes on to the rows after the next `count` rows.
    pub(crate) fn advance(&mut self, count: usize) {
        for source in &mut self.sources {
            if let Some((_, read)) = &mut source.present {
                *read += count;
            }
            source.rows += count;
        }
    }
}

impl Source {
    fn name(&self) -> String {
        self.columns.first().map(|(name, _)| name.clone()).unwrap_or_default()
    }

    /// Returns an error about this source.
    fn error(&self, fault: Fault) -> Error {
        match self.shape {
            Shape::Table => of_table(fault),
            Shape::OneColumn => Error::of(&self.name(), fault),
        }
    }

    /// Returns the number of rows that are left of the present array.
    fn left(&self) -> usize {
        match &self.present {
            Some((array, read)) => array.length().unwrap_or_default().saturating_sub(*read),
            None => 0,
        }
    }

    /// Fetches arrays until there is one with rows left, and returns their number, which is 0 at the end.
    fn fill(&mut self) -> Result<usize, Error> {
        while self.left() == 0 {
            self.present = None;
            let next = match &mut self.feed {
                Feed::Stream(stream) => stream.next(),
                Feed::Array(array) => Ok(array.take()),
                Feed::Chunks(chunks) => {
                    let next = chunks.next();
                    next.map(|next| next.map(|array| ArrowArray::of(&array.into())))
                }
            };
            let Some(array) = next.map_err(|fault| self.error(fault))? else { return Ok(0) };
            array.length().map_err(|fault| self.error(fault))?;
            self.present = Some((array, 0));
        }
        Ok(self.left())
    }

    /// Returns the next `count` rows of each column.
    pub(crate) fn cells(&self, count: usize) -> Result<Vec<Cells<'_>>, Error> {
        let Some((array, read)) = &self.present else { return Ok(Vec::new()) };
        if self.shape == Shape::OneColumn {
            let cells = self.columns.iter().map(|(name, kind)| {
                Cells::new(kind, array, *read, count).map_err(|fault| Error::of(name, fault))
            });
            return cells.collect();
        }
        let rows = Cells::of_rows(array, *read, count).map_err(of_table)?;
        if let Some(row) = (0..count).find(|row| rows.is_null(*row).unwrap_or(true)) {
            let row = Some(self.rows + row);
            return Err(Error::Column { column: None, row, fault: Fault::NullRow });
        }
        let start = array.offset().map_err(of_table)?.checked_add(*read);
        let start = start.ok_or_else(|| of_table(Fault::TooLong))?;
        let children = array.children().map_err(of_table)?;
        if children.len() != self.columns.len() {
            return Err(of_table(Fault::MissingChild));
        }
        let cells = self.columns.iter().zip(children).map(|((name, kind), child)| {
            Cells::new(kind, child, start, count).map_err(|fault| Error::of(name, fault))
        });
        cells.collect()
    }
}

fn of_table(fault: Fault) -> Error {
    Error::Column { column: None, row: None, fault }
}
