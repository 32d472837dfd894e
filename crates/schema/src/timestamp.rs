//! Points in time with microsecond precision, from year 1 to year 9999.

use std::fmt;
use std::str::FromStr;

use crate::Decimal;

/// A point in time: microseconds since 1970-01-01T00:00:00Z, which both engines store without loss.
///
/// ```
/// use mwallet_schema::Timestamp;
/// let start: Timestamp = "2026-01-02T03:04:05.6+01:00".parse()?;
/// assert_eq!(start.to_string(), "2026-01-02T02:04:05.6+00:00");
/// assert_eq!("1767319445.6".parse::<Timestamp>()?, start);
/// # Ok::<(), mwallet_schema::TimestampError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Why a text is not a timestamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// The text is neither RFC 3339 nor a number of seconds.
    #[error("not a time: write RFC 3339, such as 2026-01-02T03:04:05Z, or seconds since 1970")]
    Malformed,
    /// The time is outside the years 1 to 9999.
    #[error("a time must be in the years 1 to 9999")]
    OutOfRange,
    /// The text is more precise than a microsecond.
    #[error("a time can have at most six decimal places")]
    TooPrecise,
}

/// 0001-01-01T00:00:00Z in microseconds.
const MIN: i64 = -62_135_596_800_000_000;
/// 9999-12-31T23:59:59.999999Z in microseconds.
const MAX: i64 = 253_402_300_799_999_999;

impl Timestamp {
    /// The length of the fixed-width text that SQLite stores: `2026-01-02T03:04:05.000000+00:00`.
    pub const FIXED_WIDTH: usize = 32;

    /// Converts from microseconds since 1970.
    ///
    /// # Errors
    ///
    /// Returns [`TimestampError::OutOfRange`] outside the years 1 to 9999.
    pub fn from_micros(micros: i64) -> Result<Self, TimestampError> {
        if (MIN..=MAX).contains(&micros) { Ok(Self(micros)) } else { Err(TimestampError::OutOfRange) }
    }

    /// Converts from whole seconds since 1970.
    ///
    /// # Errors
    ///
    /// Returns [`TimestampError::OutOfRange`] outside the years 1 to 9999.
    pub fn from_seconds(seconds: i64) -> Result<Self, TimestampError> {
        seconds.checked_mul(1_000_000).ok_or(TimestampError::OutOfRange).and_then(Self::from_micros)
    }

    /// Returns microseconds since 1970-01-01T00:00:00Z.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Appends the RFC 3339 text as in PostgreSQL's JSON, without trailing zeros in the fraction.
    pub fn write_to(self, out: &mut Vec<u8>) {
        let text = self.fixed_width();
        out.extend_from_slice(trim_fraction(&text));
        out.extend_from_slice(b"+00:00");
    }

    /// Appends the RFC 3339 text at an offset in minutes east of UTC: the same instant by the clocks of another place.
    /// Where the date there is outside the years 1 to 9999, or the offset is a day or more, it is the text of UTC.
    ///
    /// ```
    /// # use mwallet_schema::Timestamp;
    /// let time: Timestamp = "2026-01-02T03:04:05.6Z".parse()?;
    /// let mut text = Vec::new();
    /// time.write_at_offset(-330, &mut text);
    /// assert_eq!(text, b"2026-01-01T21:34:05.6-05:30");
    /// # Ok::<(), mwallet_schema::TimestampError>(())
    /// ```
    pub fn write_at_offset(self, minutes: i32, out: &mut Vec<u8>) {
        let local = self.0.checked_add(i64::from(minutes) * 60_000_000).map(Self::from_micros);
        let (Some(Ok(local)), -1_439..=1_439) = (local, minutes) else { return self.write_to(out) };
        out.extend_from_slice(trim_fraction(&local.fixed_width()));
        let size = minutes.unsigned_abs();
        let digits = |number: u32| [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        out.push(if minutes < 0 { b'-' } else { b'+' });
        out.extend_from_slice(&digits(size / 60));
        out.push(b':');
        out.extend_from_slice(&digits(size % 60));
    }

    /// Returns the RFC 3339 text with six fractional digits. Its byte order is the order in time.
    pub fn fixed_width(self) -> [u8; Self::FIXED_WIDTH] {
        let mut text = *b"0000-00-00T00:00:00.000000+00:00";
        let (seconds, micros) = (self.0.div_euclid(1_000_000), self.0.rem_euclid(1_000_000) as u32);
        let (days, seconds) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400) as u32);
        let (year, month, day) = civil_from_days(days);
        let year = year as u32;
        for (at, two_digits) in [
            (0, year / 100),
            (2, year % 100),
            (5, month as u32),
            (8, day as u32),
            (11, seconds / 3_600),
            (14, seconds / 60 % 60),
            (17, seconds % 60),
            (20, micros / 10_000),
            (22, micros / 100 % 100),
            (24, micros % 100),
        ] {
            text[at] = b'0' + (two_digits / 10) as u8;
            text[at + 1] = b'0' + (two_digits % 10) as u8;
        }
        text
    }
}

/// Returns a fixed-width text without its offset and without trailing zeros in the fraction.
///
/// Row encoders use it to convert what SQLite stores into the API's form without parsing.
pub fn trim_fraction(fixed: &[u8; Timestamp::FIXED_WIDTH]) -> &[u8] {
    let mut end = 26;
    while fixed[end - 1] == b'0' && end > 20 {
        end -= 1;
    }
    if end == 20 { &fixed[..19] } else { &fixed[..end] }
}

/// Converts days since 1970-01-01 to year, month and day of the proleptic Gregorian calendar.
///
/// This is Howard Hinnant's `civil_from_days`. A calendar library costs ten times as much in the row encoder.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    // 32-bit divisions are faster.
    let day_of_era = shifted.rem_euclid(146_097) as u32;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (i64::from(year_of_era) + era * 400 + i64::from(month <= 2), month.into(), day.into())
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Parses RFC 3339, with a required offset, or a decimal number of seconds since 1970.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        if let Ok(seconds) = text.parse::<Decimal>() {
            return from_epoch(&seconds);
        }
        from_rfc_3339(text.as_bytes()).ok_or(TimestampError::Malformed)?
    }
}

/// Parses `2026-01-02T03:04:05.678+01:00`. Returns `None` if the text has another form or an invalid date or time.
///
/// Libraries either accept more of ISO 8601 than RFC 3339 allows, or end a day before the year 9999 does.
fn from_rfc_3339(text: &[u8]) -> Option<Result<Timestamp, TimestampError>> {
    let (head, mut rest) = text.split_at_checked(19)?;
    let separated = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')].iter().all(|&(at, byte)| head[at] == byte);
    if !separated || !matches!(head[10], b'T' | b't' | b' ') {
        return None;
    }
    let days = days_from_civil(digits(&head[0..4])?, digits(&head[5..7])?, digits(&head[8..10])?)?;
    let (hour, minute, second) = (digits(&head[11..13])?, digits(&head[14..16])?, digits(&head[17..19])?);
    let mut fraction: &[u8] = b"";
    if let Some(digits) = rest.strip_prefix(b".") {
        let length = digits.iter().position(|byte| !byte.is_ascii_digit()).filter(|length| *length > 0)?;
        (fraction, rest) = digits.split_at(length);
    }
    let offset_minutes = match rest {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), h @ .., b':', m1, m2] if h.len() == 2 => {
            let (hours, minutes) = (digits(h)?, digits(&[*m1, *m2])?);
            let east = (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)?;
            if *sign == b'+' { east } else { -east }
        }
        _ => return None,
    };
    // A leap second becomes the first second of the next minute, as in PostgreSQL.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (exact, beyond) = fraction.split_at(fraction.len().min(6));
    if beyond.iter().any(|digit| *digit != b'0') {
        return Some(Err(TimestampError::TooPrecise));
    }
    let micros = digits(exact).unwrap_or(0) * 10_i64.pow(6 - exact.len() as u32);
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset_minutes * 60;
    Some(Timestamp::from_micros(seconds * 1_000_000 + micros))
}

/// Parses a few decimal digits.
fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

/// Converts a date to days since 1970-01-01; `None` if the date does not exist. The inverse of [`civil_from_days`].
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let shifted_year = year - i64::from(month <= 2);
    let (era, year_of_era) = (shifted_year.div_euclid(400), shifted_year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    // A date that does not exist converts back to another one.
    (civil_from_days(days) == (year, month, day)).then_some(days)
}

/// Converts seconds since 1970.
fn from_epoch(seconds: &Decimal) -> Result<Timestamp, TimestampError> {
    let micros = seconds.rescale(6).ok_or(TimestampError::TooPrecise)?;
    i64::try_from(micros.unscaled()).map_err(|_| TimestampError::OutOfRange).and_then(Timestamp::from_micros)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.fixed_width();
        // The text is ASCII, so this cannot fail.
        f.write_str(std::str::from_utf8(trim_fraction(&text)).map_err(|_| fmt::Error)?)?;
        f.write_str("+00:00")
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp as Instant;

    use super::*;

    #[test]
    fn reads_rfc_3339_and_seconds() {
        for (text, printed) in [
            ("2014-05-10T09:20:34Z", "2014-05-10T09:20:34+00:00"),
            ("1399713634", "2014-05-10T09:20:34+00:00"),
            ("1399713634.5", "2014-05-10T09:20:34.5+00:00"),
            ("2014-05-10 10:20:34.123456+01:00", "2014-05-10T09:20:34.123456+00:00"),
            ("2014-05-10T09:20:34.1234560000Z", "2014-05-10T09:20:34.123456+00:00"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999+00:00"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00+00:00"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
            ("2016-12-31t23:59:59.5-00:30", "2017-01-01T00:29:59.5+00:00"),
            ("-0.000001", "1969-12-31T23:59:59.999999+00:00"),
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), printed, "{text}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        use TimestampError::{Malformed, OutOfRange, TooPrecise};
        for (text, error) in [
            ("", Malformed),
            ("tomorrow", Malformed),
            ("2014-05-10", Malformed),
            ("2014-05-10T09:20:34", Malformed),
            ("2023-02-29T00:00:00Z", Malformed),
            ("2014-05-10T09:20:34+01:00[Europe/Paris]", Malformed),
            ("2014-05-10T09:20:3\u{e9}Z", Malformed),
            ("2014-05-10T09+01:00:00", Malformed),
            ("2014-00-10T09:20:34Z", Malformed),
            ("2014-13-10T09:20:34Z", Malformed),
            ("2014-04-31T09:20:34Z", Malformed),
            ("2014-04-00T09:20:34Z", Malformed),
            ("1900-02-29T09:20:34Z", Malformed),
            ("2014-04-30T24:00:00Z", Malformed),
            ("2014-04-30T23:60:00Z", Malformed),
            ("2014-04-30T23:00:00.Z", Malformed),
            ("2014-04-30T23:00:00.5", Malformed),
            ("2014-04-30T23:00:00+1:00", Malformed),
            ("2014-04-30T23:00:00+24:00", Malformed),
            ("2014-04-30T23:00:00+01:00Z", Malformed),
            ("2014-05-10T09:20:34.1234567Z", TooPrecise),
            ("0.0000001", TooPrecise),
            ("1e15", OutOfRange),
            ("-1e12", OutOfRange),
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(error), "{text}");
        }
        assert!("0000-12-31T23:59:59Z".parse::<Timestamp>().is_err());
        assert!("9999-12-31T23:59:59-01:00".parse::<Timestamp>().is_err());
        assert!("２０14-05-10T09:20:34Z".parse::<Timestamp>().is_err());
    }

    #[test]
    fn the_same_instant_at_an_offset() {
        let written = |text: &str, minutes| {
            let mut out = Vec::new();
            let time: Timestamp = text.parse().unwrap();
            time.write_at_offset(minutes, &mut out);
            let out = String::from_utf8(out).unwrap();
            assert_eq!(out.parse(), Ok(time), "{out}");
            out
        };
        assert_eq!(written("2026-01-01T00:00:00Z", 0), "2026-01-01T00:00:00+00:00");
        assert_eq!(written("2025-12-31T23:59:59.000001Z", 345), "2026-01-01T05:44:59.000001+05:45");
        assert_eq!(written("1970-01-01T00:00:00Z", -1_439), "1969-12-31T00:01:00-23:59");
        assert_eq!(written("0001-01-01T00:00:00Z", 60), "0001-01-01T01:00:00+01:00");
        // The year would be another one than those that can be read again.
        assert_eq!(written("0001-01-01T00:00:00Z", -60), "0001-01-01T00:00:00+00:00");
        assert_eq!(written("9999-12-31T23:59:59Z", 60), "9999-12-31T23:59:59+00:00");
        assert_eq!(written("2026-01-01T00:00:00Z", 1_440), "2026-01-01T00:00:00+00:00");
    }

    #[test]
    fn agrees_with_the_calendar_of_a_library() {
        let mut micros = MIN;
        while micros < MAX - 40_000_000_000_000 {
            let ours = Timestamp(micros).to_string();
            let theirs = Instant::from_microsecond(micros).unwrap().to_string();
            assert_eq!(ours.replace("+00:00", "Z"), theirs);
            assert_eq!(ours.parse(), Ok(Timestamp(micros)));
            micros += 39_999_999_999_937;
        }
    }
}
