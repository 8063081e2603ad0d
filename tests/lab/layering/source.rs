//! What one file says of others: its tokens are read into scopes, each with the names that it
//! brings in and the paths that it writes. What those names mean is for `house` to find out.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};

/// A module by its names from the crate's root on: `chain::headers::side`.
pub type Module = Vec<String>;

/// A module, in a file of its own or inline, or a block within one that has imports of its own.
#[derive(Default)]
pub struct Scope {
    pub module: Module,
    /// The module of the file that it stands in.
    pub file: Module,
    /// The scope around a block. A module sees nothing of what is around it.
    pub outer: Option<usize>,
    /// `mod name;` and `mod name { … }`, and whether the module is only there for tests.
    pub children: BTreeMap<String, bool>,
    /// What is defined here, by name.
    pub items: BTreeSet<String>,
    pub imports: Vec<Import>,
    pub mentions: Vec<Mention>,
}

/// One name, or everything of a module, that a `use` brings in.
#[derive(Clone)]
pub struct Import {
    pub path: Vec<String>,
    /// What it is called here; none for a glob.
    pub name: Option<String>,
    /// It is offered to others.
    pub public: bool,
    pub test: bool,
}

/// A path in the code, or a single name that may be a type or is called.
pub struct Mention {
    pub path: Vec<String>,
    pub test: bool,
}

/// Adds the scopes of a file to those of the house.
pub fn read(source: &str, module: &Module, scopes: &mut Vec<Scope>) {
    let tokens: TokenStream = source.parse().expect("Rust source");
    let scope = scopes.len();
    scopes.push(Scope {
        module: module.clone(),
        file: module.clone(),
        ..Scope::default()
    });
    let mut reader = Reader { scopes };
    let here = At {
        scope,
        items: true,
        test: false,
    };
    reader.walk(&tokens.into_iter().collect::<Vec<_>>(), here);
}

struct Reader<'a> {
    scopes: &'a mut Vec<Scope>,
}

/// Where a walk is.
#[derive(Clone, Copy)]
struct At {
    scope: usize,
    /// What is defined here belongs to the module, and to no `impl` or block.
    items: bool,
    test: bool,
}

impl Reader<'_> {
    fn walk(&mut self, tokens: &[TokenTree], here: At) {
        let mut at = 0;
        while at < tokens.len() {
            at += self.step(tokens, at, here);
        }
    }

    /// Reads what begins at a token, and says how many tokens that takes.
    fn step(&mut self, tokens: &[TokenTree], at: usize, here: At) -> usize {
        let rest = &tokens[at..];
        if let Some((attribute, length)) = attribute(rest) {
            if is_cfg_test(&attribute) {
                let end = length + item_length(&rest[length..]);
                self.walk(&rest[length..end], At { test: true, ..here });
                return end;
            }
            self.walk(
                &paths_in_texts(attribute),
                At {
                    items: false,
                    ..here
                },
            );
            return length;
        }
        match &rest[0] {
            TokenTree::Ident(word) => match word.to_string().as_str() {
                "use" if !is_punct(rest.get(1), '<') => {
                    let public = at > 0 && is_visibility(&tokens[..at]);
                    self.import(rest, public, here)
                }
                "mod" => self.module(rest, here),
                // Where it can be seen is no use.
                "pub" if within(rest.get(1)) => 2,
                word => {
                    if here.items {
                        self.item(word, rest, here);
                    }
                    self.mention(tokens, at, here)
                }
            },
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let block = group.delimiter() == Delimiter::Brace && has_imports(&inner);
                let scope = if block {
                    self.block(here.scope)
                } else {
                    here.scope
                };
                self.walk(
                    &inner,
                    At {
                        scope,
                        items: false,
                        ..here
                    },
                );
                1
            }
            _ => 1,
        }
    }

    fn block(&mut self, outer: usize) -> usize {
        let Scope { module, file, .. } = &self.scopes[outer];
        let (module, file) = (module.clone(), file.clone());
        self.scopes.push(Scope {
            module,
            file,
            outer: Some(outer),
            ..Scope::default()
        });
        self.scopes.len() - 1
    }

    /// `use …;`
    fn import(&mut self, tokens: &[TokenTree], public: bool, here: At) -> usize {
        let length = tokens.iter().position(|token| is_punct(Some(token), ';'));
        let length = length.expect("a use ends");
        let mut found = Vec::new();
        tree(&tokens[1..length], &[], &mut found);
        let test = here.test;
        let found = found.into_iter().map(|(path, name)| Import {
            path,
            name,
            public,
            test,
        });
        self.scopes[here.scope].imports.extend(found);
        length + 1
    }

    /// `mod name;` or `mod name { … }`
    fn module(&mut self, tokens: &[TokenTree], here: At) -> usize {
        let Some(TokenTree::Ident(name)) = tokens.get(1) else {
            return 1;
        };
        let name = name.to_string();
        let Scope { module, file, .. } = &self.scopes[here.scope];
        let (mut module, file) = (module.clone(), file.clone());
        module.push(name.clone());
        self.scopes[here.scope].children.insert(name, here.test);
        if let Some(TokenTree::Group(body)) = tokens.get(2) {
            let scope = self.scopes.len();
            self.scopes.push(Scope {
                module,
                file,
                ..Scope::default()
            });
            let inner: Vec<TokenTree> = body.stream().into_iter().collect();
            self.walk(
                &inner,
                At {
                    scope,
                    items: true,
                    ..here
                },
            );
        }
        3
    }

    /// Puts down the name of what is defined here, if this word begins it.
    fn item(&mut self, word: &str, tokens: &[TokenTree], here: At) {
        let name = match word {
            "fn" | "struct" | "enum" | "union" | "trait" | "type" | "const" | "static" => {
                tokens.get(1)
            }
            _ => None,
        };
        if let Some(TokenTree::Ident(name)) = name {
            self.scopes[here.scope].items.insert(name.to_string());
        }
    }

    /// A path, or a single name if it may be that of a type or is called.
    fn mention(&mut self, tokens: &[TokenTree], at: usize, here: At) -> usize {
        let mut path = Vec::new();
        let mut end = at;
        while let Some(TokenTree::Ident(name)) = tokens.get(end) {
            path.push(name.to_string());
            end += 1;
            if !is_separator(&tokens[end..]) {
                break;
            }
            end += 2;
        }
        let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
        let begins = !is_punct(before(1), '.') || is_punct(before(2), '.');
        let from_outside = is_punct(before(1), ':') && is_punct(before(2), ':');
        let defined = matches!(before(1), Some(TokenTree::Ident(word)) if word == "fn");
        let single = path.len() == 1;
        let named = path[0].starts_with(char::is_uppercase)
            || is_punct(tokens.get(end), '!')
            || matches!(tokens.get(end), Some(TokenTree::Group(args)) if args.delimiter() == Delimiter::Parenthesis);
        if begins && !from_outside && !defined && (!single || named) {
            let test = here.test;
            self.scopes[here.scope]
                .mentions
                .push(Mention { path, test });
        }
        end - at
    }
}

/// What `#[…]` or `#![…]` says, and how many tokens it takes.
fn attribute(tokens: &[TokenTree]) -> Option<(Vec<TokenTree>, usize)> {
    if !is_punct(tokens.first(), '#') {
        return None;
    }
    let at = if is_punct(tokens.get(1), '!') { 2 } else { 1 };
    match tokens.get(at)? {
        TokenTree::Group(group) => Some((group.stream().into_iter().collect(), at + 1)),
        _ => None,
    }
}

fn is_cfg_test(attribute: &[TokenTree]) -> bool {
    let words: Vec<String> = attribute.iter().map(ToString::to_string).collect();
    words == ["cfg", "(test)"]
}

/// Up to the end of an item: its braces, or a semicolon.
fn item_length(tokens: &[TokenTree]) -> usize {
    let mut import = false;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) => import |= word == "use",
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && !import => {
                return at + 1;
            }
            token if is_punct(Some(token), ';') => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// serde is told of functions in texts: `with = "crate::node::time::duration_text"`.
fn paths_in_texts(attribute: Vec<TokenTree>) -> Vec<TokenTree> {
    if !matches!(attribute.first(), Some(TokenTree::Ident(name)) if name == "serde") {
        return attribute;
    }
    let spelled = |token: TokenTree| match &token {
        TokenTree::Group(group) => group.stream().into_iter().flat_map(read_text).collect(),
        _ => vec![token],
    };
    attribute.into_iter().flat_map(spelled).collect()
}

fn read_text(token: TokenTree) -> Vec<TokenTree> {
    let TokenTree::Literal(text) = &token else {
        return vec![token];
    };
    let path = text.to_string();
    match path.trim_matches('"').parse::<TokenStream>() {
        Ok(tokens) => tokens.into_iter().collect(),
        Err(_) => Vec::new(),
    }
}

fn has_imports(tokens: &[TokenTree]) -> bool {
    tokens
        .iter()
        .any(|token| matches!(token, TokenTree::Ident(word) if word == "use"))
}

/// The tokens end with `pub` or `pub(…)`.
fn is_visibility(tokens: &[TokenTree]) -> bool {
    let is_pub = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word == "pub");
    match tokens {
        [.., last] if is_pub(last) => true,
        [.., word, TokenTree::Group(_)] => is_pub(word),
        _ => false,
    }
}

/// The `(in …)` or `(super)` of a visibility.
fn within(token: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Group(group)) = token else {
        return false;
    };
    let first = group.stream().into_iter().next();
    let Some(TokenTree::Ident(word)) = first else {
        return false;
    };
    word == "in" || word == "crate" || word == "super" || word == "self"
}

/// The paths of a `use`, each with the name that it gives; none for a glob.
fn tree(tokens: &[TokenTree], base: &[String], found: &mut Vec<(Vec<String>, Option<String>)>) {
    let mut path = base.to_vec();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(word) if word == "as" => {
                let name = tokens.get(at + 1).expect("a name").to_string();
                found.push((path, Some(name)));
                return;
            }
            TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
            TokenTree::Ident(word) => path.push(word.to_string()),
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let parts = inner.split(|token| is_punct(Some(token), ','));
                for part in parts.filter(|part| !part.is_empty()) {
                    tree(part, &path, found);
                }
                return;
            }
            star if is_punct(Some(star), '*') => {
                found.push((path, None));
                return;
            }
            _ => {}
        }
        at += 1;
    }
    let name = path.last().expect("a path").clone();
    found.push((path, Some(name)));
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn is_separator(tokens: &[TokenTree]) -> bool {
    is_punct(tokens.first(), ':') && is_punct(tokens.get(1), ':')
}
