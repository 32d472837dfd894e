//! The known attributes and their syntax.

use crate::attribute::Known;

/// The attributes above the struct of an entity.
pub(crate) const ABOVE_STRUCT: &[Known] = &[
    Known { name: "table", form: "table = \"name\"" },
    Known { name: "key", form: "key(user_id, group_id)" },
    Known { name: "unique", form: "unique(network, tranx_id)" },
    Known { name: "index", form: "index(network, mined_at)" },
    Known { name: "check", form: "check(name = \"period\", sql = \"start_at <= end_at\")" },
    Known { name: "foreign_key", form: "foreign_key(columns(a, b), references = \"table\", to(c, d))" },
    Known { name: "comment", form: "comment = \"what it means\"" },
    Known { name: "renamed_from", form: "renamed_from = \"old_name\"" },
    Known { name: "schema", form: "schema = \"sales\"" },
    Known { name: "kind", form: "kind = \"view\"" },
    Known { name: "writes", form: "writes(insert, update)" },
    Known { name: "unanswered", form: "unanswered(insert)" },
    Known { name: "read_only", form: "read_only" },
];

/// The attributes above a field.
pub(crate) const ABOVE_FIELD: &[Known] = &[
    Known { name: "unique", form: "unique" },
    Known { name: "index", form: "index" },
    Known { name: "key", form: "key" },
    Known { name: "identity", form: "identity" },
    Known { name: "flatten", form: "flatten" },
    Known { name: "column", form: "column = \"name\"" },
    Known { name: "max", form: "max = 128" },
    Known { name: "min_length", form: "min_length = 1" },
    Known { name: "pattern", form: "pattern = \"^[a-z]+$\"" },
    Known { name: "precision", form: "precision = 38" },
    Known { name: "scale", form: "scale = 18" },
    Known { name: "at_least", form: "at_least = 0" },
    Known { name: "at_most", form: "at_most = 100" },
    Known { name: "default", form: "default = value" },
    Known { name: "generate", form: "generate = \"uuid_v7\"" },
    Known { name: "on_update", form: "on_update = \"now\"" },
    Known { name: "read_only", form: "read_only" },
    Known { name: "write_only", form: "write_only" },
    Known { name: "immutable", form: "immutable" },
    Known { name: "on_delete", form: "on_delete = \"restrict\"" },
    Known { name: "comment", form: "comment = \"what it means\"" },
    Known { name: "renamed_from", form: "renamed_from = \"old_name\"" },
    Known { name: "max_length", form: "max_length = 128" },
    Known { name: "above", form: "above = 0" },
    Known { name: "below", form: "below = 100" },
    Known { name: "one_of", form: "one_of(\"open\", \"closed\")" },
    Known { name: "declared", form: "declared = \"NVARCHAR(160)\"" },
    Known { name: "native", form: "native(name = \"inet\", transfer = \"literal\")" },
    Known { name: "default_sql", form: "default_sql = \"nextval('numbers')\"" },
    Known { name: "base", form: "base(table = \"orders\", column = \"id\")" },
];
