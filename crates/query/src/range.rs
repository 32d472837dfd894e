//! Parses `Range` and formats `Content-Range`, in the unit `items`.

/// The end of a `Range` header is before its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the range ends before it starts")]
pub struct RangeBackwards;

/// The rows requested by a `Range` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowRange {
    /// The position of the first row, from 0.
    pub first: u64,
    /// The number of rows; `None` for all that follow.
    pub rows: Option<u64>,
}

impl RowRange {
    /// Parses the value of a `Range` header, such as `0-24`, with both ends included. Returns `None` if it has
    /// another unit or is malformed, since it is ignored then.
    ///
    /// `unit` is the value of the `Range-Unit` header.
    ///
    /// ```
    /// use mwallet_query::RowRange;
    /// assert_eq!(RowRange::parse("5-24", None)?, Some(RowRange { first: 5, rows: Some(20) }));
    /// assert_eq!(RowRange::parse("0-24", Some("bytes"))?, None);
    /// # Ok::<(), mwallet_query::RangeBackwards>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the range ends before it starts.
    pub fn parse(range: &str, unit: Option<&str>) -> Result<Option<Self>, RangeBackwards> {
        if !unit.is_none_or(|unit| unit.eq_ignore_ascii_case("items")) {
            return Ok(None);
        }
        let range = range.strip_prefix("items=").unwrap_or(range);
        let Some((first, last)) = range.split_once('-') else { return Ok(None) };
        let Some(first) = parse_position(first) else { return Ok(None) };
        if last.is_empty() {
            return Ok(Some(Self { first, rows: None }));
        }
        match parse_position(last) {
            Some(last) if last < first => Err(RangeBackwards),
            Some(last) => Ok(Some(Self { first, rows: Some((last - first).saturating_add(1)) })),
            None => Ok(None),
        }
    }

    /// Returns the `offset` and the `limit` of this range within the page that parameters request.
    pub fn within(self, offset: u64, limit: Option<u64>) -> (u64, Option<u64>) {
        let limit = limit.map(|limit| limit.saturating_sub(self.first));
        let limit = match (limit, self.rows) {
            (Some(limit), Some(rows)) => Some(limit.min(rows)),
            (limit, rows) => limit.or(rows),
        };
        (offset.saturating_add(self.first), limit)
    }
}

/// Parses a position of digits only. Clamps it to the maximum of a parameter.
fn parse_position(digits: &str) -> Option<u64> {
    let are_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    are_digits.then(|| digits.parse().unwrap_or(u64::MAX).min(i64::MAX as u64))
}

/// The rows of a response, for its `Content-Range` header.
///
/// ```
/// use mwallet_query::ContentRange;
/// let text = |range: ContentRange| String::from_utf8(range.to_bytes()).unwrap();
/// assert_eq!(text(ContentRange { offset: 5, rows: 20, total: Some(60) }), "5-24/60");
/// assert_eq!(text(ContentRange { offset: 0, rows: 0, total: None }), "*/*");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// The number of rows before the first one of the response.
    pub offset: u64,
    /// The number of rows in the response.
    pub rows: u64,
    /// The total number of rows, if they were counted.
    pub total: Option<u64>,
}

impl ContentRange {
    /// Returns the value of the header, which is ASCII.
    pub fn to_bytes(self) -> Vec<u8> {
        let mut number = itoa::Buffer::new();
        let mut text = Vec::with_capacity(24);
        match self.rows.checked_sub(1) {
            Some(last) => {
                text.extend_from_slice(number.format(self.offset).as_bytes());
                text.push(b'-');
                text.extend_from_slice(number.format(self.offset.saturating_add(last)).as_bytes());
            }
            None => text.push(b'*'),
        }
        text.push(b'/');
        match self.total {
            Some(total) => text.extend_from_slice(number.format(total).as_bytes()),
            None => text.push(b'*'),
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_narrows_a_page() {
        let page = |(offset, limit), range, unit| {
            RowRange::parse(range, unit).map(|range| range.map_or((offset, limit), |range| range.within(offset, limit)))
        };
        let all = (0, None);
        assert_eq!(page(all, "0-24", Some("items")), Ok((0, Some(25))));
        assert_eq!(page(all, "items=0-24", None), Ok((0, Some(25))));
        assert_eq!(page(all, "5-", None), Ok((5, None)));
        assert_eq!(page(all, "5-5", None), Ok((5, Some(1))));
        assert_eq!(page((10, Some(10)), "5-24", None), Ok((15, Some(5))));
        for ignored in ["", "-", "a-b", "bytes=0-4", "5", "-5", "5-x", "+5-7", "0 - 4", "0-1,3-4"] {
            assert_eq!(page(all, ignored, None), Ok(all), "{ignored}");
        }
        assert_eq!(page(all, "0-24", Some("bytes")), Ok(all));
        assert_eq!(page(all, "24-0", Some("bytes")), Ok(all));
        let largest = i64::MAX as u64;
        assert_eq!(page(all, "5-99999999999999999999", None), Ok((5, Some(largest - 4))));
        for backwards in ["5-2", "items=5-2", "1-0", "99999999999999999999-0"] {
            assert_eq!(page(all, backwards, None), Err(RangeBackwards), "{backwards}");
        }
    }
}
