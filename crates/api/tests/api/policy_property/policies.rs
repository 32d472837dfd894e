//! Random policies: what they grant, and the file that says so.

use std::fmt::Write as _;

use super::callers::NAMES;
use super::database::{Cell, Kind, SOURCES};
use super::filters::{Comparison, Filter, Operand, Test};
use crate::related_property::Random;

/// Roles with those that they include. Others follow from the random policy.
const ROLES: [&str; 4] = ["anon", "member", "lead", "extra"];

/// A permission to read. `None` is all rows.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) rows: Option<Filter>,
    pub(super) columns: Vec<usize>,
    pub(super) limit: Option<usize>,
    pub(super) aggregates: bool,
}

/// A permission to write.
#[derive(Clone, Debug, Default)]
pub(super) struct Write {
    pub(super) rows: Option<Filter>,
    pub(super) columns: Vec<usize>,
    pub(super) set: Vec<(usize, Operand)>,
    pub(super) check: Option<Filter>,
    pub(super) refs: Vec<(usize, Option<Filter>)>,
}

/// What a role may do with a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Granted {
    pub(super) reads: Vec<Read>,
    pub(super) creates: Vec<Write>,
    pub(super) updates: Vec<Write>,
    pub(super) deletes: Vec<Write>,
}

/// A permissions file.
pub(super) struct Policy {
    /// The roles that each of [`ROLES`] has, itself among them.
    holds: Vec<Vec<usize>>,
    /// Filters by name, and the table that each is about.
    defined: Vec<(String, usize, Filter)>,
    /// By table, then by role.
    granted: Vec<Vec<Granted>>,
    /// Whether its filters ask for rows of other tables.
    asks_for_rows: bool,
}

impl Policy {
    pub(super) fn generate(asks_for_rows: bool, random: &mut Random) -> Self {
        let mut holds: Vec<Vec<usize>> = vec![vec![0]];
        for role in 1..ROLES.len() {
            let mut held = vec![role];
            // `extra` is held beside another.
            let included = match role {
                3 => None,
                _ => (!random.one_in(5)).then(|| random.below(role)),
            };
            held.extend(included.into_iter().flat_map(|included| holds[included].clone()));
            holds.push(held);
        }
        let mut policy = Self { holds, defined: Vec::new(), granted: Vec::new(), asks_for_rows };
        for (table, _) in SOURCES.iter().enumerate() {
            if random.one_in(2) {
                let filter = policy.filter(table, 2, random);
                policy.defined.push((format!("defined_{table}"), table, filter));
            }
        }
        for (table, _) in SOURCES.iter().enumerate() {
            let reads = |role: usize, policy: &Self, random: &mut Random| {
                let is_granted = match role {
                    0 => random.one_in(2),
                    _ => !random.one_in(4),
                };
                let count = if is_granted { 1 + random.below(3) } else { 0 };
                (0..count).map(|_| policy.read(table, random)).collect()
            };
            let of_role = |role| Granted { reads: reads(role, &policy, random), ..Granted::default() };
            let granted = (0..ROLES.len()).map(of_role).collect();
            policy.granted.push(granted);
        }
        // What may be pointed at without being told which depends on what can be read.
        for table in 0..SOURCES.len() {
            for role in 0..ROLES.len() {
                let some = |policy: &Self, random: &mut Random, has_rows: bool| -> Vec<Write> {
                    let is_granted = if role == 0 { random.one_in(6) } else { !random.one_in(3) };
                    let count = if is_granted { 1 + random.below(2) } else { 0 };
                    (0..count).map(|_| policy.write(table, role, has_rows, random)).collect()
                };
                let creates = some(&policy, random, false);
                let updates = some(&policy, random, true);
                let deletes = some(&policy, random, true);
                let granted = &mut policy.granted[table][role];
                granted.creates = creates;
                granted.updates = updates;
                granted.deletes =
                    deletes.into_iter().map(|Write { rows, .. }| Write { rows, ..Write::default() }).collect();
            }
        }
        policy
    }

    /// What the holder of some roles is granted of a table.
    pub(super) fn granted(&self, roles: &[&str], table: usize) -> Granted {
        let held = self.held(roles);
        let mut all = Granted::default();
        // In the order of the file: writes go by the first grant that fits.
        for role in (0..ROLES.len()).filter(|role| held.contains(role)) {
            let granted = self.granted[table][role].clone();
            all.reads.extend(granted.reads);
            all.creates.extend(granted.creates);
            all.updates.extend(granted.updates);
            all.deletes.extend(granted.deletes);
        }
        all
    }

    fn held(&self, roles: &[&str]) -> Vec<usize> {
        let named = (0..ROLES.len()).filter(|role| roles.contains(&ROLES[*role]));
        named.flat_map(|role| self.holds[role].clone()).collect()
    }

    fn reads(&self, role: usize, table: usize) -> bool {
        self.holds[role].iter().any(|held| !self.granted[table][*held].reads.is_empty())
    }

    fn rows(&self, table: usize, random: &mut Random) -> Option<Filter> {
        (!random.one_in(4)).then(|| self.filter(table, 2, random))
    }

    fn read(&self, table: usize, random: &mut Random) -> Read {
        let mut columns = some_columns(table, 3, random);
        if columns.is_empty() {
            columns.push(0);
        }
        let limit = random.one_in(5).then(|| 1 + random.below(4));
        Read { rows: self.rows(table, random), columns, limit, aggregates: random.one_in(2) }
    }

    fn write(&self, table: usize, role: usize, has_rows: bool, random: &mut Random) -> Write {
        let source = &SOURCES[table];
        let mut write = Write { columns: some_columns(table, 5, random), ..Write::default() };
        if has_rows {
            write.rows = self.rows(table, random);
        }
        for column in source.all() {
            if !random.one_in(8) || (has_rows && source.key.contains(&column)) {
                continue;
            }
            // A column that is both given and set is rare: it can be given only as it is set.
            if !random.one_in(3) {
                write.columns.retain(|given| *given != column);
            }
            write.set.push((column, set_operand(table, column, random)));
        }
        if random.one_in(5) {
            write.check = Some(self.filter(table, 1, random));
        }
        for reference in source.references {
            let is_given =
                write.columns.contains(&reference.column) && write.set.iter().all(|(set, _)| *set != reference.column);
            let is_needed = is_given && !self.reads(role, reference.target);
            if is_needed || (self.asks_for_rows && random.one_in(4)) {
                write.refs.push((reference.column, self.rows(reference.target, random)));
            }
        }
        write
    }

    fn filter(&self, table: usize, depth: usize, random: &mut Random) -> Filter {
        let all = |random: &mut Random| (0..2).map(|_| self.filter(table, depth - 1, random)).collect();
        let known = self.defined.iter().find(|(_, about, _)| *about == table);
        match random.below(12) {
            0 | 1 if depth > 0 => Filter::And(all(random)),
            2 | 3 if depth > 0 => Filter::Or(all(random)),
            4 if depth > 0 => Filter::Not(Box::new(self.filter(table, depth - 1, random))),
            5 | 6 if depth > 0 && self.asks_for_rows => self.exists(table, random),
            7 if known.is_some() => {
                let (name, _, filter) = known.unwrap();
                Filter::Defined(name.clone(), Box::new(filter.clone()))
            }
            _ => any_comparison(table, random),
        }
    }

    fn exists(&self, table: usize, random: &mut Random) -> Filter {
        // The ways between tables by their foreign keys: the other table, its column, and the column of this one.
        let mut ways = Vec::new();
        for (other, source) in SOURCES.iter().enumerate() {
            ways.extend(source.references.iter().filter(|one| one.target == table).map(|one| (other, one.column, 0)));
        }
        ways.extend(SOURCES[table].references.iter().map(|one| (one.target, 0, one.column)));
        let (other, theirs, own) = *random.pick(&ways);
        let mut pairs = vec![(theirs, own)];
        // A second pair, of any columns with values of the same type.
        if random.one_in(5) {
            let is_text = |(table, column): (usize, usize)| SOURCES[table].fields[column].kind == Kind::Text;
            let own = SOURCES[table].all().find(|column| is_text((table, *column)));
            let theirs = SOURCES[other].all().filter(|column| is_text((other, *column))).last();
            pairs.extend(theirs.zip(own));
        }
        let rest = match random.below(3) {
            0 => Vec::new(),
            1 => vec![any_comparison(other, random)],
            _ => vec![Filter::Not(Box::new(any_comparison(other, random)))],
        };
        Filter::Exists { table: other, pairs, rest }
    }

    /// The text of the file, or only what it says of the holders of some roles.
    pub(super) fn text(&self, roles: Option<&[&str]>) -> String {
        let held = roles.map(|roles| self.held(roles));
        let is_meant = |role: usize| held.as_ref().is_none_or(|held| held.contains(&role));
        let mut text = String::from("roles:\n");
        for (role, name) in ROLES.iter().enumerate() {
            let included: Vec<&str> = self.holds[role].iter().skip(1).take(1).map(|held| ROLES[*held]).collect();
            let _ = writeln!(text, "  {name}: {{ includes: [{}] }}", included.join(", "));
        }
        text += "  service_role: { bypass: true }\n";
        if !self.defined.is_empty() {
            text += "define:\n";
        }
        for (name, table, filter) in &self.defined {
            let _ = writeln!(text, "  {name}: \"{}\"", filter.text(*table));
        }
        text += "tables:\n";
        for (table, by_role) in self.granted.iter().enumerate() {
            let _ = writeln!(text, "  {}:", SOURCES[table].name);
            for (role, granted) in by_role.iter().enumerate().filter(|(role, _)| is_meant(*role)) {
                let name = ROLES[role];
                let _ = writeln!(text, "    {name}:\n      read:{}", list(&granted.reads, |read| read.text(table)));
                for (action, grants) in
                    [("create", &granted.creates), ("update", &granted.updates), ("delete", &granted.deletes)]
                {
                    let _ = writeln!(text, "      {action}:{}", list(grants, |write| write.text(table, action)));
                }
            }
        }
        text
    }
}

/// Most of the columns of a table.
fn some_columns(table: usize, left_out: usize, random: &mut Random) -> Vec<usize> {
    let is_all = random.one_in(4);
    SOURCES[table].all().filter(|column| is_all || !random.one_in(if *column == 0 { 6 } else { left_out })).collect()
}

/// What a column can be set to.
fn set_operand(table: usize, column: usize, random: &mut Random) -> Operand {
    let source = &SOURCES[table];
    let names: Vec<&str> =
        NAMES.iter().filter(|(_, kinds)| kinds.contains(&source.fields[column].kind)).map(|(name, _)| *name).collect();
    match names.is_empty() || random.one_in(2) {
        true => Operand::Value(source.value(column, random)),
        false => Operand::Caller(random.pick::<&str>(&names), source.fields[column].kind),
    }
}

/// A comparison of a policy.
fn any_comparison(table: usize, random: &mut Random) -> Filter {
    comparison(table, &SOURCES[table].all().collect::<Vec<_>>(), true, random)
}

/// A comparison of one of these columns, in a policy or in a request.
pub(super) fn comparison(table: usize, columns: &[usize], is_of_policy: bool, random: &mut Random) -> Filter {
    let column = *random.pick(columns);
    let kind = SOURCES[table].fields[column].kind;
    let value = |random: &mut Random| loop {
        let value = SOURCES[table].value(column, random);
        // Nothing at all is no item of a list.
        if !value.is_null() && value.text() != "" {
            return value;
        }
    };
    let names: Vec<&str> = NAMES.iter().filter(|(_, kinds)| kinds.contains(&kind)).map(|(name, _)| *name).collect();
    let operand = |random: &mut Random| match is_of_policy && !names.is_empty() && random.one_in(3) {
        true => Operand::Caller(random.pick::<&str>(&names), kind),
        false => Operand::Value(value(random)),
    };
    let test = match (random.below(10), kind) {
        (0, _) => Test::IsNull,
        (1, _) => Test::IsDistinct(operand(random)),
        (2 | 3, Kind::Int | Kind::Text) => Test::In((0..1 + random.below(3)).map(|_| value(random)).collect()),
        (4, Kind::Text) => Test::Like(random.pick::<&str>(&["a*", "*b", "*", "c*", "z*"])),
        (2..=4, Kind::Bool) => Test::Is(random.one_in(2)),
        (_, Kind::Bool) => Test::Compare(*random.pick(&[Comparison::Eq, Comparison::Neq]), operand(random)),
        _ => Test::Compare(*random.pick(&Comparison::ALL), operand(random)),
    };
    let filter = Filter::Column(column, test);
    if random.one_in(4) { Filter::Not(Box::new(filter)) } else { filter }
}

fn list<T>(all: &[T], text: impl Fn(&T) -> String) -> String {
    if all.is_empty() {
        return " []".into();
    }
    all.iter().fold(String::new(), |list, one| list + "\n        - { " + &text(one) + " }")
}

fn rows_text(rows: Option<&Filter>, table: usize) -> String {
    rows.map_or_else(|| "all".into(), |filter| format!("\"{}\"", filter.text(table)))
}

fn columns_text(columns: &[usize], table: usize) -> String {
    let names: Vec<&str> = columns.iter().map(|column| SOURCES[table].fields[*column].name).collect();
    match columns.len() == SOURCES[table].fields.len() {
        true => "all".into(),
        false => format!("[{}]", names.join(", ")),
    }
}

impl Granted {
    /// Calls a function with each table and column that its filters read, and with the tables of which it asks for rows.
    pub(super) fn each_read(&self, table: usize, tell: &mut dyn FnMut(usize, Option<usize>)) {
        let reads = self.reads.iter().filter_map(|read| read.rows.as_ref());
        let writes = || self.creates.iter().chain(&self.updates).chain(&self.deletes);
        let of_writes = writes().flat_map(|write| write.rows.iter().chain(&write.check));
        reads.chain(of_writes).for_each(|filter| filter.each_read(table, tell));
        for (column, rows) in writes().flat_map(|write| &write.refs) {
            let target = SOURCES[table].reference_of(*column).unwrap().target;
            tell(target, None);
            rows.iter().for_each(|filter| filter.each_read(target, tell));
        }
    }
}

impl Read {
    fn text(&self, table: usize) -> String {
        let limit = self.limit.map(|limit| format!(", limit: {limit}")).unwrap_or_default();
        let (rows, columns) = (rows_text(self.rows.as_ref(), table), columns_text(&self.columns, table));
        format!("rows: {rows}, columns: {columns}{limit}, aggregates: {}", self.aggregates)
    }
}

impl Write {
    fn text(&self, table: usize, action: &str) -> String {
        let mut parts = Vec::new();
        if action != "create" {
            parts.push(format!("rows: {}", rows_text(self.rows.as_ref(), table)));
        }
        if action == "delete" {
            return parts.join(", ");
        }
        parts.push(format!("columns: {}", columns_text(&self.columns, table)));
        let set = |(column, operand): &(usize, Operand)| {
            let value = match operand {
                Operand::Value(Cell::Text(text)) => format!("\"{text}\""),
                Operand::Value(value) => value.text(),
                Operand::Caller(name, _) => format!("\"{{{name}}}\""),
            };
            format!("{}: {value}", SOURCES[table].fields[*column].name)
        };
        parts.push(format!("set: {{ {} }}", self.set.iter().map(set).collect::<Vec<_>>().join(", ")));
        parts.extend(self.check.as_ref().map(|check| format!("check: \"{}\"", check.text(table))));
        let refs = |(column, rows): &(usize, Option<Filter>)| {
            let target = SOURCES[table].reference_of(*column).unwrap().target;
            format!("{}: {}", SOURCES[table].fields[*column].name, rows_text(rows.as_ref(), target))
        };
        parts.push(format!("refs: {{ {} }}", self.refs.iter().map(refs).collect::<Vec<_>>().join(", ")));
        parts.join(", ")
    }
}
