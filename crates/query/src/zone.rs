//! The zone whose clocks the times of a response show: `Prefer: timezone=America/Los_Angeles`.
//!
//! The zones are those of the IANA time zone database that is built into the program, so that they are the same on
//! every machine and for both engines.

use std::fmt;
use std::sync::{LazyLock, OnceLock};

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// All zones by their name in lower case, in its order, each parsed on its first use.
static ZONES: LazyLock<Vec<(String, OnceLock<Option<Named>>)>> = LazyLock::new(|| {
    let names = TimeZoneDatabase::bundled();
    let mut zones: Vec<_> =
        names.available().map(|name| (name.as_str().to_ascii_lowercase(), OnceLock::new())).collect();
    zones.sort_by(|(one, _), (other, _)| one.cmp(other));
    zones
});

#[derive(Debug)]
struct Named {
    name: String,
    zone: TimeZone,
}

/// A time zone of the IANA database. Cheap to copy: each one is parsed once and kept.
#[derive(Clone, Copy)]
pub struct Zone(&'static Named);

impl Zone {
    /// Finds a zone by its name, whose case does not matter.
    ///
    /// ```
    /// use mwallet_query::Zone;
    ///
    /// let zone = Zone::find("america/los_angeles").unwrap();
    /// assert_eq!(zone.name(), "America/Los_Angeles");
    /// // 2026-11-01T08:30:00Z and an hour later: the clocks were turned back in between.
    /// assert_eq!(zone.offset_minutes(1_793_521_800_000_000), -7 * 60);
    /// assert_eq!(zone.offset_minutes(1_793_525_400_000_000), -8 * 60);
    /// assert!(Zone::find("Mars/Olympus").is_none());
    /// ```
    pub fn find(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let index = ZONES.binary_search_by(|(known, _)| known.as_str().cmp(&name)).ok()?;
        let (_, zone) = ZONES.get(index)?;
        zone.get_or_init(|| {
            let zone = TimeZoneDatabase::bundled().get(&name).ok()?;
            Some(Named { name: zone.iana_name()?.to_owned(), zone })
        })
        .as_ref()
        .map(Self)
    }

    /// Returns its name as the database writes it.
    pub fn name(self) -> &'static str {
        &self.0.name
    }

    /// Returns how far its clocks are ahead of UTC at an instant, which is given in microseconds since 1970.
    ///
    /// It is rounded to minutes: before time was standardized, offsets had seconds, which RFC 3339 cannot write. It is
    /// 0 from the end of the year 9999 on, of which no zone is known.
    pub fn offset_minutes(self, micros: i64) -> i32 {
        let instant = Timestamp::from_microsecond(micros);
        instant.map_or(0, |instant| (self.0.zone.to_offset(instant).seconds() + 30).div_euclid(60))
    }
}

impl PartialEq for Zone {
    /// Each zone is kept once, so the same place in memory is the same zone.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_of_the_database_is_found() {
        assert!(ZONES.len() > 500, "{} zones", ZONES.len());
        for (name, _) in ZONES.iter() {
            let zone = Zone::find(name).unwrap_or_else(|| panic!("{name} cannot be parsed"));
            assert_eq!(zone.name().to_ascii_lowercase(), *name);
            assert_eq!(Zone::find(&name.to_ascii_uppercase()), Some(zone));
            // A name is part of a header.
            assert!(zone.name().bytes().all(|byte| byte.is_ascii_graphic() && byte != b','), "{name}");
            assert!((0..60).all(|years| zone.offset_minutes(years * 31_557_600_000_000).abs() < 16 * 60), "{name}");
        }
        for name in ["", " ", "Mars/Olympus", "America", "UTC+1", "America/Los_Angeles ", "../UTC", "Etc/Unknown"] {
            assert_eq!(Zone::find(name), None, "{name}");
        }
    }

    #[test]
    fn offsets_have_whole_minutes_and_ends() {
        let amsterdam = Zone::find("Europe/Amsterdam").unwrap();
        let los_angeles = Zone::find("America/Los_Angeles").unwrap();
        // 1850: local mean time, -7:52:58.
        assert_eq!(los_angeles.offset_minutes(-3_786_912_000_000_000), -(7 * 60 + 53));
        assert_eq!(Zone::find("Asia/Kathmandu").unwrap().offset_minutes(1_767_225_600_000_000), 345);
        assert_eq!(Zone::find("UTC").unwrap().offset_minutes(1_767_225_600_000_000), 0);
        // The first year, the last of the database and the last of all; beyond them.
        assert_eq!(amsterdam.offset_minutes(253_402_300_799_999_999), 0);
        assert_eq!(amsterdam.offset_minutes(253_370_764_800_000_000), 60);
        assert_ne!(los_angeles.offset_minutes(-62_135_596_800_000_000), 0);
        assert_eq!((los_angeles.offset_minutes(i64::MAX), los_angeles.offset_minutes(i64::MIN)), (0, 0));
    }
}
