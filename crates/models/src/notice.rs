//! Notices from the operators to users, and their recipients.

use mwallet_db::schema::Timestamp;
use mwallet_db::{Entity, Enumeration, Key, Name, Ref, Timestamps, ToMany};

use crate::User;

/// How urgent a notice is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enumeration)]
pub enum NoticeLevel {
    /// Good to know.
    #[default]
    Info = 0,
    /// Something may go wrong.
    Warning = 1,
    /// Something is wrong; act now.
    Critical = 2,
}

/// A notice that its recipients see for a period.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(check(name = "period", sql = "start_at <= end_at"))]
pub struct AppNotice {
    /// The number of the row.
    #[entity(flatten)]
    pub key: Key,
    /// The names of the row.
    #[entity(flatten)]
    pub names: Name,
    /// What the notice is about, in a line.
    #[entity(max = 256, min_length = 1)]
    pub title: String,
    /// What the notice says.
    pub message: String,
    /// How urgent it is.
    #[entity(default)]
    pub level: NoticeLevel,
    /// When the notice begins to be shown.
    #[entity(index)]
    pub start_at: Timestamp,
    /// When the notice is no longer shown; never, where it is null.
    pub end_at: Option<Timestamp>,
    /// When the row was made and changed.
    #[entity(flatten)]
    pub timestamps: Timestamps,
}

/// That a notice is for a user.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(key(notice_id, user_id))]
pub struct NoticeRecipient {
    /// The notice.
    #[entity(on_delete = "cascade")]
    pub notice_id: Ref<AppNotice>,
    /// The user it is for.
    #[entity(on_delete = "cascade", index)]
    pub user_id: Ref<User>,
}

impl AppNotice {
    /// To whom the notice goes.
    pub const RECIPIENTS: ToMany<Self, NoticeRecipient> = NoticeRecipient::NOTICE.inverse();
}
