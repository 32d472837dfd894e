//! Builds a schema at run time from any table, declared or reflected.

use std::collections::BTreeMap;

use crate::{Access, Column, ColumnDefault, Field, FieldDefault, FieldType, Schema, SchemaError, Table, pascal_case};

/// Options for [`Schema::from_table`]. The default follows the table exactly.
#[derive(Clone, Debug, Default)]
pub struct FromTable {
    /// The name, instead of the table's name in PascalCase followed by `Schema`.
    pub name: Option<String>,
    /// The schemas to extend. A column of the table replaces a parent's field of the same name.
    pub parents: Vec<Schema>,
    /// Defaults by column name; unknown columns are ignored.
    pub defaults: BTreeMap<String, FieldDefault>,
    /// Whether every field is optional and without a default, as for PATCH.
    pub partial: bool,
    /// Field names by column name.
    pub rename: BTreeMap<String, String>,
}

impl Schema {
    /// Builds a schema from a table: a field for each column, with its type, rules, default, access and comment.
    ///
    /// A field is required if its column is not nullable and nothing fills it. A read-only column is never required.
    /// An identity may be given unless it is read-only.
    ///
    /// ```
    /// # use mwallet_schema::{Column, ColumnType, FromTable, Schema, Table};
    /// let mut table = Table::new("app_notices");
    /// table.columns.push(Column::new("title", ColumnType::Text { max: Some(256) }));
    /// let schema = Schema::from_table(&table, FromTable::default())?;
    /// assert_eq!(schema.name(), "AppNoticesSchema");
    /// assert!(schema.fields()[0].required);
    /// # Ok::<(), mwallet_schema::SchemaError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the fields contradict themselves or each other, as in
    /// [`SchemaBuilder::build`](crate::SchemaBuilder::build).
    pub fn from_table(table: &Table, mut options: FromTable) -> Result<Self, SchemaError> {
        let name = options.name.take().unwrap_or_else(|| format!("{}Schema", pascal_case(&table.name)));
        let mut builder = Self::builder(name);
        if let Some(comment) = &table.comment {
            builder = builder.comment(comment);
        }
        for parent in &options.parents {
            builder = builder.parent(parent);
        }
        for column in &table.columns {
            let mut field = field(column);
            if let Some(default) = options.defaults.remove(&column.name) {
                field = field.default(default);
            }
            if let Some(name) = options.rename.remove(&column.name) {
                field.column = Some(std::mem::replace(&mut field.name, name));
            }
            builder = builder.field(field);
        }
        let schema = builder.build()?;
        Ok(if options.partial { schema.partial(schema.name()) } else { schema })
    }
}

/// Returns the field for a column.
fn field(column: &Column) -> Field {
    Field {
        name: column.name.clone(),
        column: None,
        kind: FieldType::Column(column.kind.clone()),
        required: !column.is_filled() && column.access != Access::ReadOnly,
        nullable: column.nullable,
        default: match &column.default {
            Some(ColumnDefault::Constant(value)) => Some(FieldDefault::Constant(value.clone())),
            Some(ColumnDefault::AppGenerated(generator)) => Some(FieldDefault::AppGenerated(*generator)),
            // The database assigns these values on insert.
            Some(ColumnDefault::Identity | ColumnDefault::Database(_)) | None => None,
        },
        rules: column.rules.clone(),
        access: column.access,
        comment: column.comment.clone(),
    }
}
