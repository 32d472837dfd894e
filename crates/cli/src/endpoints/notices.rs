//! `/v1/users/{identifier}/notices`: the notices of a user.

use mwallet_api::{Endpoint, EndpointRequest, Parameter, Problem, Response};
use mwallet_models::questions::{notices_query, user_id};

pub(super) fn endpoint() -> Endpoint {
    let identifier = "The user's slug or `rsid`. A slug takes precedence over another user's `rsid`.";
    let endpoint = Endpoint::get("/v1/users/{identifier}/notices", list)
        .operation("questions.notices_of_user")
        .summary("List the notices of a user")
        .description(
            "The notices whose own period is within the given one, newest first. An unknown user has no notices.",
        )
        .rows_of("app_notices")
        .parameter(Parameter::text("identifier").description(identifier).example("ada"));
    super::of_period(endpoint)
}

async fn list(request: EndpointRequest) -> Result<Response, Problem> {
    let identifier = request.text("identifier").unwrap_or_default();
    // The query finds only what the sender sees, of notices and of their recipients.
    let user = user_id(request.engine(), identifier).await?;
    let (start, end) = (request.time("start"), request.time("end"));
    request.list("app_notices", &notices_query(user, start, end, request.skip(), request.limit())).await
}
