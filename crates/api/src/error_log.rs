//! Errors of the data layer in the log: once each, with the ID of the request.

use mwallet_db::Error;

use crate::request_id;

/// Writes an error to the log, if it is not the client's, with all that the database said.
pub(crate) fn write(error: &Error) {
    let request = request_id::current();
    match error {
        Error::Busy | Error::Timeout | Error::SessionExpired { .. } | Error::Cancelled | Error::ReadEnded { .. } => {
            tracing::warn!(request, code = error.code(), "{error}");
        }
        _ => tracing::error!(request, code = error.code(), source = std::error::Error::source(error), "{error}"),
    }
}
