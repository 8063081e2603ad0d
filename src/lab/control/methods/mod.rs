//! Every method that asks for something to be done, or for something to be told: its name, its
//! parameters, what it does. One table for programs, for `chainlab rpc`, for scripts, and for
//! docs/control.md.

mod read;
mod table;
mod write;

pub use table::METHODS;
pub use write::{write, write_order, write_question};

use super::basics::BASICS;
use super::order::Order;
use super::params::{BadParam, Params};
use crate::lab::document::nearest;
use crate::node::foreign::is_hidden;
use crate::node::io::{Command, Question};
use serde_json::{Map, Value};

/// Hexadecimal digits of a wallet's key.
const KEY_DIGITS: usize = 64;

/// Where the key of a wallet is to be imported from, if that is not the key but the name of a
/// wallet that has it.
pub fn key_holder(secret: &str) -> Option<&str> {
    let is_name = !secret.is_empty() && secret.trim().len() != KEY_DIGITS;
    is_name.then_some(secret)
}

/// The longest caption, in characters: a line.
pub const NOTE_MAX: usize = 200;

/// A method.
#[derive(Debug)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// Its parameters, in the order in which people think of them; those that are of a node take
    /// `node` as well.
    pub params: &'static [Param],
    /// What it does, in a sentence without its end.
    pub does: &'static str,
    read: Read,
}

/// What a method's parameters make.
#[derive(Debug)]
enum Read {
    /// Something that a node is to do.
    Command(fn(&mut Params) -> Result<Command, BadParam>),
    /// Something that a node is asked.
    Question(fn(&mut Params) -> Result<Question, BadParam>),
    /// Something that the lab does with a node.
    Node(fn(Option<String>) -> Order),
    /// Something of the lab.
    Lab(fn(&mut Params) -> Result<Order, BadParam>),
}

/// A parameter of a method.
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

/// The method of this name.
pub fn method(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

/// That there is no such method, with the one that was probably meant.
pub fn unknown(name: &str) -> String {
    let shown: String = name.chars().take(40).collect();
    let basics = BASICS.iter().map(|method| method.name);
    if basics.clone().any(|basic| basic == name) {
        return format!("{name} is for programs that stay connected, and cannot be called here");
    }
    let names = basics.chain(METHODS.iter().map(|method| method.name));
    match nearest(&shown, names) {
        Some(near) => format!("there is no method {shown:?}; did you mean {near:?}?"),
        None => format!("there is no method {shown:?}"),
    }
}

impl Method {
    /// Reads parameters.
    ///
    /// # Errors
    /// [`BadParam`], the first that is wrong.
    pub fn read(&self, params: Map<String, Value>) -> Result<Order, BadParam> {
        let mut params = Params::new(params);
        let order = match self.read {
            Read::Command(read) => Order::Node(read::node(&mut params)?, read(&mut params)?),
            Read::Question(read) => Order::Ask(read::node(&mut params)?, read(&mut params)?),
            Read::Node(make) => make(read::node(&mut params)?),
            Read::Lab(read) => read(&mut params)?,
        };
        params.finish()?;
        Ok(order)
    }

    /// Whether it is about one node, and takes `node` as well.
    pub fn is_of_node(&self) -> bool {
        !matches!(self.read, Read::Lab(_))
    }
}

/// Reads a caption: a line.
///
/// # Errors
/// In words, what it is to be.
pub fn check_note(text: &str) -> Result<String, String> {
    if text.contains(is_hidden) || text.chars().count() > NOTE_MAX {
        return Err(format!(
            "one line of at most {NOTE_MAX} characters is wanted here"
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{BlockHash, Txid};
    use crate::node::io::{Command, Payment, Question};
    use crate::node::mining::MiningMode;
    use crate::node::private::{Release, Strategy};
    use serde_json::json;
    use std::net::SocketAddr;
    use std::time::Duration;

    fn payment() -> Payment {
        Payment {
            from: "alice".to_owned(),
            to: "bob".to_owned(),
            amount: "1.5".parse().expect("an amount"),
            fee: Some("0.0001".parse().expect("an amount")),
        }
    }

    fn commands() -> Vec<Command> {
        let name = || "eve".to_owned();
        let addr = SocketAddr::from(([127, 0, 0, 1], 3_000));
        let proposed = Payment {
            fee: None,
            ..payment()
        };
        vec![
            Command::CreateWallet { name: name() },
            Command::ImportWallet {
                name: name(),
                secret: "ab".repeat(32),
            },
            Command::Send(payment()),
            Command::Send(proposed),
            Command::Mine(MiningMode::Off),
            Command::Mine(MiningMode::On),
            Command::Mine(MiningMode::OnTx(2)),
            Command::SetHashrate(14_000.5),
            Command::MineTo { wallet: name() },
            Command::MineNow,
            Command::SetStrategy(Strategy::Honest),
            Command::SetStrategy(Strategy::Withhold(Release::Lead(2))),
            Command::Release,
            Command::AddPeer(addr),
            Command::DropPeer(addr),
            Command::Ban {
                ip: addr.ip(),
                for_: Duration::from_secs(600),
            },
            Command::Unban(addr.ip()),
        ]
    }

    fn questions() -> Vec<Question> {
        let name = || "eve".to_owned();
        vec![
            Question::ExportWallet { name: name() },
            Question::PlanSend(payment()),
            Question::Wallets,
            Question::History {
                name: name(),
                skip: 3,
                limit: 4,
            },
            Question::Coins { of: name() },
            Question::Snapshot,
            Question::Peers,
            Question::Chain {
                from: 7,
                to: 2,
                limit: 8,
            },
            Question::Block {
                hash: BlockHash([7; 32]),
            },
            Question::BlockAt { height: 9 },
            Question::Tx {
                txid: Txid([8; 32]),
            },
            Question::Mempool { limit: 5 },
        ]
    }

    #[test]
    fn every_command_and_every_question_is_a_method_that_reads_it_back() {
        let commands = commands().into_iter().map(|command| {
            let written = write(&command);
            let order = move |node| Order::Node(node, command.clone());
            (
                written,
                Box::new(order) as Box<dyn Fn(Option<String>) -> Order>,
            )
        });
        let questions = questions().into_iter().map(|question| {
            let written = write_question(&question);
            let order = move |node| Order::Ask(node, question.clone());
            (
                written,
                Box::new(order) as Box<dyn Fn(Option<String>) -> Order>,
            )
        });
        for ((name, mut params), order) in commands.chain(questions) {
            let method = method(name).expect("in the table");
            assert!(method.is_of_node());
            let read = method.read(params.clone()).expect("readable");
            assert_eq!(read, order(None));
            params.insert("node".to_owned(), "miner".into());
            let read = method.read(params).expect("readable");
            assert_eq!(read, order(Some("miner".to_owned())));
        }
    }

    #[test]
    fn every_parameter_of_the_table_is_taken_and_no_other() {
        for method in METHODS {
            let read = method.read(Map::new());
            let missing = method.params.iter().find(|param| !param.is_optional);
            if let (Some(missing), Err(error)) = (missing, &read) {
                assert_eq!(error.key, missing.name, "{}", method.name);
            }
            for param in method.params {
                let wrong = Map::from_iter([(param.name.to_owned(), json!({"no": "such"}))]);
                let error = method.read(wrong).expect_err("an object");
                let first = method
                    .params
                    .iter()
                    .position(|first| first.name == error.key);
                assert!(first.is_some(), "{}: {error}", method.name);
            }
            let unknown = Map::from_iter([("zzz".to_owned(), json!("1"))]);
            assert!(method.read(unknown).is_err(), "{}", method.name);
        }
    }
}
