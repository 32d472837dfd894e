//! Creates an order, and returns the row once it is durable.

use super::{Workload, expect};
use crate::bench::targets::{MWALLET_POSTGRES, MWALLET_SQLITE};
use crate::bench::workdir::DATABASE;

pub(super) const CREATE: Workload = Workload {
    name: "create",
    what: "one order, answered 201 with the row after it is durable",
    script: "create.lua",
    baseline: "create.sql",
    database: DATABASE,
    body: Some(
        r#"{"usid":"user42","user_id":42,"order_type":"OPEN","asset":"BITCOIN","start":"2030-01-01T00:00:00Z","memo":"limit"}"#,
    ),
    status: 201,
    check: |created| {
        // The data plane returns an array of created rows, the competitor a single row.
        let order = created.get(0).unwrap_or(created);
        let is_right = order["id"].as_i64() > Some(200_000) && order["user_id"] == 42 && order["slug"].is_string();
        expect(is_right, "the new order", created)
    },
    floors: &[(MWALLET_POSTGRES, 0.68), (MWALLET_SQLITE, 0.80)],
};
