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
    /// Values of a table column's type.
    Column(ColumnType),
    /// An exact number of any size and scale, such as a sum or an average.
    Number,
}

impl OutputColumn {
    /// Returns whether its numbers may lose precision as doubles.
    pub(crate) fn holds_exact_numbers(&self) -> bool {
        match &self.kind {
            OutputKind::Column(ColumnType::BigInt | ColumnType::Decimal { .. }) | OutputKind::Number => true,
            OutputKind::Column(ColumnType::Native(native)) => native.holds_exact_numbers(),
            OutputKind::Column(_) => false,
        }
    }
}

/// The column names as JSON keys, ready to be copied: `{"id":`, `,"uuid":`, ...
#[derive(Debug)]
pub(crate) struct JsonKeys {
    pub(crate) prefixes: Vec<u8>,
    pub(crate) ends: Vec<usize>,
}

impl JsonKeys {
    pub(crate) fn new(columns: &[OutputColumn]) -> Self {
        let mut prefixes = Vec::with_capacity(columns.len() * 16);
        let mut ends = Vec::with_capacity(columns.len());
        for column in columns {
            prefixes.push(if ends.is_empty() { b'{' } else { b',' });
            write_string(&mut prefixes, &column.name);
            prefixes.push(b':');
            ends.push(prefixes.len());
        }
        Self { prefixes, ends }
    }
}
