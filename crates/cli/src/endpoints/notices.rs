//! `/v1/users/{identifier}/notices`: the notices of a user.

use mwallet_api::{Endpoint, EndpointRequest, Parameter, Problem, Response};
use mwallet_db::crud::data_plane;
use mwallet_models::questions::notices_of_user_sql;

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
    let (start, end) = (request.time("start"), request.time("end"));
    let sql = notices_of_user_sql(identifier, start, end, request.skip(), request.limit());
    Ok(request.answer(data_plane::select(request.engine(), sql).await?))
}
