//! Orders statements by the dependencies that PostgreSQL records.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::questions::Makes;

/// The catalogue of an object, and its OID there.
pub(super) type Object = (i64, i64);

/// The first OID of an object that is not built in.
const FIRST_OWN: i64 = 16_384;

/// The maximum length of an ownership chain, such as from an array type to a table's row type to the table.
const MAX_DEPTH: usize = 20;

/// A statement and its object.
pub(super) struct Piece {
    pub(super) object: Object,
    /// A relation that it needs in addition to the dependencies of the object.
    pub(super) needs: Option<Object>,
    pub(super) makes: Makes,
    /// The position of its kind.
    pub(super) kind: usize,
    pub(super) statement: String,
}

/// A dependency, with PostgreSQL's letter for its type.
pub(super) struct Dependency {
    pub(super) of: Object,
    pub(super) on: Object,
    pub(super) letter: u8,
}

/// Why a statement is omitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It needs an object that is not created.
    Needs(Object),
    /// It is part of a dependency cycle, or depends on one.
    Circle,
}

/// The pieces in an order in which they can run, and the omitted ones.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) run: Vec<usize>,
    pub(super) left_out: Vec<(usize, Reason)>,
}

/// Where an object comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The piece that creates it.
    Piece(usize),
    /// It is built in, or an extension creates it.
    Given,
    /// Nothing creates it.
    Missing(Object),
}

/// The owners of objects, and the pieces that create them.
pub(super) struct Things {
    makers: HashMap<Object, usize>,
    /// The owner of an object, and the letter of the dependency.
    owners: HashMap<Object, (u8, Object)>,
    /// The catalogue of relations. An automatic dependency does not make a relation part of its owner.
    relations: i64,
}

impl Things {
    pub(super) fn from_pieces(pieces: &[Piece], dependencies: &[Dependency], relations: i64) -> Self {
        let things = pieces.iter().enumerate().filter(|(_, piece)| piece.makes == Makes::Thing);
        let makers = things.map(|(at, piece)| (piece.object, at)).collect();
        let mut owners: HashMap<Object, (u8, Object)> = HashMap::new();
        let rank = |letter: u8| b"eia".iter().position(|other| *other == letter);
        for Dependency { of, on, letter } in dependencies {
            let Some(found) = rank(*letter) else { continue };
            if of != on && owners.get(of).is_none_or(|(other, _)| rank(*other).is_some_and(|other| found < other)) {
                owners.insert(*of, (*letter, *on));
            }
        }
        Self { makers, owners, relations }
    }

    /// Returns what creates an object, directly or by creating its owner.
    pub(super) fn owner(&self, object: Object) -> Owner {
        self.owner_by(object, b"eia")
    }

    /// Same as [`owner`](Self::owner), for objects that cannot be created apart from their owner.
    pub(super) fn close_owner(&self, object: Object) -> Owner {
        self.owner_by(object, b"ei")
    }

    fn owner_by(&self, mut object: Object, letters: &[u8]) -> Owner {
        for _ in 0..MAX_DEPTH {
            if let Some(piece) = self.makers.get(&object) {
                return Owner::Piece(*piece);
            }
            if object.1 < FIRST_OWN {
                return Owner::Given;
            }
            match self.owners.get(&object) {
                Some((b'e', extension)) => {
                    return self.makers.get(extension).map_or(Owner::Given, |piece| Owner::Piece(*piece));
                }
                Some((b'a', _)) if object.0 == self.relations => break,
                Some((letter, owner)) if letters.contains(letter) => object = *owner,
                _ => break,
            }
        }
        Owner::Missing(object)
    }
}

/// Orders the pieces by kind and then by text, except where dependencies require otherwise.
pub(super) fn order(pieces: &[Piece], dependencies: &[Dependency], things: &Things) -> Order {
    // What each piece requires, and what it should merely follow.
    let mut needs: Vec<Vec<usize>> = vec![Vec::new(); pieces.len()];
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); pieces.len()];
    let mut reasons: Vec<Option<Reason>> = vec![None; pieces.len()];
    let mut need = |reasons: &mut Vec<Option<Reason>>, piece: usize, object: Object| match things.owner(object) {
        Owner::Piece(other) if other != piece => needs[piece].push(other),
        Owner::Missing(object) => reasons[piece] = Some(Reason::Needs(object)),
        _ => {}
    };
    for Dependency { of, on, .. } in dependencies {
        if let Owner::Piece(piece) = things.owner(*of) {
            need(&mut reasons, piece, *on);
        }
    }
    let mut parts: HashMap<Object, Vec<usize>> = HashMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        if piece.makes != Makes::Thing {
            need(&mut reasons, at, piece.object);
            piece.needs.into_iter().for_each(|object| need(&mut reasons, at, object));
        }
        if let (Makes::Part, Some(whole)) = (piece.makes, piece.needs) {
            parts.entry(whole).or_default().push(at);
        }
    }
    // A partitioned table's key would be copied to partitions attached later, under another name.
    for (at, piece) in pieces.iter().enumerate().filter(|(_, piece)| piece.makes == Makes::Thing) {
        after[at].extend(piece.needs.and_then(|whole| parts.get(&whole)).into_iter().flatten());
    }

    // Omit whatever depends on an omitted object.
    loop {
        let mut is_new = false;
        for at in 0..pieces.len() {
            let gone = needs[at].iter().find(|other| reasons[**other].is_some());
            if let (None, Some(other)) = (reasons[at], gone) {
                reasons[at] = Some(Reason::Needs(pieces[*other].object));
                is_new = true;
            }
        }
        if !is_new {
            break;
        }
    }

    let mut waits = vec![0_usize; pieces.len()];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); pieces.len()];
    for at in (0..pieces.len()).filter(|at| reasons[*at].is_none()) {
        for other in needs[at].iter().chain(&after[at]).filter(|other| reasons[**other].is_none()) {
            waits[at] += 1;
            followers[*other].push(at);
        }
    }
    let entry = |at: usize| Reverse((pieces[at].kind, &pieces[at].statement, at));
    let ready = (0..pieces.len()).filter(|at| reasons[*at].is_none() && waits[*at] == 0);
    let mut ready: BinaryHeap<_> = ready.map(entry).collect();
    let mut run = Vec::with_capacity(pieces.len());
    while let Some(Reverse((.., at))) = ready.pop() {
        run.push(at);
        for follower in std::mem::take(&mut followers[at]) {
            waits[follower] -= 1;
            if waits[follower] == 0 {
                ready.push(entry(follower));
            }
        }
    }
    let left_out = (0..pieces.len()).filter_map(|at| match (reasons[at], waits[at]) {
        (None, 0) => None,
        (reason, _) => Some((at, reason.unwrap_or(Reason::Circle))),
    });
    let left_out = left_out.collect();
    Order { run, left_out }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: i64 = 1;
    const FUNCTIONS: i64 = 2;

    fn piece(object: Object, makes: Makes, kind: usize, statement: &str) -> Piece {
        Piece { object, needs: None, makes, kind, statement: statement.into() }
    }

    fn ordered(pieces: &[Piece], dependencies: &[(u8, Object, Object)]) -> Order {
        let dependency = |(letter, of, on): &(u8, Object, Object)| Dependency { of: *of, on: *on, letter: *letter };
        let dependencies: Vec<_> = dependencies.iter().map(dependency).collect();
        order(pieces, &dependencies, &Things::from_pieces(pieces, &dependencies, TABLES))
    }

    #[test]
    fn what_is_needed_comes_first() {
        let (table, function, row_type) = ((TABLES, 20_000), (FUNCTIONS, 20_001), (3, 20_002));
        let pieces = [
            piece(function, Makes::Thing, 0, "f"),
            piece(table, Makes::Thing, 1, "t"),
            piece((FUNCTIONS, 20_003), Makes::Thing, 0, "g"),
            piece(table, Makes::Addition, 2, "comment"),
        ];
        // The function takes rows of the table, whose type belongs to it.
        let order = ordered(&pieces, &[(b'i', row_type, table), (b'n', function, row_type)]);
        assert_eq!(order, Order { run: vec![2, 1, 0, 3], left_out: vec![] });
    }

    #[test]
    fn what_needs_what_is_left_out_is_left_out() {
        let (table, view, missing) = ((TABLES, 20_000), (TABLES, 20_001), (TABLES, 20_009));
        let pieces = [piece(view, Makes::Thing, 1, "v"), piece(table, Makes::Thing, 0, "t")];
        let order = ordered(&pieces, &[(b'n', view, table), (b'n', table, missing)]);
        assert_eq!(order.run, [0_usize; 0]);
        assert_eq!(order.left_out, [(0, Reason::Needs(table)), (1, Reason::Needs(missing))]);
    }

    #[test]
    fn a_circle_is_left_out() {
        let (one, other) = ((FUNCTIONS, 20_000), (FUNCTIONS, 20_001));
        let pieces = [piece(one, Makes::Thing, 0, "f"), piece(other, Makes::Thing, 0, "g")];
        let order = ordered(&pieces, &[(b'n', one, other), (b'n', other, one)]);
        assert_eq!(order.left_out, [(0, Reason::Circle), (1, Reason::Circle)]);
    }
}
