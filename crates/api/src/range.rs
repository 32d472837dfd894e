//! Which rows of how many: the headers `Range` and `Content-Range`, in the unit `items`.

use axum::http::header::{CONTENT_RANGE, HeaderName, RANGE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use mwallet_db::Query;

use crate::problem::Problem;

const RANGE_UNIT: HeaderName = HeaderName::from_static("range-unit");

/// Narrows a query to the rows that the header asks for: `Range: 0-24`, both ends included.
///
/// What is asked for in another unit is left alone: a client of bytes takes the whole instead. So is what is no range.
///
/// # Errors
///
/// Where the range ends before it begins.
pub(crate) fn narrow(query: &mut Query, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(range) = headers.get(RANGE).and_then(|range| range.to_str().ok()) else { return Ok(()) };
    let unit = headers.get(RANGE_UNIT).map_or("items", |unit| unit.to_str().unwrap_or_default());
    let range = range.strip_prefix("items=").unwrap_or(range);
    let Some((first, last)) = range.split_once('-').filter(|_| unit.eq_ignore_ascii_case("items")) else {
        return Ok(());
    };
    let (Some(first), last) = (number(first), number(last)) else { return Ok(()) };
    let rows = match last {
        Some(last) if last < first => return Err(Problem::range_backwards()),
        Some(last) => Some((last - first).saturating_add(1)),
        None if range.ends_with('-') => None,
        None => return Ok(()),
    };
    // The page of the parameters is the frame within which the header counts.
    let limit = query.limit.map(|limit| limit.saturating_sub(first));
    query.skip = query.skip.saturating_add(first);
    query.limit = match (limit, rows) {
        (Some(limit), Some(rows)) => Some(limit.min(rows)),
        (limit, rows) => limit.or(rows),
    };
    Ok(())
}

/// A number of digits alone; one that is too large is as good as the largest of the parameters.
fn number(digits: &str) -> Option<u64> {
    let are_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    are_digits.then(|| digits.parse().unwrap_or(u64::MAX).min(i64::MAX as u64))
}

/// The status and the range of a page, of which the rows may be counted and all rows too.
///
/// # Errors
///
/// Where the page begins behind the last row.
pub(crate) fn of_page(skip: u64, rows: u64, total: Option<u64>) -> Result<(StatusCode, HeaderValue), Problem> {
    // Rows may have been deleted between the page and the count.
    let total = total.map(|total| if rows > 0 { total.max(skip.saturating_add(rows)) } else { total });
    let status = match total {
        Some(total) if skip > total => return Err(Problem::range(skip, total)),
        Some(total) if rows < total => StatusCode::PARTIAL_CONTENT,
        _ => StatusCode::OK,
    };
    Ok((status, header(skip, rows, total)))
}

/// The range of rows that are new or gone, which are no part of those that are there.
pub(crate) fn of_none(rows: u64, count: bool) -> HeaderValue {
    header(0, 0, count.then_some(rows))
}

/// The range of rows that a change touched.
pub(crate) fn of_change(rows: u64, count: bool) -> HeaderValue {
    header(0, rows, count.then_some(rows))
}

/// The name and the range of rows, for an answer's headers.
pub(crate) fn header(skip: u64, rows: u64, total: Option<u64>) -> HeaderValue {
    let mut number = itoa::Buffer::new();
    let mut text = Vec::with_capacity(24);
    match rows.checked_sub(1) {
        Some(last) => {
            text.extend_from_slice(number.format(skip).as_bytes());
            text.push(b'-');
            text.extend_from_slice(number.format(skip.saturating_add(last)).as_bytes());
        }
        None => text.push(b'*'),
    }
    text.push(b'/');
    match total {
        Some(total) => text.extend_from_slice(number.format(total).as_bytes()),
        None => text.push(b'*'),
    }
    // Digits, a dash, a star and a slash are always a value.
    HeaderValue::from_maybe_shared(bytes::Bytes::from(text)).unwrap_or(HeaderValue::from_static("*/*"))
}

/// The range of an answer until it is sent. Compression takes every answer with the header for one of bytes, which it
/// must not touch, so the header is set outside of it.
#[derive(Clone)]
struct ContentRange(HeaderValue);

/// Gives an answer its range.
pub(crate) fn set(response: &mut Response, range: HeaderValue) {
    response.extensions_mut().insert(ContentRange(range));
}

/// Writes the range of an answer into its headers.
pub(crate) fn write(response: &mut Response) {
    if let Some(ContentRange(range)) = response.extensions_mut().remove() {
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
        assert_eq!(page(5, 3, Some(6)), expect(206, "5-7/8"), "deleted in between");
    }

    #[test]
    fn the_header_narrows_what_the_parameters_leave() {
        let narrowed = |query: Query, range: &'static str, unit: &'static str| {
            let mut query = query;
            let headers = [(RANGE, HeaderValue::from_static(range)), (RANGE_UNIT, HeaderValue::from_static(unit))];
            narrow(&mut query, &HeaderMap::from_iter(headers)).ok().map(|()| (query.skip, query.limit))
        };
        assert_eq!(narrowed(Query::new(), "0-24", "items"), Some((0, Some(25))));
        assert_eq!(narrowed(Query::new(), "5-", "items"), Some((5, None)));
        assert_eq!(narrowed(Query::new(), "5-5", "items"), Some((5, Some(1))));
        assert_eq!(narrowed(Query::new().skip(10).limit(10), "5-24", "items"), Some((15, Some(5))));
        for ignored in ["", "-", "a-b", "bytes=0-4", "5", "-5", "5-x", "+5-7", "0 - 4", "0-1,3-4"] {
            assert_eq!(narrowed(Query::new(), ignored, "items"), Some((0, None)), "{ignored}");
        }
        assert_eq!(narrowed(Query::new(), "0-24", "bytes"), Some((0, None)));
        assert_eq!(narrowed(Query::new(), "24-0", "bytes"), Some((0, None)));
        let largest = i64::MAX as u64;
        assert_eq!(narrowed(Query::new(), "5-99999999999999999999", "items"), Some((5, Some(largest - 4))));
        for backwards in ["5-2", "items=5-2", "1-0", "99999999999999999999-0"] {
            assert_eq!(narrowed(Query::new(), backwards, "items"), None, "{backwards}");
        }
    }
}
