//! The columns of an answer: their names, what they hold, and how JSON begins each of them.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use mwallet_schema::ColumnType;
use mwallet_schema::json::write_string;

/// The columns of an answer, shared by its rows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Columns(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    columns: Box<[OutputColumn]>,
    /// Their names as they stand in JSON, written when they are first needed.
    shape: OnceLock<JsonKeys>,
}

impl Columns {
    /// How many columns of each returned row they are, behind which hidden ones stand. What counts rows has a column
    /// even where none is answered.
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

/// One column of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    /// The name it is answered by.
    pub name: String,
    /// What it holds.
    pub kind: OutputKind,
}

/// What a column of an answer holds.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputKind {
    /// Values as a column of that type stores them.
    Column(ColumnType),
    /// An exact number of any size and scale: a sum or an average.
    Number,
}

impl OutputColumn {
    /// Whether its numbers may be such that a double would change them.
    pub(crate) fn holds_exact_numbers(&self) -> bool {
        match &self.kind {
            OutputKind::Column(ColumnType::BigInt | ColumnType::Decimal { .. }) | OutputKind::Number => true,
            OutputKind::Column(ColumnType::Native(native)) => native.holds_exact_numbers(),
            OutputKind::Column(_) => false,
        }
    }
}

/// The names of an answer's columns as they stand in JSON, ready to be copied: `{"id":`, `,"uuid":`, ...
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
