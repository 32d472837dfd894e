//! Reads an order by its slug, a different one each time.

use super::{Workload, expect};
use crate::bench::targets::{MWALLET_POSTGRES, MWALLET_SQLITE};
use crate::bench::workdir::DATABASE;

pub(super) const GET: Workload = Workload {
    name: "get",
    what: "one order by its slug, any of 200,000",
    script: "get.lua",
    baseline: "get.sql",
    database: DATABASE,
    body: None,
    status: 200,
    check: |order| expect(order["slug"] == "order-42", "the order order-42", order),
    floors: &[(MWALLET_POSTGRES, 0.64), (MWALLET_SQLITE, 1.3)],
};
