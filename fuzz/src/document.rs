//! Reads as JSON documents: whatever parses is formatted as a document that parses as the same, and is planned as a query
//! of each table.

use mwallet_query::Parameters;

use super::plan;

/// Checks a document.
///
/// # Panics
///
/// Panics if it is formatted as a document that does not parse as the same, or as [`plan::check`] does.
pub fn check(input: &[u8]) {
    match Parameters::from_json(input) {
        Ok(parameters) => {
            let formatted = parameters.to_json();
            assert_eq!(Parameters::from_json(formatted.as_bytes()), Ok(parameters), "{formatted}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    plan::check_document(input);
}
