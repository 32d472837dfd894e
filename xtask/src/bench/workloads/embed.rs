//! Reads 20 funds with their positions and the lots of those: related rows over two levels.

use serde_json::Value;

use super::{Workload, expect};
use crate::bench::targets::MWALLET_POSTGRES;
use crate::bench::workdir::EMBED_DATABASE;

pub(super) const EMBED: Workload = Workload {
    name: "embed",
    what: "20 funds with their 100 positions and the 200 lots of those",
    script: "embed.lua",
    baseline: "embed.sql",
    database: EMBED_DATABASE,
    body: None,
    status: 200,
    check: |funds| {
        let rows = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
        let funds_found = funds.as_array().cloned().unwrap_or_default();
        let positions: Vec<Value> = funds_found.iter().flat_map(|fund| rows(fund, "positions")).collect();
        let lots = positions.iter().flat_map(|position| rows(position, "lots")).count();
        expect(
            (funds_found.len(), positions.len(), lots) == (20, 100, 200),
            "20 funds, 100 positions and 200 lots",
            funds,
        )
    },
    floors: &[(MWALLET_POSTGRES, 0.50)],
};
