//! `chainlab rpc`: any method of the control protocol, and the list of them.

use super::choose::Choice;
use super::group::Group;
use super::table::print_json;
use super::{Failure, print};
use crate::lab::ask::Scope;
use crate::lab::ask::verbs::{BASICS, Basic, Verb, unknown, verb, verbs};
use clap::Args;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab rpc                                    lists all methods
  chainlab rpc coins of=alice
  chainlab rpc set_link from=central to=miner latency=80ms
  chainlab rpc kill node=miner";

/// What an endpoint tells by itself, besides what is asked of labs and nodes.
fn questions() -> impl Iterator<Item = &'static Basic> {
    BASICS.iter().filter(|basic| !basic.is_lasting)
}

#[derive(Args)]
pub(super) struct Options {
    /// The method; without one, all are listed.
    method: Option<String>,
    /// Its parameters.
    #[arg(value_name = "KEY=VALUE", value_parser = parse_param)]
    params: Vec<(String, String)>,
    #[command(flatten)]
    choice: Choice,
    /// Print the list of methods as JSON, and an answer on one line.
    #[arg(long)]
    pub(super) json: bool,
}

fn parse_param(text: &str) -> Result<(String, String), String> {
    let split = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = split.ok_or("write KEY=VALUE, as in of=alice")?;
    Ok((key.to_owned(), value.to_owned()))
}

pub(super) async fn run(options: &Options) -> Result<(), Failure> {
    let Some(name) = &options.method else {
        return match options.json {
            true => print_json(&data()),
            false => print(&list()),
        };
    };
    let found = verb(name);
    if found.is_none() && questions().all(|question| question.name != name) {
        return Err(Failure::input(unknown(name)));
    }
    let mut params = Map::new();
    for (key, value) in &options.params {
        let value = Value::String(value.clone());
        if params.insert(key.clone(), value).is_some() {
            return Err(Failure::input(format!("{key}: is there twice")));
        }
    }
    let group = options.choice.open().await?;
    let answer = call(&group, found, name, params).await?;
    if options.json {
        return print_json(&answer);
    }
    let text = serde_json::to_string_pretty(&answer).expect("plain data");
    print(&format!("{text}\n"))
}

/// Calls it at the endpoint where it can be answered.
async fn call(
    group: &Group,
    verb: Option<&Verb>,
    name: &str,
    mut params: Map<String, Value>,
) -> Result<Value, Failure> {
    let of_node = verb.is_some_and(|verb| verb.scope == Scope::Node);
    if let (true, Some(chosen)) = (of_node, group.chosen()) {
        params.entry("node").or_insert_with(|| chosen.into());
    }
    let node = params.get("node").and_then(Value::as_str);
    let client = match (group.members(), node.or(group.chosen())) {
        ([only], _) => only,
        (_, Some(node)) => group.client(node)?,
        _ => return Err(group.node_needed()),
    };
    Ok(client.call(name, params).await?)
}

fn list() -> String {
    let mut text = String::new();
    for question in questions() {
        let _ = writeln!(text, "{}\n  {}", question.name, question.title);
    }
    for verb in verbs() {
        let node = match verb.scope {
            Scope::Node => " [node]",
            Scope::Link | Scope::Lab | Scope::Time => "",
        };
        let params = verb.params.iter().map(|param| match param.is_optional {
            true => format!(" [{}]", param.name),
            false => format!(" {}", param.name),
        });
        let params: String = params.collect();
        let _ = writeln!(text, "{}{params}{node}\n  {}", verb.name, verb.title);
        for param in verb.params {
            let _ = writeln!(text, "    {:<10} {}", param.name, param.is);
        }
    }
    text
}

fn data() -> Vec<Value> {
    let questions = questions();
    let questions =
        questions.map(|question| json!({ "name": question.name, "does": question.title }));
    let verbs = verbs().map(|verb| {
        let params = verb.params.iter().map(
            |param| json!({ "name": param.name, "optional": param.is_optional, "is": param.is }),
        );
        json!({
            "name": verb.name,
            "does": verb.title,
            "of_node": verb.scope == Scope::Node,
            "params": params.collect::<Vec<_>>(),
        })
    });
    questions.chain(verbs).collect()
}
