//! Reads the modules of each crate, and which of them use which, from the source.
//!
//! A module and its submodules form a group: `query.rs` and the files in `query/`. A file uses another group if a
//! path that starts with `crate` or `super` leads there. Tests are ignored.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree};

/// The path of a module in its crate; empty for the crate itself.
type Name = Vec<String>;

/// A module with its own file.
pub(crate) struct Module {
    /// The number of lines before its tests.
    pub(crate) lines: usize,
    /// The paths of other modules or of their items.
    uses: BTreeSet<Name>,
}

/// The modules of a crate.
pub(crate) type Modules = BTreeMap<Name, Module>;

/// Reads the crates of the workspace, by folder name.
pub(crate) fn crates(root: &Path) -> BTreeMap<String, Modules> {
    let mut crates = BTreeMap::new();
    for folder in fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path()) {
        let mut modules = Modules::new();
        read(&folder.join("src"), &[], &mut modules);
        crates.insert(folder.file_name().unwrap().to_str().unwrap().to_owned(), modules);
    }
    crates
}

fn read(folder: &Path, name: &[String], modules: &mut Modules) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let inner = || name.iter().cloned().chain([stem.clone()]).collect::<Name>();
        if path.is_dir() {
            read(&path, &inner(), modules);
        } else if path.extension().is_some_and(|ending| ending == "rs") && stem != "tests" {
            let is_crate = name.is_empty() && ["lib", "main"].contains(&stem.as_str());
            let own = if is_crate { Name::new() } else { inner() };
            modules.insert(own.clone(), module(own, &fs::read_to_string(&path).unwrap()));
        }
    }
}

fn module(name: Name, text: &str) -> Module {
    let code = text.split("\n#[cfg(test)]").next().unwrap_or_default();
    let mut uses = Uses { name, found: BTreeSet::new() };
    uses.visit_file(&syn::parse_file(text).unwrap());
    Module { lines: code.lines().count(), uses: uses.found }
}

/// Collects the paths in a file.
struct Uses {
    name: Name,
    found: BTreeSet<Name>,
}

impl Uses {
    /// Adds a path as written, if it leads to another module of the crate.
    fn add(&mut self, path: &[String]) {
        let Some(first) = path.first() else { return };
        let mut base = self.name.clone();
        let rest = match first.as_str() {
            "crate" => {
                base.clear();
                &path[1..]
            }
            "self" => &path[1..],
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                base.truncate(base.len().saturating_sub(ups));
                &path[ups..]
            }
            _ => return,
        };
        self.found.insert(base.into_iter().chain(rest.iter().cloned()).collect());
    }

    fn add_tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |part: String| before.iter().cloned().chain([part]).collect::<Name>();
        match tree {
            UseTree::Path(path) => self.add_tree(&with(path.ident.to_string()), &path.tree),
            UseTree::Name(name) => self.add(&with(name.ident.to_string())),
            UseTree::Rename(name) => self.add(&with(name.ident.to_string())),
            UseTree::Glob(_) => self.add(before),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.add_tree(before, item)),
        }
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_item(&mut self, item: &'ast Item) {
        if let Item::Mod(ItemMod { attrs, .. }) = item
            && is_test(attrs)
        {
            return;
        }
        visit::visit_item(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !is_test(&item.attrs) {
            self.add_tree(&[], &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(&parts);
        visit::visit_path(self, path);
    }
}

/// Returns the uses that form a cycle of groups: `a -> b`, where `b` also uses `a`, directly or indirectly.
pub(crate) fn circles(modules: &Modules) -> BTreeSet<String> {
    let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, module) in modules {
        let Some(room) = name.first() else { continue };
        let rooms = module.uses.iter().filter(|used| !used.is_empty() && modules.contains_key(&used[..1]));
        let others = rooms.map(|used| used[0].as_str()).filter(|other| other != room);
        uses.entry(room).or_default().extend(others);
    }
    let uses = &uses;
    let edges = uses.iter().flat_map(|(from, others)| others.iter().map(move |to| (*from, *to)));
    edges.filter(|(from, to)| reaches(uses, to, from)).map(|(from, to)| format!("{from} -> {to}")).collect()
}

fn reaches<'r>(uses: &BTreeMap<&'r str, BTreeSet<&'r str>>, from: &'r str, to: &str) -> bool {
    let (mut seen, mut next) = (BTreeSet::from([from]), vec![from]);
    while let Some(room) = next.pop() {
        for other in uses.get(room).into_iter().flatten() {
            if *other == to {
                return true;
            }
            if seen.insert(other) {
                next.push(other);
            }
        }
    }
    false
}
