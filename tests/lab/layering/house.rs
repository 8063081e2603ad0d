//! All files together: which file defines what a path names, and so which file uses which.

use super::source::{Import, Module, Scope, read};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Default)]
pub struct House {
    scopes: Vec<Scope>,
    /// The scope of each module, by its names.
    modules: BTreeMap<Module, usize>,
    /// Modules that are files.
    pub files: BTreeSet<Module>,
}

/// One file uses what another defines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    pub from: Module,
    pub to: Module,
    /// How that is written.
    pub by: String,
    /// Only tests do so.
    pub test: bool,
}

/// What a path leads to.
struct Found {
    /// The module itself, or the one that defines the item.
    module: Module,
    is_module: bool,
    /// Modules that lend a name which they only brought in for themselves.
    lenders: Vec<Module>,
}

impl House {
    pub fn on_disk() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut paths = Vec::new();
        sources(&root, &mut paths);
        let mut house = Self::default();
        for path in &paths {
            let name = path.strip_prefix(&root).expect("below src/");
            let source = fs::read_to_string(path).expect("readable");
            house.add(name.to_str().expect("ASCII"), &source);
        }
        house
    }

    /// Takes in a file by its path below `src/`.
    pub fn add(&mut self, path: &str, source: &str) {
        let module = module_of(path);
        let first = self.scopes.len();
        read(source, &module, &mut self.scopes);
        for (at, scope) in self.scopes.iter().enumerate().skip(first) {
            if scope.outer.is_none() {
                self.modules.insert(scope.module.clone(), at);
            }
        }
        self.files.insert(module);
    }

    /// All arrows between files, each pair once for code and once for tests.
    pub fn arrows(&self) -> Vec<Arrow> {
        let mut arrows: BTreeMap<(Module, Module, bool), String> = BTreeMap::new();
        for at in 0..self.scopes.len() {
            self.arrows_of(at, &mut |from, to, test, by| {
                let key = (from.clone(), to.clone(), test);
                arrows.entry(key).or_insert_with(|| by.join("::"));
            });
        }
        let arrow = |((from, to, test), by)| Arrow { from, to, by, test };
        arrows.into_iter().map(arrow).collect()
    }

    fn arrows_of(&self, at: usize, put: &mut impl FnMut(&Module, &Module, bool, &[String])) {
        let scope = &self.scopes[at];
        let in_test = self.is_test(&scope.module);
        let mut put_found = |found: Found, test: bool, by: &[String]| {
            for module in found.lenders.iter().chain([&found.module]) {
                let to = self.file_of(module);
                if *to != scope.file {
                    put(&scope.file, to, test || in_test, by);
                }
            }
        };
        for import in &scope.imports {
            let Some(found) = self.resolve(at, &import.path, 0) else {
                continue;
            };
            let of_child = import.public && self.leads_into_child(at, &import.path);
            let only_a_door = found.is_module && import.name.is_some() && !import.public;
            let is_way = only_a_door && self.is_walked_through(at, import);
            if !of_child && !is_way {
                put_found(found, import.test, &import.path);
            }
        }
        for mention in &scope.mentions {
            if let Some(found) = self.resolve(at, &mention.path, 0)
                && !(found.is_module && mention.path.len() == 1)
            {
                put_found(found, mention.test, &mention.path);
            }
        }
    }

    /// A module that was brought in to write `module::Item`: the arrows are those of the items.
    fn is_walked_through(&self, at: usize, import: &Import) -> bool {
        let name = import.name.as_ref();
        self.scopes.iter().enumerate().any(|(inner, scope)| {
            let sees = inner == at || self.is_within(inner, at);
            let imported = scope.imports.iter().map(|import| &import.path);
            let mut paths = scope
                .mentions
                .iter()
                .map(|mention| &mention.path)
                .chain(imported);
            sees && paths.any(|path| path.len() > 1 && path.first() == name)
        })
    }

    /// A block that lies within a scope.
    fn is_within(&self, block: usize, scope: usize) -> bool {
        let outer = self.scopes[block].outer;
        outer.is_some_and(|outer| outer == scope || self.is_within(outer, scope))
    }

    /// The path is written as one that begins at a child of its own module.
    fn leads_into_child(&self, at: usize, path: &[String]) -> bool {
        let module = &self.scopes[at].module;
        match self.root_of(at, &path[0]) {
            Some(mut base) => {
                base.extend_from_slice(&path[1..]);
                base.len() > module.len() && base.starts_with(module)
            }
            None => self.module(module).children.contains_key(&path[0]),
        }
    }

    /// Where `crate`, `chainlab`, `self` or `super` leads.
    fn root_of(&self, at: usize, first: &str) -> Option<Module> {
        let module = &self.scopes[at].module;
        match first {
            "crate" | "chainlab" => Some(Vec::new()),
            "self" => Some(module.clone()),
            "super" => Some(module[..module.len() - 1].to_vec()),
            _ => None,
        }
    }

    /// What a path of a scope names; none if it is no part of the house.
    fn resolve(&self, at: usize, path: &[String], depth: usize) -> Option<Found> {
        // `use log::log;` means a crate, and would be looked for in itself for ever.
        if depth > 16 {
            return None;
        }
        let (first, rest) = path.split_first()?;
        if let Some(base) = self.root_of(at, first) {
            return self.walk(base, rest, at, depth);
        }
        let scope = &self.scopes[at];
        let import = scope
            .imports
            .iter()
            .find(|import| import.name.as_ref() == Some(first));
        let has_child = scope.outer.is_none() && scope.children.contains_key(first);
        if has_child && (!rest.is_empty() || import.is_none()) {
            let mut child = scope.module.clone();
            child.push(first.clone());
            return self.walk(child, rest, at, depth);
        }
        if let Some(import) = import {
            return self.resolve(at, &onwards(import, rest), depth + 1);
        }
        if scope.items.contains(first) {
            return Some(item(&scope.module));
        }
        let glob = scope.imports.iter().find(|import| {
            import.name.is_none() && self.offers_all(at, &import.path, first, depth)
        });
        if let Some(glob) = glob {
            return self.resolve(at, &[&glob.path[..], path].concat(), depth + 1);
        }
        self.resolve(scope.outer?, path, depth)
    }

    /// From a module on, along the rest of a path that was written in a scope.
    fn walk(&self, module: Module, rest: &[String], asker: usize, depth: usize) -> Option<Found> {
        let Some((name, beyond)) = rest.split_first() else {
            return Some(Found {
                module,
                is_module: true,
                lenders: Vec::new(),
            });
        };
        if name == "super" {
            let parent = module[..module.len() - 1].to_vec();
            return self.walk(parent, beyond, asker, depth);
        }
        let Some(&at) = self.modules.get(&module) else {
            return Some(item(&module));
        };
        let scope = &self.scopes[at];
        if beyond.is_empty() && scope.items.contains(name) {
            return Some(item(&module));
        }
        let import = scope
            .imports
            .iter()
            .find(|import| import.name.as_ref() == Some(name));
        if scope.children.contains_key(name) && (!beyond.is_empty() || import.is_none()) {
            let child = [&module[..], std::slice::from_ref(name)].concat();
            return self.walk(child, beyond, asker, depth);
        }
        if let Some(import) = import {
            // What it has from outside the house is had from it.
            let found = self.resolve(at, &onwards(import, beyond), depth + 1);
            let mut found = found.unwrap_or_else(|| item(&module));
            if !import.public && self.scopes[asker].module != module {
                found.lenders.push(module);
            }
            return Some(found);
        }
        let glob = scope.imports.iter().find(|import| {
            !scope.items.contains(name)
                && import.name.is_none()
                && self.offers_all(at, &import.path, name, depth)
        });
        if let Some(glob) = glob {
            return self.resolve(at, &[&glob.path[..], rest].concat(), depth + 1);
        }
        Some(item(&module))
    }

    /// Whether a glob brings in something of that name.
    fn offers_all(&self, at: usize, glob: &[String], name: &str, depth: usize) -> bool {
        let Some(found) = self.resolve(at, glob, depth + 1) else {
            return false;
        };
        let Some(&at) = self.modules.get(&found.module).filter(|_| found.is_module) else {
            return false;
        };
        let scope = &self.scopes[at];
        let import = |import: &Import| match &import.name {
            Some(own) => own == name,
            None => self.offers_all(at, &import.path, name, depth + 1),
        };
        scope.items.contains(name)
            || scope.children.contains_key(name)
            || scope.imports.iter().any(import)
    }

    fn module(&self, module: &Module) -> &Scope {
        &self.scopes[self.modules[module]]
    }

    /// The file that has a module.
    fn file_of<'a>(&'a self, module: &'a Module) -> &'a Module {
        self.modules
            .get(module)
            .map_or(module, |at| &self.scopes[*at].file)
    }

    /// In a module that is only there for tests, or in a file of them.
    pub fn is_test(&self, module: &Module) -> bool {
        (1..=module.len()).any(|end| {
            let (name, parent) = module[..end].split_last().expect("a name");
            let parent = self.modules.get(parent).map(|at| &self.scopes[*at]);
            let marked = parent.and_then(|parent| parent.children.get(name));
            name == "tests" || marked.is_some_and(|test| *test)
        })
    }
}

fn item(module: &Module) -> Found {
    Found {
        module: module.clone(),
        is_module: false,
        lenders: Vec::new(),
    }
}

fn onwards(import: &Import, rest: &[String]) -> Vec<String> {
    [&import.path[..], rest].concat()
}

/// The files of Rust below a directory.
pub fn sources(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("src/ is readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// `chain/headers/side.rs` is the module chain::headers::side, and `lib.rs` the root.
fn module_of(path: &str) -> Module {
    let names = path.trim_end_matches(".rs").split('/');
    let mut names: Module = names.map(str::to_owned).collect();
    if names
        .last()
        .is_some_and(|last| last == "mod" || last == "lib")
    {
        names.pop();
    }
    names
}
