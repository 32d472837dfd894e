//! Relationships from foreign keys: of tables, of the views that show their columns, and through junctions.

use std::collections::HashMap;

use mwallet_schema::ForeignKey;

use super::Catalog;
use super::relationship::{Cardinality, ColumnPairs, Junction, Relationship};

/// The most ways in which one view is taken for one end of a foreign key. A view may show a column several times.
const MAX_WAYS: usize = 16;

/// A foreign key between two tables or views: the referencing end first.
#[derive(Clone, PartialEq)]
struct Reference<'c> {
    from: usize,
    to: usize,
    constraint: &'c str,
    columns: ColumnPairs,
    is_unique: bool,
}

/// Returns the relationships of each table of a catalog.
pub(super) fn relationships(catalog: &Catalog) -> Vec<Vec<Relationship>> {
    let views = views_by_base(catalog);
    let mut references: Vec<Reference<'_>> = Vec::new();
    for (from, entry) in catalog.tables.iter().enumerate() {
        for key in &entry.table().foreign_keys {
            if let Some(reference) = reference(catalog, from, key) {
                references.extend(of_views(&views, &reference));
                references.push(reference);
            }
        }
    }
    let mut relationships: Vec<Vec<Relationship>> = catalog.tables.iter().map(|_| Vec::new()).collect();
    for reference in &references {
        let [there, back] = both_ways(reference);
        relationships[reference.from].push(there);
        relationships[reference.to].push(back);
    }
    for (from, relationship) in through_junctions(catalog, &references) {
        relationships[from].push(relationship);
    }
    relationships
}

/// A foreign key as a reference between tables of the catalog.
fn reference<'c>(catalog: &'c Catalog, from: usize, key: &'c ForeignKey) -> Option<Reference<'c>> {
    let table = catalog.tables[from].table();
    let schema = key.references_schema.as_ref().or(table.schema.as_ref());
    let to = catalog.position(schema.cloned(), &key.references)?;
    let referenced = catalog.tables[to].table();
    let pairs = key.columns.iter().zip(&key.referenced_columns);
    let columns: Option<ColumnPairs> =
        pairs.map(|(own, other)| Some((table.position(own)?, referenced.position(other)?))).collect();
    let names: Vec<&str> = key.columns.iter().map(String::as_str).collect();
    Some(Reference {
        from,
        to,
        constraint: &key.name,
        columns: columns.filter(|columns| !columns.is_empty())?,
        is_unique: table.is_unique(&names),
    })
}

fn both_ways(reference: &Reference<'_>) -> [Relationship; 2] {
    let cardinality = if reference.is_unique { Cardinality::OneToOne } else { Cardinality::ManyToOne };
    let there = Relationship {
        cardinality,
        target: reference.to,
        constraint: reference.constraint.into(),
        columns: reference.columns.clone(),
        junction: None,
    };
    let back = Relationship {
        cardinality: cardinality.reversed(),
        target: reference.from,
        columns: reversed(&reference.columns),
        ..there.clone()
    };
    [there, back]
}

fn reversed(columns: &ColumnPairs) -> ColumnPairs {
    columns.iter().map(|(one, other)| (*other, *one)).collect()
}

/// For each table, the views that show its columns, and which columns of the view show which of the table.
type Views = HashMap<usize, Vec<(usize, HashMap<usize, Vec<usize>>)>>;

fn views_by_base(catalog: &Catalog) -> Views {
    let mut views = Views::new();
    for (view, entry) in catalog.tables.iter().enumerate().filter(|(_, entry)| entry.table().kind.is_view()) {
        let mut shown: HashMap<usize, HashMap<usize, Vec<usize>>> = HashMap::new();
        for (position, column) in entry.table().columns.iter().enumerate() {
            let Some(base) = &column.base else { continue };
            let schema = base.schema.as_ref().or(entry.table().schema.as_ref());
            let Some(table) = catalog.position(schema.cloned(), &base.table) else { continue };
            if let Some(of_table) = catalog.tables[table].table().position(&base.column) {
                shown.entry(table).or_default().entry(of_table).or_default().push(position);
            }
        }
        for (table, columns) in shown {
            views.entry(table).or_default().push((view, columns));
        }
    }
    // Hashing gives another order each time; messages and documents must not change with it.
    for of_table in views.values_mut() {
        of_table.sort_by_key(|(view, _)| *view);
    }
    views
}

/// The same reference with views that show its columns on one end or on both.
fn of_views<'c>(views: &Views, reference: &Reference<'c>) -> Vec<Reference<'c>> {
    let (own, other): (Vec<usize>, Vec<usize>) = reference.columns.iter().copied().unzip();
    let ends = |table: usize, columns: &[usize]| {
        let mut ends = vec![(table, columns.to_vec())];
        for (view, shown) in views.get(&table).into_iter().flatten() {
            ends.extend(ways(columns, shown).into_iter().map(|way| (*view, way)));
        }
        ends
    };
    let (from_ends, to_ends) = (ends(reference.from, &own), ends(reference.to, &other));
    let mut references = Vec::new();
    for (from, own) in &from_ends {
        for (to, other) in &to_ends {
            // The reference itself is known already.
            if (*from, *to) != (reference.from, reference.to) {
                let columns = own.iter().copied().zip(other.iter().copied()).collect();
                references.push(Reference { from: *from, to: *to, columns, ..reference.clone() });
            }
        }
    }
    references
}

/// The ways to name columns of a table by the columns of a view that show them.
fn ways(columns: &[usize], shown: &HashMap<usize, Vec<usize>>) -> Vec<Vec<usize>> {
    let mut ways = vec![Vec::new()];
    for column in columns {
        let Some(positions) = shown.get(column) else { return Vec::new() };
        let longer = |way: &Vec<usize>| {
            let way = way.clone();
            positions.iter().map(move |position| [way.as_slice(), &[*position]].concat())
        };
        ways = ways.iter().flat_map(longer).take(MAX_WAYS).collect();
    }
    ways
}

/// The relationships between tables to which a third one refers by columns of its primary key.
fn through_junctions(catalog: &Catalog, references: &[Reference<'_>]) -> Vec<(usize, Relationship)> {
    let mut by_junction: HashMap<usize, Vec<&Reference<'_>>> = HashMap::new();
    let mut junctions = Vec::new();
    for reference in references.iter().filter(|reference| !reference.is_unique) {
        let table = catalog.tables[reference.from].table();
        let is_of_key = |(own, _): &(usize, usize)| table.primary_key.contains(&table.columns[*own].name);
        if reference.columns.iter().all(is_of_key) {
            let keys = by_junction.entry(reference.from).or_default();
            if keys.is_empty() {
                junctions.push(reference.from);
            }
            keys.push(reference);
        }
    }
    let mut relationships = Vec::new();
    for junction in junctions {
        let keys = &by_junction[&junction];
        for near in keys {
            for far in keys.iter().filter(|far| far.constraint != near.constraint) {
                let relationship = Relationship {
                    cardinality: Cardinality::ManyToMany,
                    target: far.to,
                    constraint: near.constraint.into(),
                    columns: reversed(&near.columns),
                    junction: Some(Junction {
                        table: junction,
                        constraint: far.constraint.into(),
                        columns: far.columns.clone(),
                    }),
                };
                relationships.push((near.to, relationship));
            }
        }
    }
    relationships
}
