//! Determines which names change: which renames are declared or given, which are pending, and their order.

use std::collections::HashMap;

use mwallet_schema::{ColumnType, Table, constraint_name};

/// Renames. They are never guessed, but declared by `renamed_from` or given by the author of the migration.
///
/// All happen at once: each old name is one before any rename, so two tables can swap names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renames {
    /// Tables: the old name and the new name.
    pub tables: Vec<(String, String)>,
    /// Columns: the new name of the table, the old name and the new name.
    pub columns: Vec<(String, String, String)>,
    /// Labels of enums: the new names of the table and the column, the old name and the new name.
    pub labels: Vec<(String, String, String, String)>,
}

/// An old name and a new name.
type Pair = (String, String);

impl Renames {
    /// Returns the pending renames that tables, columns and labels declare.
    pub fn declared(from: &[Table], to: &[Table]) -> Self {
        let mut renames = Self { tables: DeclaredType::tables(from, to).pending(), ..Self::default() };
        for table in to {
            let Some(old) = renames.old_table(from, &table.name) else { continue };
            let pending = DeclaredType::columns(old, table).pending();
            renames.columns.extend(pending.into_iter().map(|(from, to)| (table.name.clone(), from, to)));
            for column in &table.columns {
                let pending = renames.labels_of(old, table, column).pending();
                let place = (&table.name, &column.name);
                let label = |(from, to)| (place.0.clone(), place.1.clone(), from, to);
                renames.labels.extend(pending.into_iter().map(label));
            }
        }
        renames
    }

    /// Adds given renames, which take precedence over declared ones.
    pub(super) fn or_given(self, given: &Self) -> Self {
        let mut renames = given.clone();
        let is_new = |all: &[Pair], (from, to): &Pair| all.iter().all(|(old, new)| old != from && new != to);
        renames.tables.extend(self.tables.into_iter().filter(|pair| is_new(&given.tables, pair)));
        let of = |table: &String| -> Vec<Pair> {
            let own = given.columns.iter().filter(|(of, ..)| of == table);
            own.map(|(_, from, to)| (from.clone(), to.clone())).collect()
        };
        renames.columns.extend(
            self.columns.into_iter().filter(|(table, from, to)| is_new(&of(table), &(from.clone(), to.clone()))),
        );
        renames.labels.extend(self.labels);
        renames
    }

    /// Returns the reverse renames.
    pub fn inverse(&self) -> Self {
        let old_table = |name: &String| before(&self.tables, name).unwrap_or(name).clone();
        let old_column = |table: &String, name: &String| {
            let own = self.columns.iter().find(|(of, _, to)| of == table && to == name);
            own.map_or_else(|| name.clone(), |(_, from, _)| from.clone())
        };
        Self {
            tables: self.tables.iter().map(|(from, to)| (to.clone(), from.clone())).collect(),
            columns: self
                .columns
                .iter()
                .map(|(table, from, to)| (old_table(table), to.clone(), from.clone()))
                .collect(),
            labels: self
                .labels
                .iter()
                .map(|(table, column, from, to)| {
                    (old_table(table), old_column(table, column), to.clone(), from.clone())
                })
                .collect(),
        }
    }

    /// Returns why declared or given renames are impossible or ambiguous. None is ignored silently.
    pub(super) fn doubts(given: &Self, from: &[Table], to: &[Table]) -> Vec<String> {
        let mut doubts = Vec::new();
        let has = |tables: &[Table], name: &str| tables.iter().any(|table| table.name == name);
        for (old, new) in &given.tables {
            if !has(from, old) || !has(to, new) {
                let (missing, place) = if has(from, old) { (new, "entities") } else { (old, "migrations") };
                doubts.push(format!("{old}={new}: there is no table {missing} in the {place}"));
            }
        }
        let tables = DeclaredType::tables(from, to);
        if !from.is_empty() {
            let option = |old: &str, new: &str| format!("--rename {old}={new}");
            doubts.extend(tables.doubts("the table ", "", &given.tables, Some(&option)));
        }
        let renames = Self { tables: tables.pending(), ..Self::default() }.or_given(given);
        for (table, column, new) in &given.columns {
            let old = renames.old_table(from, table).and_then(|table| table.column(column));
            let after = to.iter().find(|after| after.name == *table).and_then(|table| table.column(new));
            if old.is_none() || after.is_none() {
                let (missing, place) = if old.is_none() { (column, "migrations") } else { (new, "entities") };
                let missing = format!("there is no column {table}.{missing} in the {place}");
                doubts.push(format!("{table}.{column}={table}.{new}: {missing}"));
            }
        }
        for table in to {
            let Some(old) = renames.old_table(from, &table.name) else { continue };
            let name = &table.name;
            let mine = given.columns.iter().filter(|(of, ..)| of == name);
            let mine: Vec<Pair> = mine.map(|(_, from, to)| (from.clone(), to.clone())).collect();
            let columns = DeclaredType::columns(old, table);
            let option = |old: &str, new: &str| format!("--rename {name}.{old}={name}.{new}");
            doubts.extend(columns.doubts("", &format!("{name}."), &mine, Some(&option)));
            let renames = Self {
                columns: columns.pending().into_iter().map(|(old, new)| (name.clone(), old, new)).collect(),
                ..renames.clone()
            };
            for column in &table.columns {
                let place = format!("the label {name}.{}: ", column.name);
                doubts.extend(renames.labels_of(old, table, column).doubts(&place, "", &[], None));
            }
        }
        doubts
    }

    /// Returns the labels of a column, with the previous ones.
    fn labels_of(&self, old: &Table, table: &Table, column: &mwallet_schema::Column) -> DeclaredType {
        let own = self.columns.iter().find(|(of, _, to)| *of == table.name && *to == column.name);
        let before = old.column(own.map_or(column.name.as_str(), |(_, from, _)| from.as_str()));
        let mut declared = DeclaredType::default();
        if let (ColumnType::Enum(labels), Some(ColumnType::Enum(before))) = (&column.kind, before.map(|old| &old.kind))
        {
            declared.before = before.labels.iter().map(|label| label.name.clone()).collect();
            declared.after =
                labels.labels.iter().map(|label| (label.name.clone(), label.renamed_from.clone())).collect();
        }
        declared
    }

    /// Returns the previous table that gets this name.
    fn old_table<'t>(&self, from: &'t [Table], name: &String) -> Option<&'t Table> {
        let before = match before(&self.tables, name) {
            Some(before) => before,
            // The previous table of this name is renamed, so this one is new.
            None if self.tables.iter().any(|(from, _)| from == name) => return None,
            None => name,
        };
        from.iter().find(|table| table.name == *before)
    }
}

fn before<'p>(pairs: &'p [Pair], after: &String) -> Option<&'p String> {
    pairs.iter().find(|(_, to)| to == after).map(|(from, _)| from)
}

/// Formats a rename as a command-line option.
type AsOption<'o> = dyn Fn(&str, &str) -> String + 'o;

/// The existing names, and the new names with their declared previous names.
#[derive(Default)]
struct DeclaredType {
    before: Vec<String>,
    after: Vec<(String, Option<String>)>,
}

impl DeclaredType {
    fn tables(from: &[Table], to: &[Table]) -> Self {
        Self {
            before: from.iter().map(|table| table.name.clone()).collect(),
            after: to.iter().map(|table| (table.name.clone(), table.renamed_from.clone())).collect(),
        }
    }

    fn columns(from: &Table, to: &Table) -> Self {
        Self {
            before: from.columns.iter().map(|column| column.name.clone()).collect(),
            after: to.columns.iter().map(|column| (column.name.clone(), column.renamed_from.clone())).collect(),
        }
    }

    fn was_there(&self, name: &str) -> bool {
        self.before.iter().any(|before| before == name)
    }

    /// Returns the pending renames: the old name exists, and the new one does not, or it is renamed itself.
    fn pending(&self) -> Vec<Pair> {
        let mut pending: Vec<Pair> = Vec::new();
        loop {
            let next = self.after.iter().find_map(|(name, old)| {
                let old = old.as_ref().filter(|old| *old != name && self.was_there(old))?;
                let is_known = pending.iter().any(|(from, to)| from == old || to == name);
                let is_free = !self.was_there(name) || pending.iter().any(|(from, _)| from == name);
                (!is_known && is_free).then(|| (old.clone(), name.clone()))
            });
            match next {
                Some(pair) => pending.push(pair),
                None => return pending,
            }
        }
    }

    /// Returns the cycle of renames that leads back to a name.
    fn circle<'d>(&'d self, name: &'d str) -> Option<Vec<(&'d str, &'d str)>> {
        let mut circle = Vec::new();
        let mut at = name;
        while circle.len() <= self.after.len() {
            let (_, old) = self.after.iter().find(|(other, _)| other == at)?;
            let old = old.as_deref()?;
            circle.push((old, at));
            if old == name {
                return Some(circle);
            }
            at = old;
        }
        None
    }

    /// Returns the declared renames that are neither pending, nor done, nor given. `option` formats the option that
    /// would confirm a rename.
    fn doubts(&self, what: &str, place: &str, given: &[Pair], option: Option<&AsOption<'_>>) -> Vec<String> {
        let pending = self.pending();
        let is_meant =
            |name: &String, old: &String| pending.iter().chain(given).any(|(from, to)| from == old && to == name);
        let attribute = |old: &str| format!("`renamed_from = \"{old}\"`");
        let by_hand = "write the migration by hand: `mwallet migrate new NAME --empty`";
        let say = |pairs: &[(&str, &str)]| match option {
            Some(option) => {
                let options: Vec<String> = pairs.iter().map(|(old, new)| option(old, new)).collect();
                format!("remove the attribute and pass {} once", options.join(" "))
            }
            None => format!("remove the attribute and {by_hand}"),
        };
        let mut doubts = Vec::new();
        for (name, old) in &self.after {
            let Some(old) = old.as_ref().filter(|old| *old != name && !is_meant(name, old)) else { continue };
            let other = self.after.iter().find(|(other, _)| other == old);
            let thing = format!("{what}{place}{name}");
            doubts.push(match (self.was_there(old), self.was_there(name), other) {
                // The rename is done.
                (false, true, _) => continue,
                (false, false, _) => format!(
                    "{thing} has {}, but the migrations have no {place}{old}: correct the name, or remove the \
                     attribute",
                    attribute(old)
                ),
                (true, false, _) => format!("two have {}, and {thing} is one of them", attribute(old)),
                (true, true, Some(_)) => match self.circle(name) {
                    // Report each cycle once.
                    Some(circle) if circle.iter().all(|(_, other)| *other >= name.as_str()) => {
                        let names: Vec<String> = circle.iter().map(|(_, name)| format!("{place}{name}")).collect();
                        format!(
                            "{what}{} swap their names, and whether that is done already is unknown: {}",
                            names.join(" and "),
                            say(&circle)
                        )
                    }
                    // A new object has the old name.
                    _ => continue,
                },
                (true, true, None) => format!(
                    "{thing} has {}, but both exist: if {place}{old} shall replace it, {}; otherwise remove the \
                     attribute",
                    attribute(old),
                    say(&[(old, name)])
                ),
            });
        }
        doubts
    }
}

/// The renames in a database: actual ones, and temporary names of objects whose name is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Moves {
    pub(super) tables: Vec<Pair>,
    /// By the new name of the table.
    pub(super) columns: HashMap<String, Vec<Pair>>,
    /// Constraints, then indexes, with the new name of the table.
    pub(super) constraints: Vec<(String, Pair)>,
    pub(super) indexes: Vec<(String, Pair)>,
}

/// One step of several renames.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) from: String,
    pub(super) to: String,
    /// The final name, which differs if this step is temporary.
    pub(super) last: String,
}

/// Orders renames so that none takes a name that is still in use. In a cycle, one gets an unused temporary name.
pub(super) fn in_turn(pairs: &[Pair]) -> Vec<Turn> {
    let mut left = pairs.to_vec();
    let (mut turns, mut last) = (Vec::new(), Vec::new());
    while !left.is_empty() {
        let free = left.iter().position(|(_, to)| left.iter().all(|(from, _)| from != to));
        let (from, to) = left.remove(free.unwrap_or(0));
        match free {
            Some(_) => turns.push(Turn { from, last: to.clone(), to }),
            None => {
                let meanwhile = constraint_name(HELPER, &[&from], "meanwhile");
                turns.push(Turn { from, to: meanwhile.clone(), last: to.clone() });
                last.push(Turn { from: meanwhile, last: to.clone(), to });
            }
        }
    }
    turns.extend(last);
    turns
}

/// The prefix of temporary names during a migration.
const HELPER: &str = "mwallet";

/// The suffix of the name of an object whose name is needed. It is dropped later in the same migration.
const IN_THE_WAY: &str = "goes";

/// Returns the temporary name of an object whose name is needed.
pub(super) fn aside(name: &str) -> String {
    constraint_name(HELPER, &[name], IN_THE_WAY)
}

/// Returns the original name of an object with a temporary name.
pub(super) fn without_aside(name: &str) -> &str {
    let inner = name.strip_prefix(HELPER).and_then(|rest| rest.strip_suffix(IN_THE_WAY));
    inner.and_then(|inner| inner.strip_prefix('_')?.strip_suffix('_')).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<Pair> {
        text.split_whitespace().map(|pair| pair.split_once('>').unwrap()).map(|(a, b)| (a.into(), b.into())).collect()
    }

    fn declared(before: &str, after: &str) -> DeclaredType {
        let one = |text: &str| match text.split_once('<') {
            Some((name, old)) => (name.to_owned(), Some(old.to_owned())),
            None => (text.to_owned(), None),
        };
        DeclaredType {
            before: before.split_whitespace().map(Into::into).collect(),
            after: after.split_whitespace().map(one).collect(),
        }
    }

    #[test]
    fn renames_wait_for_each_other() {
        for (given, turns) in [
            ("", ""),
            ("a>b", "a>b"),
            ("a>b b>c", "b>c a>b"),
            ("a>b b>a", "a>mwallet_a_meanwhile b>a mwallet_a_meanwhile>b"),
            ("a>b b>c c>a d>e", "d>e a>mwallet_a_meanwhile c>a b>c mwallet_a_meanwhile>b"),
        ] {
            let found = in_turn(&pairs(given));
            let last = |turn: &Turn| turn.to == turn.last || turn.to.ends_with("_meanwhile");
            assert!(found.iter().all(last), "{found:?}");
            assert_eq!(found.into_iter().map(|turn| (turn.from, turn.to)).collect::<Vec<_>>(), pairs(turns), "{given}");
        }
    }

    #[test]
    fn what_is_in_the_way_is_known_by_its_own_name() {
        assert_eq!(without_aside(&aside("memo")), "memo");
        assert_eq!(without_aside("mwallet_memo"), "mwallet_memo");
    }

    #[test]
    fn what_is_declared_is_done_once() {
        for (before, after, pending) in [
            ("a", "b<a", "a>b"),
            ("b", "b<a", ""),
            // A new object has the old name, before and after.
            ("a", "b<a a", "a>b"),
            ("a b", "b<a a", ""),
            ("a b", "b<a c<b", "b>c a>b"),
            ("b c", "b<a c<b", ""),
            ("a b", "a<b b<a", ""),
            ("a b", "b<a", ""),
            ("c", "b<a", ""),
            ("a", "a<a", ""),
        ] {
            assert_eq!(declared(before, after).pending(), pairs(pending), "{before} to {after}");
        }
    }

    #[test]
    fn nothing_that_is_declared_is_passed_over() {
        let option = |old: &str, new: &str| format!("--rename {old}={new}");
        for (before, after, given, doubts) in [
            ("a", "b<a", "", vec![]),
            ("b", "b<a", "", vec![]),
            ("a b", "b<a a", "", vec![]),
            ("a b", "a<b b<a", "", vec!["t.a and t.b swap their names"]),
            ("a b c", "a<b b<c c<a", "", vec!["--rename b=a --rename c=b --rename a=c"]),
            ("a b", "a<b b<a", "a>b b>a", vec![]),
            ("a b", "b<a", "", vec!["both exist"]),
            ("a b", "b<a", "a>b", vec![]),
            ("c", "b<a c", "", vec!["the migrations have no t.a"]),
            ("a", "b<a c<a", "", vec!["two have `renamed_from = \"a\"`, and t.c is one of them"]),
        ] {
            let found = declared(before, after).doubts("", "t.", &pairs(given), Some(&option));
            assert_eq!(found.len(), doubts.len(), "{before} to {after}: {found:?}");
            for (found, doubt) in found.iter().zip(doubts) {
                assert!(found.contains(doubt), "{before} to {after}: {found}");
            }
        }
    }
}
