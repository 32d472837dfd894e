//! Generates random sets of tables, changed versions of them, and rows.

use mwallet_db::schema::{
    Bound, Check, Column, ColumnDefault, ColumnType, Decimal, EnumLabel, EnumType, ExpressionIndex, Index,
    MOST_NAME_BYTES, Record, ReferentialAction, Table, Timestamp, Value, ValueGenerator, constraint_name,
};
use mwallet_db::{Dialect, crud};
use mwallet_migrate::Renames;
use mwallet_testkit::TestDb;

/// A reproducible pseudorandom generator (xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next()).unwrap() % end
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }
}

/// Two sets of tables and the renames between them.
pub(crate) struct Pair {
    pub(crate) from: Vec<Table>,
    pub(crate) to: Vec<Table>,
    pub(crate) renames: Renames,
    /// Columns whose values are dropped, with new names of table and column.
    anew: Vec<(String, String)>,
}

impl Pair {
    pub(crate) fn generate(random: &mut Random, dialect: Dialect) -> Self {
        let count = 1 + random.below(4);
        let mut from: Vec<Table> = Vec::new();
        for number in 0..count {
            let name = named(format!("t{number}"), random);
            let made = table(&name, &from, random, dialect);
            from.push(made);
        }
        let mut pair = Self { to: from.clone(), from, renames: Renames::default(), anew: Vec::new() };
        for _ in 0..1 + random.below(6) {
            pair.change(random, dialect);
        }
        pair
    }

    pub(crate) fn renamed_table<'n>(&'n self, name: &'n str) -> &'n str {
        self.renames.tables.iter().find(|(from, _)| from == name).map_or(name, |(_, to)| to)
    }

    pub(crate) fn renamed_column<'n>(&'n self, table: &str, name: &'n str) -> &'n str {
        self.renames.columns.iter().find(|(of, from, _)| of == table && from == name).map_or(name, |(_, _, to)| to)
    }

    /// Iterates over the tables in both sets, old and new.
    pub(crate) fn survivors(&self) -> impl Iterator<Item = (&Table, &Table)> {
        self.from.iter().filter_map(|from| {
            let name = self.renamed_table(&from.name);
            Some((from, self.to.iter().find(|to| to.name == name)?))
        })
    }

    /// Iterates over the columns in both versions of a table, old and new.
    pub(crate) fn surviving_columns<'t>(
        &'t self,
        (from, to): (&'t Table, &'t Table),
    ) -> impl Iterator<Item = (&'t Column, &'t Column)> {
        from.columns.iter().filter_map(move |column| {
            let name = self.renamed_column(&to.name, &column.name);
            let is_kept = !self.is_made_anew(&to.name, name) && !self.gives_way(&to.name, &column.name);
            is_kept.then(|| to.column(name)).flatten().map(|to| (column, to))
        })
    }

    /// Returns a row of the first set that does not fit the second, with its table and column.
    pub(crate) fn misfit(&self, random: &mut Random) -> Option<(&Table, Record, String)> {
        let mut all = Vec::new();
        for tables in self.survivors() {
            for (from, to) in self.surviving_columns(tables) {
                if !is_used(tables.0, &from.name)
                    && let Some(value) = misfit(from, to)
                {
                    all.push((tables, from, to, value));
                }
            }
        }
        if all.is_empty() {
            return None;
        }
        let (tables, column, to, value) = random.pick(&all);
        let mut row = row(tables.0, 90, random);
        row.set(&column.name, value.clone());
        Some((tables.0, row, format!("{}.{}", tables.1.name, to.name)))
    }

    /// Returns whether another column has taken the name of this one, which was dropped.
    pub(crate) fn gives_way(&self, table: &str, name: &str) -> bool {
        let own = || self.renames.columns.iter().filter(|(of, ..)| of == table);
        own().any(|(_, _, to)| to == name) && own().all(|(_, from, _)| from != name)
    }

    pub(crate) fn is_made_anew(&self, table: &str, column: &str) -> bool {
        self.anew.iter().any(|(of, name)| of == table && name == column)
    }

    /// Makes one change to the second set.
    fn change(&mut self, random: &mut Random, dialect: Dialect) {
        let at = random.below(self.to.len().max(1));
        match random.below(14) {
            12 => self.exchange(at, random),
            13 => self.new_in_place_of(at, random, dialect),
            0 if self.to.len() < 6 => {
                let made = table(&format!("n{}", random.below(1_000)), &self.to, random, dialect);
                if self.to.iter().all(|table| table.name != made.name) {
                    self.to.push(made);
                }
            }
            1 if self.to.len() > 1 => {
                // What takes the old name of another is only new while the other exists.
                let old = self.renames.tables.iter().find(|(_, to)| *to == self.to[at].name).map(|(from, _)| from);
                if old.is_some_and(|old| self.to.iter().any(|table| table.name == *old)) {
                    return;
                }
                let gone = self.to.remove(at);
                for table in &mut self.to {
                    table.foreign_keys.retain(|key| key.references != gone.name);
                }
                self.renames.tables.retain(|(_, to)| *to != gone.name);
                self.renames.columns.retain(|(table, ..)| *table != gone.name);
            }
            2 => {
                let Some(old) = self.to.get(at).map(|table| table.name.clone()) else { return };
                self.rename_table(at, random);
                if random.one_in(2) {
                    self.name_constraints(at, &old);
                }
            }
            3 => self.rename_column(at, random),
            4 | 5 => {
                let Some(table) = self.to.get_mut(at) else { return };
                let mut added = column(&named(format!("a{}", random.below(1_000)), random), random, dialect);
                if random.one_in(2) {
                    added.nullable = true;
                }
                if table.column(&added.name).is_none() {
                    let place = random.below(table.columns.len() + 1);
                    table.columns.insert(place, added);
                }
            }
            6 => {
                let Some(table) = self.to.get_mut(at) else { return };
                let column = random.pick(&table.columns).name.clone();
                if table.columns.len() > 2 && !is_used(table, &column) {
                    table.columns.retain(|other| other.name != column);
                    let name = table.name.clone();
                    self.renames.columns.retain(|(of, _, to)| !(*of == name && *to == column));
                }
            }
            7 | 8 => self.alter(at, random),
            9 => {
                let Some(table) = self.to.get_mut(at) else { return };
                match random.below(4) {
                    0 => drop(table.indexes.pop()),
                    1 => drop(table.uniques.pop()),
                    2 => drop(table.foreign_keys.pop()),
                    _ => drop(table.checks.pop()),
                }
            }
            10 => {
                let Some(table) = self.to.get_mut(at) else { return };
                let name = random.pick(&table.columns).name.clone();
                // JSON has no order that all versions of PostgreSQL 15 share, and a long text cannot be a key.
                if table.indexes.iter().all(|index| index.columns != [name.as_str()]) {
                    table.add_index(&[&name]);
                }
            }
            _ => {
                let Some(table) = self.to.get_mut(at) else { return };
                table.comment = random.one_in(3).then(|| format!("What it is: {}'s", random.below(9)));
                let place = random.below(table.columns.len());
                table.columns[place].comment = random.one_in(2).then(|| "A \"comment\"".to_owned());
            }
        }
    }

    /// Swaps the names of two columns that nothing else uses.
    fn exchange(&mut self, at: usize, random: &mut Random) {
        if self.is_new(at) {
            return;
        }
        let Some(table) = self.to.get_mut(at) else { return };
        let old_table =
            self.renames.tables.iter().find(|(_, to)| *to == table.name).map_or(&table.name, |(from, _)| from);
        let Some(before) = self.from.iter().find(|from| from.name == *old_table) else { return };
        let is_free = |column: &&Column| {
            before.column(&column.name).is_some()
                && self.renames.columns.iter().all(|(of, _, to)| *of != table.name || *to != column.name)
                && !is_used(table, &column.name)
                && column.name != "id"
        };
        let free: Vec<String> = table.columns.iter().filter(is_free).map(|column| column.name.clone()).collect();
        if free.len() < 2 || self.renames.columns.iter().any(|(of, ..)| *of == table.name) {
            return;
        }
        let first = random.below(free.len() - 1);
        let (one, other) = (&free[first], &free[first + 1]);
        for column in &mut table.columns {
            let name = if column.name == *one {
                other
            } else if column.name == *other {
                one
            } else {
                continue;
            };
            column.name.clone_from(name);
        }
        for (of, name) in self.anew.iter_mut().filter(|(of, _)| *of == table.name) {
            let _ = of;
            let renamed = if name == one {
                other.clone()
            } else if name == other {
                one.clone()
            } else {
                continue;
            };
            *name = renamed;
        }
        let name = table.name.clone();
        self.renames.columns.push((name.clone(), one.clone(), other.clone()));
        self.renames.columns.push((name, other.clone(), one.clone()));
    }

    /// Renames a table and adds a new one with its old name.
    fn new_in_place_of(&mut self, at: usize, random: &mut Random, dialect: Dialect) {
        let Some(old) = self.to.get(at).map(|table| table.name.clone()) else { return };
        self.rename_table(at, random);
        if self.to[at].name != old {
            self.name_constraints(at, &old);
            self.to.push(table(&old, &[], random, dialect));
        }
    }

    /// Renames what is named after the table.
    fn name_constraints(&mut self, at: usize, old: &str) {
        let table = &mut self.to[at];
        let new = table.name.clone();
        let rename = |name: &mut String, columns: &[&str], ending: &str| {
            if *name == constraint_name(old, columns, ending) {
                *name = constraint_name(&new, columns, ending);
            }
        };
        for unique in &mut table.uniques {
            rename(&mut unique.name, &texts(&unique.columns), "key");
        }
        for index in &mut table.indexes {
            let columns = if index.special.is_some() { vec!["lower", "odd"] } else { texts(&index.columns) };
            rename(&mut index.name, &columns, "idx");
        }
        for key in &mut table.foreign_keys {
            rename(&mut key.name, &texts(&key.columns), "fkey");
        }
        for check in &mut table.checks {
            rename(&mut check.name, &["range"], "check");
        }
    }

    fn rename_table(&mut self, at: usize, random: &mut Random) {
        let Some(table) = self.to.get(at) else { return };
        let (old, new) = (table.name.clone(), named(format!("r{}", random.below(1_000)), random));
        let is_first = self.from.iter().any(|table| table.name == old)
            && self.renames.tables.iter().all(|(from, to)| *from != old && *to != old);
        if !is_first || self.to.iter().any(|table| table.name == new) {
            return;
        }
        for table in &mut self.to {
            for key in table.foreign_keys.iter_mut().filter(|key| key.references == old) {
                key.references.clone_from(&new);
            }
        }
        self.to[at].name.clone_from(&new);
        for (table, ..) in self.renames.columns.iter_mut().filter(|(table, ..)| *table == old) {
            table.clone_from(&new);
        }
        for (table, _) in self.anew.iter_mut().filter(|(table, _)| *table == old) {
            table.clone_from(&new);
        }
        self.renames.tables.push((old, new));
    }

    /// Returns whether a table differs from the one that had its name.
    fn is_new(&self, at: usize) -> bool {
        self.to.get(at).is_none_or(|table| self.renames.tables.iter().any(|(from, _)| *from == table.name))
    }

    fn rename_column(&mut self, at: usize, random: &mut Random) {
        if self.is_new(at) {
            return;
        }
        let Some(table) = self.to.get_mut(at) else { return };
        let column = random.pick(&table.columns).name.clone();
        let new = named(format!("r{}", random.below(1_000)), random);
        let old_table =
            self.renames.tables.iter().find(|(_, to)| *to == table.name).map_or(&table.name, |(from, _)| from);
        let was_there = self.from.iter().any(|from| from.name == *old_table && from.column(&column).is_some());
        let is_again = self.renames.columns.iter().any(|(of, _, to)| *of == table.name && *to == column);
        if !was_there || is_again || table.column(&new).is_some() || !table.checks.is_empty() || column == "odd" {
            return;
        }
        let set = |names: &mut Vec<String>| {
            names.iter_mut().filter(|name| **name == column).for_each(|name| name.clone_from(&new));
        };
        table.columns.iter_mut().filter(|other| other.name == column).for_each(|other| other.name.clone_from(&new));
        set(&mut table.primary_key);
        table.uniques.iter_mut().for_each(|unique| set(&mut unique.columns));
        table.indexes.iter_mut().for_each(|index| set(&mut index.columns));
        table.foreign_keys.iter_mut().for_each(|key| set(&mut key.columns));
        let name = table.name.clone();
        for other in &mut self.to {
            other
                .foreign_keys
                .iter_mut()
                .filter(|key| key.references == name)
                .for_each(|key| set(&mut key.referenced_columns));
        }
        self.anew
            .iter_mut()
            .filter(|(of, old)| *of == name && *old == column)
            .for_each(|(_, old)| old.clone_from(&new));
        self.renames.columns.push((name, column, new));
    }

    /// Changes the type, the default, a rule or the nullability of a column.
    fn alter(&mut self, at: usize, random: &mut Random) {
        let Some(table) = self.to.get_mut(at) else { return };
        let place = random.below(table.columns.len());
        let name = table.columns[place].name.clone();
        let is_key = is_used(table, &name);
        let column = &mut table.columns[place];
        match random.below(4) {
            // These columns have no nulls, so they can become required.
            0 if column.nullable => {
                let is_filled = name.starts_with(['c', 'a'])
                    && self.renames.columns.iter().all(|(of, _, to)| *of != table.name || *to != name);
                column.nullable = is_key || !is_filled;
            }
            0 => column.nullable = !is_key,
            1 => {
                let is_generated = matches!(column.default, Some(ColumnDefault::Identity));
                if !is_generated {
                    column.default = None;
                }
            }
            2 if !is_key => {
                column.default = None;
                column.rules = Default::default();
                column.kind = match &column.kind {
                    ColumnType::SmallInt => ColumnType::BigInt,
                    ColumnType::Integer => ColumnType::Decimal { precision: 14, scale: 3 },
                    ColumnType::BigInt => match random.below(3) {
                        0 => ColumnType::Text { max: None },
                        1 => ColumnType::Decimal { precision: 12, scale: 6 },
                        _ => ColumnType::SmallInt,
                    },
                    // Existing values fit all of these.
                    ColumnType::Decimal { precision, scale } => match random.below(4) {
                        0 if *scale == 0 => ColumnType::Integer,
                        0 => ColumnType::Text { max: Some(50) },
                        1 if *scale > 2 => ColumnType::Decimal { precision: 9, scale: 2 },
                        _ => ColumnType::Decimal { precision: precision + 5, scale: scale + 2 },
                    },
                    ColumnType::Text { max: Some(max) } => match random.below(2) {
                        0 => ColumnType::Text { max: Some(20) },
                        _ => ColumnType::Text { max: Some(max + 7) },
                    },
                    ColumnType::Text { max: None } => ColumnType::Text { max: Some(25) },
                    ColumnType::Uuid => ColumnType::Text { max: Some(40) },
                    ColumnType::Timestamp => ColumnType::Text { max: Some(32) },
                    ColumnType::Json => ColumnType::Text { max: None },
                    ColumnType::Enum(labels) => {
                        let mut labels = EnumType::clone(labels);
                        let code = i64::try_from(labels.labels.len()).unwrap();
                        labels.labels.push(EnumLabel::new(format!("l{code}'s"), code));
                        ColumnType::Enum(labels.into())
                    }
                    ColumnType::Boolean => {
                        self.anew.push((table.name.clone(), name));
                        ColumnType::Timestamp
                    }
                    other => other.clone(),
                };
            }
            _ => {
                if column.kind.integer_range().is_some() && !is_key {
                    column.rules.min = Some(Bound::inclusive(-1_000));
                }
            }
        }
    }
}

/// Gives one name in five the maximum length, so that derived names are truncated.
fn named(short: String, random: &mut Random) -> String {
    if !random.one_in(5) {
        return short;
    }
    let tail = random.pick(&["_of_all_that_was_agreed_between_two_members", "_Größe \"in\" Größen, it's öäüßöäüßöäüß"]);
    let mut name = format!("{short}{tail}_and_of_what_was_not");
    while name.len() > MOST_NAME_BYTES {
        name.pop();
    }
    name
}

fn texts(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

/// Returns whether a key, index, check or foreign key uses the column.
fn is_used(table: &Table, column: &str) -> bool {
    let has = |names: &[String]| names.iter().any(|name| name == column);
    has(&table.primary_key)
        || table.uniques.iter().any(|unique| has(&unique.columns))
        || table.indexes.iter().any(|index| has(&index.columns))
        || table.foreign_keys.iter().any(|key| has(&key.columns))
        || table.checks.iter().any(|check| check.expression.contains(column))
        || (column == "odd" && table.indexes.iter().any(|index| index.special.is_some()))
}

fn table(name: &str, others: &[Table], random: &mut Random, dialect: Dialect) -> Table {
    let mut table = Table::new(name);
    match random.below(4) {
        0 => {
            for key in ["k1", "k2"] {
                table.columns.push(Column::new(key, ColumnType::BigInt));
            }
            table.primary_key = vec!["k2".into(), "k1".into()];
        }
        1 => {
            table.columns.push(Column::new("code", ColumnType::Text { max: Some(30) }));
            table.primary_key = vec!["code".into()];
        }
        2 => {
            // A key that the database does not number.
            table.columns.push(Column::new("no", ColumnType::BigInt));
            table.primary_key = vec!["no".into()];
        }
        _ => {
            table.columns.push(Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity));
            table.primary_key = vec!["id".into()];
        }
    }
    for number in 0..1 + random.below(6) {
        let name = if number == 0 { "c0".to_owned() } else { named(format!("c{number}"), random) };
        table.columns.push(column(&name, random, dialect));
    }
    let parents: Vec<&Table> = others.iter().filter(|other| other.primary_key == ["id"]).collect();
    if !parents.is_empty() && random.one_in(2) {
        let parent = random.pick(&parents);
        table.columns.push(Column::new("parent", ColumnType::BigInt).nullable());
        let action = *random.pick(&[
            ReferentialAction::NoAction,
            ReferentialAction::Cascade,
            ReferentialAction::SetNull,
            ReferentialAction::Restrict,
        ]);
        table.add_foreign_key(&["parent"], &parent.name, &["id"], action);
    }
    if random.one_in(3) {
        table.columns.push(Column::new("twin 2", ColumnType::Integer).nullable());
        table.add_unique(&["twin 2"]);
    }
    if random.one_in(3) {
        table.add_index(&["c0"]);
    }
    if random.one_in(4) {
        table.columns.push(Column::new("odd", ColumnType::Text { max: Some(60) }).nullable());
        let special = ExpressionIndex {
            unique: random.one_in(2),
            keys: "lower(odd), \"odd\" DESC".into(),
            condition: random.one_in(2).then(|| "odd <> 'it''s (' AND length(odd) < 50".into()),
        };
        table.indexes.push(Index {
            special: Some(special),
            ..Index::on_columns(constraint_name(name, &["lower", "odd"], "idx"), Vec::new())
        });
    }
    if random.one_in(4) {
        table.columns.push(Column::new("low", ColumnType::Integer).nullable());
        table.columns.push(Column::new("high", ColumnType::Integer).nullable());
        table.checks.push(Check {
            name: constraint_name(name, &["range"], "check"),
            expression: "low <= high OR low = -1".into(),
        });
    }
    if random.one_in(2) {
        table.comment = Some("Made by chance.\n\nIt's a table.".into());
    }
    table
}

fn column(name: &str, random: &mut Random, dialect: Dialect) -> Column {
    let labels = ["OPEN", "it's shut", "half \"open\""];
    let label = |(code, name): (i64, &&str)| EnumLabel::new(*name, code);
    let labels = EnumType { name: name.into(), labels: (0..).zip(&labels[..1 + random.below(3)]).map(label).collect() };
    let kinds = [
        ColumnType::SmallInt,
        ColumnType::Integer,
        ColumnType::BigInt,
        ColumnType::Boolean,
        ColumnType::Decimal { precision: 10, scale: 2 },
        ColumnType::Decimal { precision: 38, scale: 18 },
        ColumnType::Decimal { precision: 6, scale: 0 },
        ColumnType::Text { max: None },
        ColumnType::Text { max: Some(40) },
        ColumnType::Timestamp,
        ColumnType::Uuid,
        ColumnType::Json,
        ColumnType::Bytes { max: None },
        ColumnType::Bytes { max: Some(64) },
        ColumnType::Enum(labels.into()),
    ];
    let mut column = Column::new(name, random.pick(&kinds).clone());
    column.nullable = random.one_in(2);
    if random.one_in(3) {
        column.default = Some(match &column.kind {
            ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => ColumnDefault::Constant((-7).into()),
            ColumnType::Boolean => ColumnDefault::Constant(true.into()),
            ColumnType::Decimal { .. } => ColumnDefault::Constant(Value::Decimal(12.into())),
            ColumnType::Text { .. } => ColumnDefault::Constant("it's; --".into()),
            ColumnType::Timestamp => ColumnDefault::AppGenerated(ValueGenerator::Now),
            ColumnType::Uuid => ColumnDefault::AppGenerated(ValueGenerator::UuidV7),
            ColumnType::Json => ColumnDefault::Constant(Value::Json("{\"a\":[1,null]}".into())),
            ColumnType::Bytes { .. } => ColumnDefault::Constant(Value::Bytes(vec![0, 39, 255])),
            ColumnType::Enum(labels) => ColumnDefault::Constant(labels.labels[0].name.clone().into()),
            ColumnType::Native(_) => unreachable!("none is picked"),
        });
    }
    match &column.kind {
        ColumnType::Integer if random.one_in(2) => {
            column.rules.min = Some(Bound::inclusive(-40_000));
            column.rules.max = Some(Bound::exclusive(70_000));
        }
        ColumnType::Decimal { precision: 10, .. } if random.one_in(2) => {
            column.rules.min = Some(Bound::exclusive("-99999.5".parse::<Decimal>().unwrap()));
        }
        ColumnType::Text { max: Some(_) } if random.one_in(2) => column.rules.min_length = Some(2),
        _ => {}
    }
    if dialect == Dialect::Postgres && random.one_in(4) {
        column.comment = Some("It's commented.".into());
    }
    column
}

/// Returns a value that fits a column but not its new version.
fn misfit(from: &Column, to: &Column) -> Option<Value> {
    if from.nullable && !to.nullable && to.default.is_none() {
        return Some(Value::Null);
    }
    if from.rules.min.is_some() || from.rules.max.is_some() || from.rules.min_length.is_some() {
        return None;
    }
    Some(match (&from.kind, &to.kind) {
        (ColumnType::BigInt, ColumnType::SmallInt) => 32_768.into(),
        (ColumnType::BigInt, ColumnType::Decimal { precision: 12, scale: 6 }) => (-1_000_000).into(),
        (ColumnType::Decimal { scale: 3.., .. }, ColumnType::Decimal { scale: 2, .. }) => {
            Value::Decimal("0.001".parse().unwrap())
        }
        (ColumnType::Text { max }, ColumnType::Text { max: Some(most) }) if max.is_none_or(|max| max > *most) => {
            "ö".repeat(*most as usize + 1).into()
        }
        // A minimum that is new.
        (ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt, same)
            if *same == from.kind && to.rules.min.is_some() =>
        {
            (-1_001).into()
        }
        _ => return None,
    })
}

/// Fills tables with rows, referenced ones first.
pub(crate) async fn fill(db: &TestDb, tables: &[Table], random: &mut Random) {
    for table in tables {
        let count = random.below(6);
        let rows: Vec<Record> = (0..count).map(|number| row(table, number, random)).collect();
        for row in rows {
            if let Err(error) = crud::create(&db.engine, table, row.clone()).await {
                panic!("{error:?}: {row:?} of {table:?}");
            }
        }
    }
}

pub(crate) fn row(table: &Table, number: usize, random: &mut Random) -> Record {
    let mut row = Record::new();
    let number = i64::try_from(number).unwrap();
    for column in &table.columns {
        let is_reference = table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
        let is_numbered = column.default == Some(ColumnDefault::Identity);
        if is_numbered || is_reference || matches!(column.name.as_str(), "low" | "high") {
            continue;
        }
        let sign = if random.one_in(2) { -1 } else { 1 };
        let value: Value = match &column.kind {
            ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => (sign * (number * 11 + 1)).into(),
            ColumnType::Boolean => random.one_in(2).into(),
            ColumnType::Decimal { scale: 0, .. } => Value::Decimal((sign * (number * 900 + 5)).into()),
            ColumnType::Decimal { .. } => Value::Decimal(
                format!("{}{}.{}5", if sign < 0 { "-" } else { "" }, number * 317, number % 10).parse().unwrap(),
            ),
            ColumnType::Text { .. } => format!("row {number}: ö'\"").into(),
            ColumnType::Timestamp => Value::Timestamp(Timestamp::from_micros(1_700_000_000_000_001 + number).unwrap()),
            ColumnType::Uuid => Value::Uuid(format!("00000000-0000-0000-0000-{number:012}").parse().unwrap()),
            ColumnType::Json => Value::Json(format!("{{\"n\":{number}}}")),
            ColumnType::Bytes { .. } => Value::Bytes(vec![0, u8::try_from(number).unwrap(), 255]),
            ColumnType::Enum(labels) => random.pick(&labels.labels).name.clone().into(),
            ColumnType::Native(_) => unreachable!("none is made"),
        };
        row.set(&column.name, value);
    }
    row
}
