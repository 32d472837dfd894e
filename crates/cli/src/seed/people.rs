//! Organizations, users, and the groups they are in.

use std::collections::HashMap;

use fake::Fake;
use fake::faker::name::raw::{FirstName, LastName};
use fake::locales::{EN, FR_FR, PT_BR};
use mwallet_db::schema::Timestamp;
use mwallet_db::{Key, Ref};
use mwallet_models::{Group, Organization, Owner, User, UserGroup};

use super::random::{DAY, Origin, Random, Stream, later, unchanged};
use super::vocabulary::{FAMILY_NAMES, GIVEN_NAMES, GROUPS, MAIL_DOMAINS, TRADES};

/// The number of users per organization.
const USERS_PER_ORGANIZATION: u64 = 50;

/// The number of organizations for a number of users.
pub(super) fn organization_count(users: u64) -> u64 {
    users.div_ceil(USERS_PER_ORGANIZATION)
}

/// The external identifier of a user.
fn rsid(user: i64) -> String {
    format!("user{user:08}")
}

/// A user as the owner of something.
pub(super) fn owner(user: i64) -> Owner {
    Owner { usid: rsid(user), user_id: Some(Ref::Id(user)) }
}

/// When the `number`th of `count` users joined: in the year before all other events, so that nobody owns anything
/// before they join.
fn came(random: &mut Random, number: u64, count: u64) -> Timestamp {
    later(random.moment(number, count), -365 * DAY)
}

/// The organizations.
pub(super) fn organizations(origin: Origin, count: u64) -> impl Iterator<Item = Organization> {
    let mut random = Random::new(origin, Stream::Organizations);
    let mut taken = Taken::default();
    (1..=count).map(move |number| {
        let made = came(&mut random, number, count);
        let name = format!("{} {}", random.pick(FAMILY_NAMES), random.pick(TRADES));
        let slug = taken.free(&ascii(&name, '-'), '-');
        Organization {
            key: Key { id: row(number).into() },
            names: random.names(made, &slug),
            email: Some(format!("desk@{slug}.example")),
            registration_number: Some(format!("RC{}", 1_400_000 + number * 37)),
            name,
            timestamps: unchanged(made),
        }
    })
}

/// The users.
pub(super) fn users(origin: Origin, count: u64) -> impl Iterator<Item = User> {
    let mut random = Random::new(origin, Stream::Users);
    let mut taken = Taken::default();
    (1..=count).map(move |number| {
        let made = came(&mut random, number, count);
        let (given, family, phone) = person(&mut random);
        let username = taken.free(&format!("{}.{}", ascii(given, '-'), ascii(family, '-')), '.');
        let in_organization = random.percent(30);
        let organization = random.between(1, row(organization_count(count)) + 1);
        User {
            key: Key { id: row(number).into() },
            names: random.names(made, &username),
            rsid: rsid(row(number)),
            email: format!("{username}@{}", random.pick(MAIL_DOMAINS)),
            username,
            phone: Some(phone).filter(|_| random.percent(90)),
            first_name: Some(given.to_owned()),
            last_name: Some(family.to_owned()),
            is_active: !random.percent(3),
            organization_id: in_organization.then_some(Ref::Id(organization)),
            timestamps: unchanged(made),
        }
    })
}

/// The given name, family name and telephone number of a person.
fn person(random: &mut Random) -> (&'static str, &'static str, String) {
    match random.between(0, 100) {
        0..75 => {
            let prefix = random.pick(&["70", "80", "81", "90", "91"]);
            let phone = format!("+234 {prefix}{} {:03} {:04}", random.between(1, 10), tail(random, 3), tail(random, 4));
            (random.pick(GIVEN_NAMES), random.pick(FAMILY_NAMES), phone)
        }
        // Ranges that are reserved for fiction, if the country has one.
        75..85 => (
            FirstName(EN).fake_with_rng(random.source()),
            LastName(EN).fake_with_rng(random.source()),
            format!("+44 7700 900{:03}", tail(random, 3)),
        ),
        85..90 => (
            FirstName(EN).fake_with_rng(random.source()),
            LastName(EN).fake_with_rng(random.source()),
            format!("+1 {} 555 01{:02}", random.pick(&["212", "305", "415", "713"]), tail(random, 2)),
        ),
        90..95 => (
            FirstName(FR_FR).fake_with_rng(random.source()),
            LastName(FR_FR).fake_with_rng(random.source()),
            format!("+33 1 99 00 {:02} {:02}", tail(random, 2), tail(random, 2)),
        ),
        _ => (
            FirstName(PT_BR).fake_with_rng(random.source()),
            LastName(PT_BR).fake_with_rng(random.source()),
            format!("+55 11 9{:04}-{:04}", tail(random, 4), tail(random, 4)),
        ),
    }
}

/// A random number of up to `digits` digits.
fn tail(random: &mut Random, digits: u32) -> i64 {
    random.between(0, 10_i64.pow(digits))
}

/// The groups.
pub(super) fn groups(origin: Origin) -> impl Iterator<Item = Group> {
    let mut random = Random::new(origin, Stream::Groups);
    let count = GROUPS.len() as u64;
    (1..).zip(GROUPS).map(move |(number, (name, description))| {
        let made = came(&mut random, number, count * 100);
        Group {
            key: Key { id: row(number).into() },
            names: random.names(made, *name),
            name: (*name).to_owned(),
            scope: "global".into(),
            description: Some((*description).to_owned()),
            timestamps: unchanged(made),
        }
    })
}

/// The members of the groups: half of all users are verified, one in ten is an agent, and few are in the other groups.
pub(super) fn members(origin: Origin, users: u64) -> impl Iterator<Item = UserGroup> {
    let mut random = Random::new(origin, Stream::Members);
    (1..=users).flat_map(move |user| {
        let chances = [10, 1, 1, 2, 50];
        let groups: Vec<i64> =
            (1..).zip(chances).filter(|(_, chance)| random.percent(*chance)).map(|(g, _)| g).collect();
        groups.into_iter().map(move |group| UserGroup { user_id: Ref::Id(row(user)), group_id: Ref::Id(group) })
    })
}

/// The ID of the `number`th row.
pub(super) fn row(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A name in ASCII, with `between` between its words.
fn ascii(name: &str, between: char) -> String {
    let plain = deunicode::deunicode(name).to_ascii_lowercase().replace('\'', "");
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(&between.to_string())
}

/// Makes names unique.
#[derive(Default)]
struct Taken(HashMap<String, u32>);

impl Taken {
    /// The name, with the first free number appended if it is taken.
    fn free(&mut self, name: &str, between: char) -> String {
        let count = self.0.entry(name.to_owned()).or_default();
        *count += 1;
        if *count == 1 { name.to_owned() } else { format!("{name}{between}{count}") }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_there_once() {
        let origin = Origin { seed: 1, as_of: Timestamp::default() };
        let users: Vec<User> = users(origin, 5_000).collect();
        let names: HashSet<&str> = users.iter().map(|user| user.username.as_str()).collect();
        let mails: HashSet<&str> = users.iter().map(|user| user.email.as_str()).collect();
        assert_eq!((names.len(), mails.len()), (users.len(), users.len()));
        assert!(
            names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)))
        );
    }

    #[test]
    fn names_become_plain() {
        assert_eq!(ascii("José d'Ávila", '-'), "jose-davila");
        let mut taken = Taken::default();
        assert_eq!([taken.free("a", '.'), taken.free("a", '.'), taken.free("b", '.')], ["a", "a.2", "b"]);
    }
}
