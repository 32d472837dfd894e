//! What a relationship is, and how it is described to people.

use mwallet_schema::Table;

/// Positions of columns that must be equal: in the one table, and in the other.
pub type ColumnPairs = Vec<(usize, usize)>;

/// A way from the rows of one table to rows of another, or of the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relationship {
    /// How many rows are on each end.
    pub cardinality: Cardinality,
    /// The position of the other table in the catalog.
    pub(super) target: usize,
    /// The foreign key that it follows; of a many-to-many relationship, the key from the junction to this table.
    pub constraint: String,
    /// The equal columns of this table and the other; of a many-to-many relationship, of this table and the junction.
    pub columns: ColumnPairs,
    /// The table between, of a many-to-many relationship.
    pub junction: Option<Junction>,
}

/// The table between the two ends of a many-to-many relationship.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Junction {
    /// The position of the junction in the catalog.
    pub(super) table: usize,
    /// The foreign key from the junction to the other table.
    pub constraint: String,
    /// The equal columns of the junction and the other table.
    pub columns: ColumnPairs,
}

/// How many rows there are on each end of a relationship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// Several rows refer to one.
    ManyToOne,
    /// One row is referred to by several.
    OneToMany,
    /// At most one row on each end.
    OneToOne,
    /// Several rows on each end, by a junction.
    ManyToMany,
}

impl Cardinality {
    /// Whether a row has at most one related row.
    pub fn is_to_one(self) -> bool {
        matches!(self, Self::ManyToOne | Self::OneToOne)
    }

    /// The name, such as `many-to-one`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ManyToOne => "many-to-one",
            Self::OneToMany => "one-to-many",
            Self::OneToOne => "one-to-one",
            Self::ManyToMany => "many-to-many",
        }
    }

    pub(super) fn reversed(self) -> Self {
        match self {
            Self::ManyToOne => Self::OneToMany,
            Self::OneToMany => Self::ManyToOne,
            other => other,
        }
    }
}

/// A table and some of its columns, such as `orders(user_id)`.
pub(super) fn with_columns(table: &Table, positions: impl Iterator<Item = usize>) -> String {
    let names: Vec<&str> = positions.map(|position| table.columns[position].name.as_str()).collect();
    format!("{}({})", table.name, names.join(", "))
}
