//! Finding the relationship that a request means, by the rules of PostgREST.

use mwallet_schema::{Table, nearest, shortened};

use super::TableRef;
use super::relationship::{Cardinality, ColumnPairs, Relationship, with_columns};

/// Why no relationship was found, or which of several was meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// There is none.
    #[error("{origin} has no relationship to {}", shortened(target))]
    None {
        /// The table.
        origin: String,
        /// What was to be found.
        target: String,
        /// What was to choose between several.
        hint: Option<String>,
        /// A table or view with a relationship whose name is close to the target.
        suggestion: Option<String>,
    },
    /// There are several.
    #[error("{origin} has several relationships to {}", shortened(target))]
    Ambiguous {
        /// The table.
        origin: String,
        /// What was to be found.
        target: String,
        /// Each of them.
        candidates: Vec<Candidate>,
    },
}

/// One of several relationships, as it is described to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// How many rows are on each end: `many-to-one`.
    pub cardinality: &'static str,
    /// The two tables: `orders with users`.
    pub embedding: String,
    /// The columns: `orders_user_id_fkey using orders(user_id) and users(id)`.
    pub relationship: String,
    /// How a request names it without doubt: `users!orders_user_id_fkey`.
    pub name: String,
}

impl<'c> TableRef<'c> {
    /// Finds a relationship by what a request calls it: the other table, a foreign key or a column of one. A hint
    /// chooses between several by a foreign key, a column or a junction.
    ///
    /// # Errors
    ///
    /// Returns an error if there is none, or if there are several.
    pub fn find(self, target: &str, hint: Option<&str>) -> Result<(&'c Relationship, TableRef<'c>), FindError> {
        self.find_among(target, hint, &|_, _| true)
    }

    /// Finds a relationship among those whose columns clients can read, as requests of clients do.
    ///
    /// # Errors
    ///
    /// Returns an error if there is none, or if there are several.
    pub fn find_for_client(
        self,
        target: &str,
        hint: Option<&str>,
    ) -> Result<(&'c Relationship, TableRef<'c>), FindError> {
        self.find_among(target, hint, &|table, position| table.columns[position].is_readable())
    }

    /// Finds a relationship among those whose columns an asker may see. The others do not exist for it, so no error
    /// names them.
    ///
    /// # Errors
    ///
    /// Returns an error if there is none, or if there are several.
    pub(crate) fn find_among(
        self,
        target: &str,
        hint: Option<&str>,
        is_visible: &dyn Fn(&Table, usize) -> bool,
    ) -> Result<(&'c Relationship, TableRef<'c>), FindError> {
        let visible = || self.relationships().iter().filter(|relationship| self.is_visible(relationship, is_visible));
        let matching = || visible().filter(|relationship| self.is_meant(relationship, target, hint));
        let mut found = matching();
        match (found.next(), found.next()) {
            (Some(one), None) => Ok((one, self.related(one))),
            (None, _) => Err(FindError::None {
                origin: self.table().name.clone(),
                target: target.into(),
                hint: hint.map(Into::into),
                suggestion: self.suggestion(target, visible()),
            }),
            (Some(_), Some(_)) => {
                let mut candidates: Vec<_> = matching().map(|relationship| self.candidate(relationship)).collect();
                // The engines list foreign keys in orders of their own.
                candidates.sort_by(|one, other| one.relationship.cmp(&other.relationship));
                Err(FindError::Ambiguous { origin: self.table().name.clone(), target: target.into(), candidates })
            }
        }
    }

    /// Returns whether all columns that a relationship goes by may be seen.
    fn is_visible(self, relationship: &Relationship, is_visible: &dyn Fn(&Table, usize) -> bool) -> bool {
        let related = self.related(relationship).table();
        let all = |pairs: &ColumnPairs, one: &Table, other: &Table| {
            pairs.iter().all(|(left, right)| is_visible(one, *left) && is_visible(other, *right))
        };
        match &relationship.junction {
            None => all(&relationship.columns, self.table(), related),
            Some(junction) => {
                let between = self.junction(junction).table();
                all(&relationship.columns, self.table(), between) && all(&junction.columns, between, related)
            }
        }
    }

    /// Returns whether a request means this relationship.
    fn is_meant(self, relationship: &Relationship, target: &str, hint: Option<&str>) -> bool {
        let related = self.related(relationship);
        // Names of a request are those of its schema.
        if related.table().schema != self.table().schema {
            return false;
        }
        let is_of_table = target == related.table().name;
        let is_self = std::ptr::eq(self.table(), related.table());
        match (hint, is_self) {
            (None, false) => {
                let by_key = || self.is_constraint(relationship, target) || self.is_own_column(relationship, target);
                is_of_table || (!related.table().kind.is_view() && by_key())
            }
            (Some(hint), false) => {
                is_of_table
                    && (self.is_constraint(relationship, hint)
                        || self.is_own_column(relationship, hint)
                        || self.is_other_column(relationship, hint)
                        || self.is_junction(relationship, hint))
            }
            // One foreign key is two relationships of a table with itself: the table's name means the rows that refer to
            // this one, the key or its column the row that this one refers to.
            (None, true) => {
                let is_of_key = || {
                    self.is_own_column(relationship, target)
                        || (self.is_constraint(relationship, target) && !is_of_table)
                };
                match relationship.cardinality {
                    Cardinality::OneToMany => is_of_table,
                    Cardinality::ManyToOne => is_of_key(),
                    // The referring row comes second.
                    Cardinality::OneToOne if self.is_first_of_two(relationship) => is_of_key(),
                    Cardinality::OneToOne => is_of_table,
                    Cardinality::ManyToMany => false,
                }
            }
            (Some(hint), true) => {
                is_of_table
                    && match relationship.cardinality {
                        Cardinality::OneToMany => {
                            self.is_other_column(relationship, hint) || self.is_constraint(relationship, hint)
                        }
                        Cardinality::ManyToOne => false,
                        Cardinality::OneToOne => {
                            !self.is_first_of_two(relationship)
                                && (self.is_other_column(relationship, hint) || self.is_constraint(relationship, hint))
                        }
                        // The key from the junction to this table says from which end.
                        Cardinality::ManyToMany => relationship.constraint == hint,
                    }
            }
        }
    }

    /// Returns whether a one-to-one relationship of a table with itself goes from the referring row.
    fn is_first_of_two(self, relationship: &Relationship) -> bool {
        let mut same = self.relationships().iter().filter(|other| other.constraint == relationship.constraint);
        same.next().is_some_and(|first| std::ptr::eq(first, relationship))
    }

    fn is_constraint(self, relationship: &Relationship, name: &str) -> bool {
        relationship.junction.is_none() && relationship.constraint == name
    }

    fn is_own_column(self, relationship: &Relationship, name: &str) -> bool {
        match relationship.columns.as_slice() {
            [(own, _)] => relationship.junction.is_none() && self.table().columns[*own].name == name,
            _ => false,
        }
    }

    fn is_other_column(self, relationship: &Relationship, name: &str) -> bool {
        match relationship.columns.as_slice() {
            [(_, other)] if relationship.junction.is_none() => {
                self.related(relationship).table().columns[*other].name == name
            }
            _ => false,
        }
    }

    fn is_junction(self, relationship: &Relationship, name: &str) -> bool {
        relationship.junction.as_ref().is_some_and(|junction| self.junction(junction).table().name == name)
    }

    /// Describes one of several relationships.
    fn candidate(self, relationship: &Relationship) -> Candidate {
        let (table, related) = (self.table(), self.related(relationship).table());
        let own = || with_columns(table, relationship.columns.iter().map(|(own, _)| *own));
        let (text, hint) = match &relationship.junction {
            None => {
                let other = with_columns(related, relationship.columns.iter().map(|(_, other)| *other));
                let text = format!("{} using {} and {other}", relationship.constraint, own());
                (text, &relationship.constraint)
            }
            Some(junction) => {
                let between = self.junction(junction).table();
                let near = with_columns(between, relationship.columns.iter().map(|(_, near)| *near));
                let far = with_columns(between, junction.columns.iter().map(|(far, _)| *far));
                let text = format!(
                    "{} using {}{} and {}{}",
                    between.name,
                    relationship.constraint,
                    &near[between.name.len()..],
                    junction.constraint,
                    &far[between.name.len()..]
                );
                (text, &between.name)
            }
        };
        Candidate {
            cardinality: relationship.cardinality.name(),
            embedding: format!("{} with {}", table.name, related.name),
            relationship: text,
            name: format!("{}!{hint}", related.name),
        }
    }

    /// Returns the related table whose name is closest to one that was not found.
    fn suggestion<'r>(self, target: &str, relationships: impl Iterator<Item = &'r Relationship>) -> Option<String> {
        let related = relationships.map(|relationship| self.related(relationship).table());
        let near = related.filter(|table| table.schema == self.table().schema && table.name != target);
        let names = near.map(|table| table.name.as_str());
        nearest(names, target).map(Into::into)
    }
}
