//! `mwallet permissions matrix`: what each role may do with each column of each table.

use clap::Args;
use mwallet_auth::{Permissions, RoleGrants, Stated};
use mwallet_db::WriteGrant;
use mwallet_db::schema::{Table, visible};
use serde_json::{Value, json};

use super::{FileOptions, catalog, full_name};
use crate::failure::{Failure, Result};
use crate::output;
use crate::settings::Settings;

const LEGEND: &str = "R  reads it in all rows        r  reads it in some rows
c  gives it when creating      s  the server sets it
u  gives it when updating      d  deletes rows";

/// The options of `mwallet permissions matrix`.
#[derive(Args)]
#[command(after_help = format!("Letters:\n{LEGEND}"))]
pub(super) struct Options {
    #[command(flatten)]
    file: FileOptions,
    /// Only this table
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
}

pub(super) async fn run(settings: &Settings, Options { file, table }: Options) -> Result<()> {
    let (tables, permissions) = file.read(settings).await?;
    let all = catalog(&tables)?.tables().map(|table| table.table());
    let is_meant = |one: &&Table| {
        table.as_ref().is_none_or(|name| *name == one.name || *name == full_name(one.schema.as_deref(), &one.name))
    };
    let shown: Vec<&Table> = all.filter(is_meant).collect();
    if let (Some(name), true) = (&table, shown.is_empty()) {
        return Err(Failure::usage(format!("there is no table {}", visible(name))));
    }
    let (bypass, roles): (Vec<&str>, Vec<&str>) = permissions.roles().partition(|role| permissions.is_bypass(role));
    let mut text: Vec<String> = shown.iter().map(|table| grid(table, &roles, &permissions)).collect();
    text.push(LEGEND.to_owned());
    text.extend(bypass.iter().map(|role| format!("{} sees and does everything", visible(role))));
    let json: Vec<Value> =
        shown.iter().flat_map(|table| roles.iter().map(|role| of_role(table, role, &permissions))).collect();
    output::answer(&settings.output, text.join("\n\n"), &json!({ "grants": json, "bypass": bypass }))
}

/// What a role may do with a table, by itself and by the roles that it includes.
fn held<'p>(table: &Table, role: &str, permissions: &'p Permissions) -> Vec<&'p RoleGrants> {
    let roles = permissions.held_with(role);
    permissions.stated().iter().filter(|grants| roles.contains(&grants.role) && grants.is_of(table)).collect()
}

/// A table as a grid of its columns and the roles.
fn grid(table: &Table, roles: &[&str], permissions: &Permissions) -> String {
    let mut lines: Vec<Vec<String>> = Vec::new();
    let name = full_name(table.schema.as_deref(), &table.name);
    lines.push([name.as_str()].into_iter().chain(roles.iter().copied()).map(visible).collect());
    let held: Vec<Vec<&RoleGrants>> = roles.iter().map(|role| held(table, role, permissions)).collect();
    for column in &table.columns {
        let cells = held.iter().map(|grants| or_nothing(letters(&column.name, grants)));
        lines.push([format!("  {}", visible(&column.name))].into_iter().chain(cells).collect());
    }
    let deletes = held.iter().map(|grants| {
        let can_delete = grants.iter().any(|grants| !grants.delete.is_empty());
        or_nothing(if can_delete { "d".into() } else { String::new() })
    });
    lines.push(["  (rows)".to_owned()].into_iter().chain(deletes).collect());
    let width = |position: usize| lines.iter().map(|line| line[position].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..=roles.len()).map(width).collect();
    let row = |line: &Vec<String>| {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(row).collect::<Vec<_>>().join("\n")
}

fn or_nothing(letters: String) -> String {
    if letters.is_empty() { "-".into() } else { letters }
}

/// What can be done with a column, as letters.
fn letters(column: &str, held: &[&RoleGrants]) -> String {
    let reads = || held.iter().flat_map(|grants| &grants.read).filter(|read| read.grant.columns.contains(column));
    let creates = held.iter().flat_map(|grants| &grants.create);
    let updates = held.iter().flat_map(|grants| &grants.update);
    let is_set = |write: &&Stated<WriteGrant>| write.grant.set.iter().any(|(set, _)| set == column);
    let is_given = |write: &&Stated<WriteGrant>| write.grant.columns.contains(column) && !is_set(write);
    let mut letters = String::new();
    if reads().any(|read| read.grant.rows.is_none()) {
        letters.push('R');
    } else if reads().next().is_some() {
        letters.push('r');
    }
    for (letter, holds) in [
        ('c', creates.clone().any(|write| is_given(&write))),
        ('s', creates.chain(updates.clone()).any(|write| is_set(&write))),
        ('u', updates.clone().any(|write| is_given(&write))),
    ] {
        if holds {
            letters.push(letter);
        }
    }
    letters
}

/// What a role may do with a table, for programs.
fn of_role(table: &Table, role: &str, permissions: &Permissions) -> Value {
    let held = held(table, role, permissions);
    let columns = |contains: &dyn Fn(&str) -> bool| -> Vec<&str> {
        table.columns.iter().map(|column| column.name.as_str()).filter(|name| contains(name)).collect()
    };
    let read = |grants: &&RoleGrants| {
        let from = grants.role.clone();
        let one = move |read: &Stated<mwallet_db::Grant>| {
            json!({
                "line": read.line, "role": from, "rows": read.rows, "limit": read.grant.limit,
                "columns": columns(&|name| read.grant.columns.contains(name)), "aggregates": read.grant.aggregates,
            })
        };
        grants.read.iter().map(one).collect::<Vec<_>>()
    };
    let write = |role: &str, write: &Stated<WriteGrant>| {
        json!({
            "line": write.line, "role": role, "rows": write.rows, "check": write.check,
            "columns": columns(&|name| write.grant.columns.contains(name)),
            "set": write.grant.set.iter().map(|(column, _)| column).collect::<Vec<_>>(),
        })
    };
    let writes = |of: &dyn Fn(&RoleGrants) -> &Vec<Stated<WriteGrant>>| -> Vec<Value> {
        held.iter().flat_map(|grants| of(grants).iter().map(|one| write(&grants.role, one))).collect()
    };
    json!({
        "schema": table.schema, "table": table.name, "role": role,
        "read": held.iter().flat_map(read).collect::<Vec<_>>(),
        "create": writes(&|grants| &grants.create),
        "update": writes(&|grants| &grants.update),
        "delete": writes(&|grants| &grants.delete),
    })
}
