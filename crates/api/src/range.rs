//! The range of rows in a response: the headers `Range` and `Content-Range`, in the unit `items`.

use axum::http::header::{CONTENT_RANGE, HeaderName, RANGE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use mwallet_db::Query;
use mwallet_query::{ContentRange, RangeBackwards, RowRange};

use crate::problem::Problem;

const RANGE_UNIT: HeaderName = HeaderName::from_static("range-unit");

/// Narrows a query to the rows that the `Range` header asks for.
///
/// # Errors
///
/// If the range ends before it starts.
pub(crate) fn narrow(query: &mut Query, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(range) = headers.get(RANGE).and_then(|range| range.to_str().ok()) else { return Ok(()) };
    let unit = headers.get(RANGE_UNIT).map(|unit| unit.to_str().unwrap_or_default());
    let range = RowRange::parse(range, unit).map_err(|RangeBackwards| Problem::range_backwards())?;
    if let Some(range) = range {
        (query.skip, query.limit) = range.within(query.skip, query.limit);
    }
    Ok(())
}

/// The status and the range of a page. The rows of the page and all rows may have been counted or not.
///
/// # Errors
///
/// If the offset is past the last row.
pub(crate) fn of_page(skip: u64, rows: u64, total: Option<u64>) -> Result<(StatusCode, HeaderValue), Problem> {
    // A view may have other rows each time it is read.
    let total = total.map(|total| if rows > 0 { total.max(skip.saturating_add(rows)) } else { total });
    let status = match total {
        Some(total) if skip > total => return Err(Problem::range(skip, total)),
        Some(total) if rows < total => StatusCode::PARTIAL_CONTENT,
        _ => StatusCode::OK,
    };
    Ok((status, header(skip, rows, total)))
}

/// The range of created or deleted rows, which have no position among the existing ones.
pub(crate) fn of_none(rows: u64, count: bool) -> HeaderValue {
    header(0, 0, count.then_some(rows))
}

/// The range of changed rows.
pub(crate) fn of_change(rows: u64, count: bool) -> HeaderValue {
    header(0, rows, count.then_some(rows))
}

/// The value of the `Content-Range` header.
pub(crate) fn header(skip: u64, rows: u64, total: Option<u64>) -> HeaderValue {
    let range = ContentRange { offset: skip, rows, total };
    // Digits, `-`, `*` and `/` are always a valid header value.
    HeaderValue::from_maybe_shared(Bytes::from(range.to_bytes())).unwrap_or(HeaderValue::from_static("*/*"))
}

/// The range of a response until it is sent. Compression would mistake a response with the header for a range of bytes
/// and skip it, so the header is set after compression.
#[derive(Clone)]
struct PendingRange(HeaderValue);

/// Stores the range of a response.
pub(crate) fn set(response: &mut Response, range: HeaderValue) {
    response.extensions_mut().insert(PendingRange(range));
}

/// Writes the stored range into the headers.
pub(crate) fn write(response: &mut Response) {
    if let Some(PendingRange(range)) = response.extensions_mut().remove() {
        response.headers_mut().insert(CONTENT_RANGE, range);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_how_many() {
        let page = |skip, rows, total| {
            of_page(skip, rows, total).ok().map(|(status, range)| (status.as_u16(), range.to_str().unwrap().to_owned()))
        };
        let expect = |status, range: &str| Some((status, range.to_owned()));
        assert_eq!(page(0, 3, None), expect(200, "0-2/*"));
        assert_eq!(page(5, 1, Some(6)), expect(206, "5-5/6"));
        assert_eq!(page(0, 6, Some(6)), expect(200, "0-5/6"));
        assert_eq!(page(0, 0, Some(0)), expect(200, "*/0"));
        assert_eq!(page(6, 0, Some(6)), expect(206, "*/6"));
        assert_eq!(page(7, 0, Some(6)), None);
        assert_eq!(page(7, 0, None), expect(200, "*/*"));
        assert_eq!(page(5, 3, Some(6)), expect(206, "5-7/8"), "counted as fewer");
    }
}
