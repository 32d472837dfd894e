//! Notices and their recipients.

use std::collections::BTreeSet;

use mwallet_db::{Key, Ref};
use mwallet_models::{AppNotice, NoticeLevel, NoticeRecipient};

use super::people::row;
use super::random::{DAY, Origin, Random, Stream, later, unchanged};
use super::vocabulary::NOTICES;

/// The most users that one notice is for.
const RECIPIENTS: i64 = 40;

/// The notices.
pub(super) fn notices(origin: Origin, count: u64) -> impl Iterator<Item = AppNotice> {
    let mut random = Random::new(origin, Stream::Notices);
    (1..=count).map(move |number| {
        let made = random.moment(number, count);
        let (level, title, message) = random.pick(NOTICES);
        let start_at = later(made, random.between(0, 2 * DAY));
        AppNotice {
            key: Key { id: row(number).into() },
            names: random.names(made, format!("notice-{number}")),
            title: title.into(),
            message: message.into(),
            level: match level {
                0 => NoticeLevel::Info,
                1 => NoticeLevel::Warning,
                _ => NoticeLevel::Critical,
            },
            start_at,
            end_at: random.percent(80).then(|| later(start_at, random.between(1, 60) * DAY)),
            timestamps: unchanged(made),
        }
    })
}

/// The recipients of each notice, in the order of the key.
pub(super) fn recipients(origin: Origin, notices: u64, users: u64) -> impl Iterator<Item = NoticeRecipient> {
    let mut random = Random::new(origin, Stream::Recipients);
    (1..=notices).flat_map(move |notice| {
        let wanted = random.between(1, RECIPIENTS + 1);
        // A user who is drawn twice is one recipient.
        let users: BTreeSet<i64> = (0..wanted).map(|_| random.between(1, row(users) + 1)).collect();
        users.into_iter().map(move |user| NoticeRecipient { notice_id: Ref::Id(row(notice)), user_id: Ref::Id(user) })
    })
}
