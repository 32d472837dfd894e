//! Refuses what can be written in a permissions file and cannot be meant.

use mwallet_db::schema::ColumnType;
use mwallet_db::{Catalog, Filter, GrantedColumns, Operand};
use serde_saphyr::Location;

use super::file::{RoleSpec, Text};
use super::resolve::OfTable;
use super::{ANONYMOUS, Closed, Mistake, RoleGrants, filter};

impl RoleSpec {
    /// Checks that it says nothing that cannot be.
    pub(super) fn check(&self, name: &Text) -> Result<(), Mistake> {
        let wrong = |message: String| Err(Mistake::at(name.referenced, message));
        if name.value == ANONYMOUS
            && (self.bypass || self.group.is_some() || self.aal.is_some() || self.max_age.is_some())
        {
            return wrong(format!(
                "{ANONYMOUS} is whoever has not said who they are, so it has nothing but roles that it includes"
            ));
        }
        if self.max_age.is_some_and(|age| age.0.is_zero()) {
            return wrong(format!("nobody is {} with a max_age of 0", name.value));
        }
        Ok(())
    }
}

impl Closed {
    /// Checks that nothing that is closed is granted too.
    pub(super) fn check(&self, place: Location, grants: &[RoleGrants], catalog: &Catalog) -> Result<(), Mistake> {
        let Some(table) = catalog.get(self.schema.as_deref(), &self.table) else { return Ok(()) };
        for granted in grants.iter().filter(|granted| granted.is_of(table.table())) {
            let reads = granted.read.iter().map(|read| (read.line, &read.grant.columns));
            // What can be written and never read, such as a password, may be closed by its name.
            let is_whole = self.columns == GrantedColumns::All;
            let writes = granted.create.iter().chain(&granted.update).map(|write| (write.line, &write.grant.columns));
            for (line, columns) in reads.chain(writes.filter(|_| is_whole)) {
                let is_both = |name: &&String| self.columns.contains(name) && columns.contains(name);
                if let Some(both) = table.table().columns.iter().map(|column| &column.name).find(is_both) {
                    let message =
                        format!("{}.{both} is closed here, and granted to {} in line {line}", self.table, granted.role);
                    return Err(Mistake::at(place, message));
                }
            }
            let delete = granted.delete.first().filter(|_| is_whole);
            if let Some(delete) = delete {
                let message = format!(
                    "{} is closed here, and {} deletes its rows in line {}",
                    self.table, granted.role, delete.line
                );
                return Err(Mistake::at(place, message));
            }
        }
        Ok(())
    }
}

impl OfTable<'_> {
    /// Checks that the time is compared with times.
    pub(super) fn check_times(self, filter: &Filter) -> Result<(), String> {
        let each = |all: &[Filter]| all.iter().try_for_each(|one| self.check_times(one));
        match filter {
            Filter::Compare { field, operand, .. } if field.path.is_empty() => self.check_time(&field.column, operand),
            Filter::In { field, values } => values.iter().try_for_each(|value| self.check_time(&field.column, value)),
            Filter::Between { field, low, high } => {
                [low, high].into_iter().try_for_each(|value| self.check_time(&field.column, value))
            }
            Filter::ExistsIn { schema, table, filter } => match self.catalog.get(schema.as_deref(), table) {
                Some(other) => OfTable { table: other, ..self }.check_times(filter),
                None => Ok(()),
            },
            Filter::And(all) | Filter::Or(all) => each(all),
            Filter::Not(one) => self.check_times(one),
            _ => Ok(()),
        }
    }

    /// Checks that a column is a time, if the operand is. SQLite keeps in a column whatever was written, which is a time
    /// only where mWallet made the table.
    pub(super) fn check_time(self, column: &str, operand: &Operand) -> Result<(), String> {
        let kind = self.table.table().column(column).map(|column| &column.kind);
        let is_time = match kind {
            Some(ColumnType::Timestamp) | None => true,
            Some(ColumnType::Native(native)) => native.name.starts_with("timestamp") || native.name == "date",
            Some(_) => false,
        };
        match operand {
            Operand::Caller(name) if name == filter::NOW && !is_time => {
                let kind = kind.map(ColumnType::name).unwrap_or_default();
                Err(format!("{{now}} is a time, and {column} is of the type {kind}"))
            }
            _ => Ok(()),
        }
    }
}
