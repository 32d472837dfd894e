//! Random tables with foreign keys of every kind, their rows, and the ways between them.

use mwallet_db::schema::{Column, Record, ReferentialAction, Table};

use super::values::{Cell, Kind, Random};

pub(super) type Row = Vec<Cell>;

/// Positions of columns that must be equal in two tables.
pub(super) type Pairs = Vec<(usize, usize)>;

/// Tables, rows and the ways between them.
pub(super) struct Database {
    pub(super) tables: Vec<Source>,
    pub(super) relations: Vec<Relation>,
}

/// A table and its rows.
pub(super) struct Source {
    pub(super) table: Table,
    pub(super) kinds: Vec<Kind>,
    /// The positions of the primary key's columns.
    pub(super) key: Vec<usize>,
    /// The position of a unique column that is not the primary key.
    code: Option<usize>,
    references: Vec<Reference>,
    pub(super) rows: Vec<Row>,
    pub(super) is_junction: bool,
}

/// A foreign key.
struct Reference {
    constraint: String,
    target: usize,
    /// The columns of the table and of the target.
    pairs: Pairs,
    is_unique: bool,
    is_nullable: bool,
}

/// A way from the rows of one table to those of another.
pub(super) struct Relation {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) is_many: bool,
    /// The equal columns of both tables, or of the first and the junction.
    pub(super) pairs: Pairs,
    /// The junction, and the equal columns of it and of the second table.
    pub(super) junction: Option<(usize, Pairs)>,
    /// What a request may call it: a target and a hint. None of them means another relation of the table too.
    pub(super) names: Vec<(String, Option<String>)>,
}

const TABLES: [&str; 6] = ["films", "Größen", "odd table", "it's \"x\"", "roles", "Order"];
const COLUMNS: [&str; 8] = ["label", "größe", "say \"hi\"", "order", "a.b", "total", "is on", "limit"];
const MAX_ROWS: usize = 9;

impl Database {
    pub(super) fn generate(seed: u64, random: &mut Random) -> Self {
        let count = 3 + random.below(3);
        let names = random.shuffled(TABLES.to_vec());
        let mut database = Self { tables: Vec::new(), relations: Vec::new() };
        for (number, name) in names.into_iter().take(count).enumerate() {
            // A name of its own, so that nothing prepared for earlier tables is used.
            let name = format!("{name}_{seed}");
            let is_junction = number > 1 && (random.one_in(3) || number + 1 == count);
            let source = match is_junction {
                true => database.junction(name, random),
                false => database.plain(name, random),
            };
            database.tables.push(source);
            database.fill(number, random);
        }
        database.relate();
        database
    }

    fn plain(&self, name: String, random: &mut Random) -> Source {
        let mut source = Source::new(name, false);
        source.key = match random.below(4) {
            0 => vec![source.add("id", Kind::Integer, false), source.add("part", Kind::Text, false)],
            1 => vec![source.add("id", Kind::Text, false)],
            _ => vec![source.add("id", Kind::BigInt, false)],
        };
        if random.one_in(3) {
            source.code = Some(source.add("code", Kind::Text, false));
            source.table.add_unique(&["code"]);
        }
        source.add_data(1 + random.below(4), random);
        let own = self.tables.len();
        for _ in 0..if own == 0 { 0 } else { 1 + random.below(2) } {
            self.reference(&mut source, random.below(own), random);
        }
        if source.key.len() == 1 && random.one_in(2) {
            self.reference(&mut source, own, random);
        }
        source.table.primary_key = source.names(&source.key);
        source
    }

    /// A table whose primary key is two foreign keys.
    fn junction(&self, name: String, random: &mut Random) -> Source {
        let mut source = Source::new(name, true);
        let targets: Vec<usize> = (0..self.tables.len()).filter(|at| !self.tables[*at].is_junction).collect();
        for _ in 0..2 {
            let target = *random.pick(&targets);
            let pairs = self.add_columns(&mut source, target, &self.tables[target].key, false);
            source.key.extend(pairs.iter().map(|(own, _)| *own));
            source.add_key(
                Reference { constraint: String::new(), target, pairs, is_unique: false, is_nullable: false },
                self,
            );
        }
        source.add_data(random.below(3), random);
        source.table.primary_key = source.names(&source.key);
        source
    }

    /// Adds a foreign key to a table, or to itself.
    fn reference(&self, source: &mut Source, target: usize, random: &mut Random) {
        let is_self = target == self.tables.len();
        let other = self.tables.get(target).unwrap_or(&*source);
        let referenced = match other.code {
            Some(code) if random.one_in(2) => vec![code],
            _ => other.key.clone(),
        };
        // The first row of a table would have nothing to refer to but itself.
        let is_nullable = is_self || !random.one_in(3);
        let pairs = self.add_columns(source, target, &referenced, is_nullable);
        let is_unique = random.one_in(3);
        if is_unique {
            let names = source.names(&pairs.iter().map(|(own, _)| *own).collect::<Vec<_>>());
            source.table.add_unique(&names.iter().map(String::as_str).collect::<Vec<_>>());
        }
        source.add_key(Reference { constraint: String::new(), target, pairs, is_unique, is_nullable }, self);
    }

    /// Adds columns for a foreign key. No other foreign key of the database has columns of these names.
    fn add_columns(&self, source: &mut Source, target: usize, referenced: &[usize], is_nullable: bool) -> Pairs {
        let (own, number) = (self.tables.len(), source.references.len());
        let add = |position: &usize| {
            let other = self.tables.get(target).unwrap_or(&*source);
            let (kind, name) = (other.kinds[*position], other.table.columns[*position].name.clone());
            let name = format!("{}{own}{number}_{name}", if number == 0 { "ref" } else { "Bezug " });
            (source.add(&name, kind, is_nullable), *position)
        };
        referenced.iter().map(add).collect()
    }

    /// Fills the last table with rows.
    fn fill(&mut self, number: usize, random: &mut Random) {
        let count = if random.one_in(20) { 0 } else { 3 + random.below(MAX_ROWS - 2) };
        let mut rows: Vec<Row> = Vec::new();
        for _ in 0..4 * count {
            rows.extend(self.row(number, &rows, random).filter(|_| rows.len() < count));
        }
        let source = &self.tables[number];
        for reference in source.references.iter().filter(|reference| reference.target == number) {
            for at in 0..rows.len() {
                // SQLite checks the key of each row before the next is inserted, so only itself or an earlier row.
                let target = rows[random.below(at + 1)].clone();
                if !random.one_in(4) {
                    reference.set(&target, at, &mut rows);
                }
            }
        }
        self.tables[number].rows = rows;
    }

    /// A row that keeps all keys; nothing if the attempt does not.
    fn row(&self, number: usize, earlier: &[Row], random: &mut Random) -> Option<Row> {
        let source = &self.tables[number];
        let mut row: Row = Vec::new();
        for (position, (kind, column)) in source.kinds.iter().zip(&source.table.columns).enumerate() {
            row.push(match () {
                () if source.key.contains(&position) => kind.key(random),
                () if column.nullable && random.one_in(3) => Cell::Null,
                () => random.pick(&kind.values()).clone(),
            });
        }
        for reference in &source.references {
            reference.columns().for_each(|own| row[own] = Cell::Null);
            if reference.target == number || (reference.is_nullable && random.one_in(4)) {
                continue;
            }
            let targets = &self.tables[reference.target].rows;
            let target = if targets.is_empty() { None } else { Some(random.pick(targets)) };
            match target {
                Some(target) if !reference.is_taken(target, earlier) => reference.copy(target, &mut row),
                _ if reference.is_nullable => {}
                _ => return None,
            }
            // A key of which a part is null refers to nothing.
            if reference.is_nullable && reference.pairs.len() > 1 && random.one_in(5) {
                row[reference.pairs[random.below(2)].0] = Cell::Null;
            }
        }
        let is_new = |columns: &[usize]| !earlier.iter().any(|other| columns.iter().all(|at| other[*at] == row[*at]));
        let is_valid = is_new(&source.key) && source.code.is_none_or(|code| is_new(&[code]));
        is_valid.then_some(row)
    }

    /// Finds the ways between the tables.
    fn relate(&mut self) {
        let mut relations = Vec::new();
        for (number, source) in self.tables.iter().enumerate() {
            for reference in &source.references {
                relations.extend(reference.both_ways(number, source, self));
            }
            if let ([one, other], true) = (&source.references[..], source.is_junction) {
                for (near, far) in [(one, other), (other, one)] {
                    relations.push(self.through(number, near, far));
                }
            }
        }
        // The name of a table is enough where it means one relation.
        let counts: Vec<usize> =
            relations.iter().map(|one| relations.iter().filter(|all| all.is_beside(one)).count()).collect();
        for (relation, count) in relations.iter_mut().zip(counts) {
            if count == 1 && (relation.from != relation.to || relation.is_back_to_itself()) {
                relation.names.push((self.tables[relation.to].table.name.clone(), None));
            }
        }
        self.relations = relations;
    }

    fn through(&self, junction: usize, near: &Reference, far: &Reference) -> Relation {
        // From a table to itself, the ends of the junction differ only by their foreign keys.
        let hint = match near.target == far.target {
            true => near.constraint.clone(),
            false => self.tables[junction].table.name.clone(),
        };
        Relation {
            from: near.target,
            to: far.target,
            is_many: true,
            pairs: near.pairs.iter().map(|(own, other)| (*other, *own)).collect(),
            junction: Some((junction, far.pairs.clone())),
            names: vec![(self.tables[far.target].table.name.clone(), Some(hint))],
        }
    }
}

impl Source {
    fn new(name: String, is_junction: bool) -> Self {
        let table = Table::new(name);
        Self { table, is_junction, kinds: vec![], key: vec![], code: None, references: vec![], rows: vec![] }
    }

    fn add(&mut self, name: &str, kind: Kind, is_nullable: bool) -> usize {
        let column = Column::new(name, kind.column_type());
        self.table.columns.push(if is_nullable { column.nullable() } else { column });
        self.kinds.push(kind);
        self.kinds.len() - 1
    }

    fn add_data(&mut self, count: usize, random: &mut Random) {
        for name in random.shuffled(COLUMNS.to_vec()).into_iter().take(count) {
            self.add(name, *random.pick(&Kind::ALL), !random.one_in(3));
        }
    }

    fn names(&self, positions: &[usize]) -> Vec<String> {
        positions.iter().map(|position| self.table.columns[*position].name.clone()).collect()
    }

    fn add_key(&mut self, mut reference: Reference, database: &Database) {
        let other = database.tables.get(reference.target).unwrap_or(self);
        let (own, referenced): (Vec<usize>, Vec<usize>) = reference.pairs.iter().copied().unzip();
        let (own, referenced, name) = (self.names(&own), other.names(&referenced), other.table.name.clone());
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let referenced: Vec<&str> = referenced.iter().map(String::as_str).collect();
        self.table.add_foreign_key(&own, &name, &referenced, ReferentialAction::NoAction);
        reference.constraint = self.table.foreign_keys.last().unwrap().name.clone();
        self.references.push(reference);
    }

    /// The rows as they are inserted.
    pub(super) fn records(&self) -> Vec<Record> {
        let record = |row: &Row| {
            let names = self.table.columns.iter().map(|column| column.name.clone());
            names.zip(row.iter().map(Cell::stored)).collect()
        };
        self.rows.iter().map(record).collect()
    }
}

impl Reference {
    fn columns(&self) -> impl Iterator<Item = usize> {
        self.pairs.iter().map(|(own, _)| *own)
    }

    fn copy(&self, target: &Row, row: &mut Row) {
        self.pairs.iter().for_each(|(own, other)| row[*own] = target[*other].clone());
    }

    /// Returns whether another row may not refer to a target.
    fn is_taken(&self, target: &Row, rows: &[Row]) -> bool {
        let refers = |row: &Row| self.pairs.iter().all(|(own, other)| row[*own] == target[*other]);
        self.is_unique && rows.iter().any(refers)
    }

    /// Lets a row refer to a target, if it may.
    fn set(&self, target: &Row, at: usize, rows: &mut [Row]) {
        if !self.is_taken(target, rows) {
            self.copy(target, &mut rows[at]);
        }
    }

    fn both_ways(&self, own: usize, source: &Source, database: &Database) -> [Relation; 2] {
        let target = &database.tables[self.target].table.name;
        let column = match self.pairs.as_slice() {
            [(column, _)] => Some(source.table.columns[*column].name.clone()),
            _ => None,
        };
        let (mut there, mut back) = (Vec::new(), Vec::new());
        there.extend(column.clone().map(|column| (column, None)));
        back.extend(column.clone().map(|column| (source.table.name.clone(), Some(column))));
        // Of a table with itself, a constraint would mean both ways, or the other.
        let is_self = self.target == own;
        if !is_self {
            there.extend(column.map(|column| (target.clone(), Some(column))));
            there.push((target.clone(), Some(self.constraint.clone())));
            there.push((self.constraint.clone(), None));
            back.push((self.constraint.clone(), None));
        }
        if !(is_self && self.is_unique) {
            back.push((source.table.name.clone(), Some(self.constraint.clone())));
        }
        let pairs = self.pairs.clone();
        let reversed = pairs.iter().map(|(own, other)| (*other, *own)).collect();
        let there = Relation { from: own, to: self.target, is_many: false, pairs, junction: None, names: there };
        let is_many = !self.is_unique;
        [there, Relation { from: self.target, to: own, is_many, pairs: reversed, junction: None, names: back }]
    }
}

impl Relation {
    /// Whether it goes from a row to the rows of the same table that refer to it.
    fn is_back_to_itself(&self) -> bool {
        self.from == self.to && self.is_many && self.junction.is_none()
    }

    /// Whether the name of the table could mean it as well as another.
    fn is_beside(&self, other: &Self) -> bool {
        let is_possible = self.from != self.to || self.is_back_to_itself();
        is_possible && (self.from, self.to) == (other.from, other.to)
    }
}
