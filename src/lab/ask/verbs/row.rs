//! A row of the table of verbs, and what makes one.

use crate::lab::ask::params::{BadParam, Params, required};
use crate::lab::ask::request::{Access, Named, Request, Scope};
use crate::node::io::{Command, Question};
use crate::node::snapshot::PAGE_MAX;
use serde_json::{Map, Value};

/// Something that can be asked for: a method of the control protocol, and
/// [nearly always](Request::is_step) a step of a script.
#[derive(Debug)]
pub struct Verb {
    /// Its name.
    pub name: &'static str,
    /// Its parameters, in the order in which people think of them; one that is about a node takes
    /// `node` as well.
    pub params: &'static [Param],
    /// What it does, in a sentence without its end.
    pub title: &'static str,
    /// What it is about.
    pub scope: Scope,
    makes: Makes,
}

/// What a verb's parameters make.
#[derive(Debug)]
enum Makes {
    /// Something that a node is to do.
    Command(fn(&mut Params) -> Result<Command, BadParam>),
    /// Something that a node is asked.
    Question(fn(&mut Params) -> Result<Question, BadParam>),
    /// Something that the lab tells.
    Told(fn(&mut Params) -> Result<Request<Named>, BadParam>),
    /// Something that is asked of the lab.
    Request(fn(&mut Params) -> Result<Request<Named>, BadParam>),
}

/// A parameter of a verb.
#[derive(Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// It can be left out.
    pub is_optional: bool,
    /// What it is, with an example.
    pub is: &'static str,
}

pub(super) const fn needs(name: &'static str, is: &'static str) -> Param {
    Param {
        name,
        is_optional: false,
        is,
    }
}

pub(super) const fn takes(name: &'static str, is: &'static str) -> Param {
    Param {
        name,
        is_optional: true,
        is,
    }
}

/// Something that a node does.
pub(super) const fn command(
    name: &'static str,
    params: &'static [Param],
    title: &'static str,
    read: fn(&mut Params) -> Result<Command, BadParam>,
) -> Verb {
    row(Scope::Node, name, params, title, Makes::Command(read))
}

/// Something that a node tells.
pub(super) const fn question(
    name: &'static str,
    params: &'static [Param],
    title: &'static str,
    read: fn(&mut Params) -> Result<Question, BadParam>,
) -> Verb {
    row(Scope::Node, name, params, title, Makes::Question(read))
}

/// Something that a lab does.
pub(super) const fn request(
    scope: Scope,
    name: &'static str,
    params: &'static [Param],
    title: &'static str,
    read: fn(&mut Params) -> Result<Request<Named>, BadParam>,
) -> Verb {
    row(scope, name, params, title, Makes::Request(read))
}

/// Something that a lab tells.
pub(super) const fn told(
    scope: Scope,
    name: &'static str,
    params: &'static [Param],
    title: &'static str,
    read: fn(&mut Params) -> Result<Request<Named>, BadParam>,
) -> Verb {
    row(scope, name, params, title, Makes::Told(read))
}

const fn row(
    scope: Scope,
    name: &'static str,
    params: &'static [Param],
    title: &'static str,
    makes: Makes,
) -> Verb {
    Verb {
        name,
        params,
        title,
        scope,
        makes,
    }
}

impl Verb {
    /// Whether it only asks.
    pub fn access(&self) -> Access {
        match self.makes {
            Makes::Question(_) | Makes::Told(_) => Access::Read,
            Makes::Command(_) | Makes::Request(_) => Access::Write,
        }
    }

    /// Reads parameters.
    ///
    /// # Errors
    /// [`BadParam`], the first that is wrong.
    pub fn read(&self, params: Map<String, Value>) -> Result<Request<Named>, BadParam> {
        let mut params = Params::new(params);
        let request = match self.makes {
            Makes::Command(read) => Request::Node(node(&mut params)?, read(&mut params)?),
            Makes::Question(read) => Request::Ask(node(&mut params)?, read(&mut params)?),
            Makes::Told(read) | Makes::Request(read) => read(&mut params)?,
        };
        params.finish()?;
        Ok(request)
    }
}

/// The node that a verb is about.
pub(super) fn node(params: &mut Params) -> Result<Named, BadParam> {
    params.text("node", "central")
}

/// The wallet that a verb is about.
pub(super) fn name(params: &mut Params) -> Result<String, BadParam> {
    required("name", params.text("name", "eve")?)
}

/// How many rows are wanted.
pub(super) fn limit(params: &mut Params) -> Result<usize, BadParam> {
    Ok(params.number("limit")?.unwrap_or(PAGE_MAX))
}
