//! Reads the 100 newest orders.

use serde_json::Value;

use super::{Workload, expect};
use crate::bench::targets::{MWALLET_POSTGRES, MWALLET_SQLITE};
use crate::bench::workdir::DATABASE;

pub(super) const LIST: Workload = Workload {
    name: "list",
    what: "the 100 newest orders",
    script: "list.lua",
    baseline: "list.sql",
    database: DATABASE,
    body: None,
    status: 200,
    check: |orders| {
        let ids: Vec<Option<i64>> =
            orders.as_array().into_iter().flatten().map(|order: &Value| order["id"].as_i64()).collect();
        let is_right = ids.len() == 100 && ids[0] >= Some(200_000) && ids.is_sorted_by(|a, b| a > b);
        expect(is_right, "100 orders, the newest first", orders)
    },
    floors: &[(MWALLET_POSTGRES, 0.62), (MWALLET_SQLITE, 1.2)],
};
