//! Wallets and payments.

use super::row::{Param, Verb, command, limit, name, needs, node, question, request, takes};
use crate::lab::ask::params::{BadParam, Params, required};
use crate::lab::ask::{Request, Scope};
use crate::lab::paper::names::check_label;
use crate::node::io::{Command, Payment, Question};

/// Hexadecimal digits of a wallet's key.
const KEY_DIGITS: usize = 64;

/// Where the key of a wallet is to be imported from, if that is not the key but the name of a
/// wallet that has it.
pub fn key_holder(secret: &str) -> Option<&str> {
    let is_name = !secret.is_empty() && secret.trim().len() != KEY_DIGITS;
    is_name.then_some(secret)
}

const WALLET: Param = needs("name", "the wallet's name");
const FROM: Param = needs("from", "the wallet that pays");
const TO: Param = needs("to", "an address, or any wallet's name");
const AMOUNT: Param = needs("amount", "how much arrives, as in \"1.5\"");
const FEE: Param = takes(
    "fee",
    "what the miner gets, as in \"0.0001\" [what the network proposes]",
);

pub(super) const VERBS: &[Verb] = &[
    command(
        "create_wallet",
        &[WALLET],
        "makes a wallet with a new key",
        |params| {
            let name = name(params)?;
            Ok(Command::CreateWallet { name })
        },
    ),
    command(
        "import_wallet",
        &[
            WALLET,
            needs(
                "secret",
                "its key, 64 hexadecimal digits, or the name of a wallet of the lab that has it",
            ),
            takes(
                "birthday",
                "the height of a block below which nothing has paid it: a light node looks from there on",
            ),
        ],
        "makes a wallet of a key that exists, and looks for its coins",
        |params| {
            Ok(Command::ImportWallet {
                name: name(params)?,
                secret: required("secret", params.text("secret", "0f3a...")?)?,
                birthday: params.number("birthday")?,
            })
        },
    ),
    question(
        "export_wallet",
        &[WALLET],
        "shows a wallet's key",
        |params| {
            let name = name(params)?;
            Ok(Question::ExportWallet { name })
        },
    ),
    question(
        "plan_send",
        &[FROM, TO, AMOUNT, FEE],
        "shows what a payment would do, and does nothing",
        |params| Ok(Question::PlanSend(payment(params)?)),
    ),
    request(
        Scope::Node,
        "send",
        &[
            FROM,
            TO,
            AMOUNT,
            FEE,
            takes(
                "label",
                "what expressions call the payment from then on, as in \"double spend\"",
            ),
        ],
        "pays; answers once the payment is safe on disk",
        |params| {
            let (node, payment) = (node(params)?, payment(params)?);
            Ok(match params.read("label", "double spend", check_label)? {
                Some(label) => Request::Labelled(node, payment, label),
                None => Request::Node(node, Command::Send(payment)),
            })
        },
    ),
    question("wallets", &[], "lists wallets, with what they hold", |_| {
        Ok(Question::Wallets)
    }),
    question(
        "history",
        &[
            WALLET,
            takes("skip", "entries to leave out, from the newest [0]"),
            takes("limit", "entries to show, at most 500 [500]"),
        ],
        "tells what a wallet did, newest first",
        |params| {
            Ok(Question::History {
                name: name(params)?,
                skip: params.number("skip")?.unwrap_or(0),
                limit: limit(params)?,
            })
        },
    ),
    question(
        "coins",
        &[needs("of", "an address, or any wallet's name")],
        "lists unspent coins, as this node's chain has them",
        |params| {
            let of = required("of", params.text("of", "alice")?)?;
            Ok(Question::Coins { of })
        },
    ),
];

fn payment(params: &mut Params) -> Result<Payment, BadParam> {
    Ok(Payment {
        from: required("from", params.text("from", "alice")?)?,
        to: required("to", params.text("to", "bob")?)?,
        amount: required("amount", params.amount("amount")?)?,
        fee: params.amount("fee")?,
    })
}
