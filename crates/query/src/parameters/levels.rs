//! Which embed a parameter belongs to.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::{Embed, Filter, Order, ParseError, SelectItem};

/// The number of the table's own level.
pub(super) const ROOT: usize = 0;

/// The embeds of `select` by name. They are numbered from 1, each before those that it contains.
pub(crate) struct Embeds<'s> {
    /// The embeds of each level. The level of an embed has its number.
    levels: Vec<BTreeMap<&'s str, Named<'s>>>,
}

/// What has a name among the embeds of a level.
struct Named<'s> {
    first: &'s Embed,
    /// The number of the embed. Several spreads may share a name, which no other parameter can use then.
    number: Option<usize>,
}

impl<'s> Embeds<'s> {
    /// Returns an error if two embeds of a level have the same name, unless both are spread, and nothing else is said of
    /// them: a spread has no alias.
    pub(crate) fn new(select: &'s [SelectItem]) -> Result<Self, ParseError> {
        let mut embeds = Self { levels: vec![BTreeMap::new()] };
        embeds.add(ROOT, select)?;
        Ok(embeds)
    }

    /// Adds the embeds of a level. The parser of `select` limits how deep they are.
    fn add(&mut self, level: usize, items: &'s [SelectItem]) -> Result<(), ParseError> {
        for item in items {
            let SelectItem::Embed(embed) = item else { continue };
            let number = self.levels.len();
            match self.levels[level].entry(embed.name()) {
                Entry::Vacant(entry) => drop(entry.insert(Named { first: embed, number: Some(number) })),
                Entry::Occupied(entry) if [entry.get().first, embed].into_iter().all(is_plain_spread) => {
                    entry.into_mut().number = None;
                }
                Entry::Occupied(_) => {
                    let error = ParseError::syntax("select", format!("two embeds are named {}", embed.name()));
                    return Err(error.hint("name one of them: select=other:table(*)"));
                }
            }
            self.levels.push(BTreeMap::new());
            self.add(number, &embed.select)?;
        }
        Ok(())
    }

    /// Returns the number of an embed of a level.
    pub(super) fn find(&self, level: usize, name: &str) -> Option<usize> {
        self.levels[level].get(name)?.number
    }

    /// Returns empty parameters for the table and for each embed.
    pub(super) fn parameters(&self) -> Vec<LevelParameters> {
        self.levels.iter().map(|_| LevelParameters::default()).collect()
    }
}

/// Returns whether an embed is spread, without filters, order or page.
fn is_plain_spread(embed: &Embed) -> bool {
    embed.is_spread && embed.filters.is_empty() && embed.order.is_empty() && (embed.limit, embed.offset) == (None, None)
}

/// The parameters of the table or of an embed.
#[derive(Default)]
pub(super) struct LevelParameters {
    pub(super) filters: Vec<Filter>,
    pub(super) order: Vec<Order>,
    pub(super) limit: Option<u64>,
    pub(super) offset: Option<u64>,
}

/// Moves the parameters of embeds into the embeds, which are numbered as by [`Embeds`].
pub(super) fn move_into(select: &mut [SelectItem], levels: &mut dyn Iterator<Item = LevelParameters>) {
    for item in select {
        let SelectItem::Embed(embed) = item else { continue };
        if let Some(level) = levels.next() {
            embed.filters = level.filters;
            embed.order = level.order;
            embed.limit = level.limit;
            embed.offset = level.offset;
        }
        move_into(&mut embed.select, levels);
    }
}
