//! The columns of a result: names, types and JSON keys.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use mwallet_schema::ColumnType;
use mwallet_schema::json::write_string;

/// The columns of a result, shared by its rows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Columns(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    columns: Box<[OutputColumn]>,
    /// The names as JSON keys, created on first use.
    shape: OnceLock<JsonKeys>,
}

impl Columns {
    /// Returns the number of returned columns, after which hidden ones follow. It is at least one, because a
    /// statement without output columns returns a null per row.
    pub(crate) fn returned(&self) -> usize {
        self.len().max(1)
    }

    /// Returns the names of the members of a row as JSON. Those of spread rows are members of the row.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = self.iter().flat_map(|column| match &column.kind {
            OutputKind::Related(RelatedColumns { columns, is_spread: true, .. }) => columns.names(),
            _ => vec![column.name.clone()],
        });
        names.collect()
    }

    pub(crate) fn shape(&self) -> &JsonKeys {
        self.0.shape.get_or_init(|| JsonKeys::new(&self.0.columns))
    }
}

impl From<Vec<OutputColumn>> for Columns {
    fn from(columns: Vec<OutputColumn>) -> Self {
        Self(Arc::new(Shared { columns: columns.into(), shape: OnceLock::new() }))
    }
}

impl Deref for Columns {
    type Target = [OutputColumn];

    fn deref(&self) -> &[OutputColumn] {
        &self.0.columns
    }
}

impl PartialEq for Columns {
    fn eq(&self, other: &Self) -> bool {
        self.0.columns == other.0.columns
    }
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    /// The name in the output.
    pub name: String,
    /// The type of its values.
    pub kind: OutputKind,
}

/// The type of values in a result column.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputKind {
    /// Values of a column of this type.
    Column(ColumnType),
    /// An exact number of any precision: a sum or an average.
    Number,
    /// Rows of a related table.
    Related(RelatedColumns),
}

/// The columns of related rows, and the form in which they are written.
#[derive(Clone, Debug, PartialEq)]
pub struct RelatedColumns {
    /// The columns of each related row.
    pub columns: Columns,
    /// Whether there may be several, which are written as an array.
    pub is_many: bool,
    /// Whether their columns become columns of the row that they are related to.
    pub is_spread: bool,
}

impl OutputColumn {
    /// Returns whether its numbers may lose precision as doubles.
    pub(crate) fn holds_exact_numbers(&self) -> bool {
        match &self.kind {
            OutputKind::Column(ColumnType::BigInt | ColumnType::Decimal { .. }) | OutputKind::Number => true,
            OutputKind::Column(ColumnType::Native(native)) => native.holds_exact_numbers(),
            OutputKind::Column(_) | OutputKind::Related(_) => false,
        }
    }

    /// Returns whether its values are instants, or arrays of them, which any zone can show.
    pub(crate) fn holds_times(&self) -> bool {
        match &self.kind {
            OutputKind::Column(ColumnType::Timestamp) => true,
            OutputKind::Column(ColumnType::Native(native)) => native.holds_times(),
            OutputKind::Column(_) | OutputKind::Number | OutputKind::Related(_) => false,
        }
    }
}

/// The column names as JSON keys, ready to be copied: `{"id":`, `,"uuid":`, ...
#[derive(Debug)]
pub(crate) struct JsonKeys {
    prefixes: Vec<u8>,
    ends: Vec<usize>,
}

impl JsonKeys {
    fn new(columns: &[OutputColumn]) -> Self {
        let mut keys =
            Self { prefixes: Vec::with_capacity(columns.len() * 16), ends: Vec::with_capacity(columns.len()) };
        keys.add(columns);
        keys
    }

    /// Adds the keys of columns. Those of spread rows take the place of their own key.
    fn add(&mut self, columns: &[OutputColumn]) {
        for column in columns {
            if let OutputKind::Related(RelatedColumns { columns, is_spread: true, .. }) = &column.kind {
                self.add(columns);
                continue;
            }
            self.prefixes.push(if self.ends.is_empty() { b'{' } else { b',' });
            write_string(&mut self.prefixes, &column.name);
            self.prefixes.push(b':');
            self.ends.push(self.prefixes.len());
        }
    }
}

/// Writes the keys of a row in their order.
pub(crate) struct KeyWriter<'k> {
    keys: &'k JsonKeys,
    index: usize,
    start: usize,
}

impl JsonKeys {
    /// Starts a row.
    pub(crate) fn writer(&self) -> KeyWriter<'_> {
        KeyWriter { keys: self, index: 0, start: 0 }
    }
}

impl KeyWriter<'_> {
    /// Writes the next key, with what divides it from the member before.
    #[inline]
    pub(crate) fn write_next(&mut self, out: &mut Vec<u8>) {
        let end = self.keys.ends[self.index];
        out.extend_from_slice(&self.keys.prefixes[self.start..end]);
        self.start = end;
        self.index += 1;
    }

    /// Returns whether any key was written.
    pub(crate) fn has_begun(&self) -> bool {
        self.index > 0
    }
}
