//! `/v1/transactions`: the transactions of a network that were mined in a period.

use mwallet_api::{Endpoint, EndpointRequest, Parameter, Problem, Response};
use mwallet_models::questions::transactions_mined_query;

pub(super) fn endpoint() -> Endpoint {
    let endpoint = Endpoint::get("/v1/transactions", list)
        .operation("questions.transactions_mined")
        .summary("List the transactions that were mined in a period")
        .description("The transactions of one network, newest first.")
        .rows_of("transactions")
        .parameter(Parameter::text("network").required().description("The network.").example("bitcoin"));
    super::of_period(endpoint)
}

async fn list(request: EndpointRequest) -> Result<Response, Problem> {
    let network = request.text("network").unwrap_or_default();
    let (start, end) = (request.time("start"), request.time("end"));
    let query = transactions_mined_query(network, start, end, request.skip(), request.limit());
    request.list("transactions", &query).await
}
