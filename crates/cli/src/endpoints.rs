//! Custom endpoints that the program adds to those of the tables.

mod diagram;
mod notices;
#[cfg(test)]
mod tests;
mod transactions;

use mwallet_api::{AppState, Endpoint, Parameter};

/// Adds the endpoints for every database.
pub(crate) fn add_general(state: AppState) -> AppState {
    state.endpoint(diagram::page()).endpoint(diagram::picture())
}

/// Adds the endpoints for the entities of mWallet.
pub(crate) fn add_own(state: AppState) -> AppState {
    state.endpoint(notices::endpoint()).endpoint(transactions::endpoint())
}

/// Adds the parameters for a period and a page.
fn of_period(endpoint: Endpoint) -> Endpoint {
    const EXAMPLE: &str = "2030-01-01T00:00:00Z";
    let start = "The start of the period (inclusive), in RFC 3339 or in seconds since 1970.";
    let end = "The end of the period (inclusive), in RFC 3339 or in seconds since 1970.";
    endpoint
        .parameter(Parameter::time("start").description(start).example(EXAMPLE))
        .parameter(Parameter::time("end").description(end).example(EXAMPLE))
        .paged()
}
