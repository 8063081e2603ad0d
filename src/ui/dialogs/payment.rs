//! What the fields of a payment mean, or what is wrong with them, in words.
//!
//! All that can be known here is checked here, because it can be said beside the field it belongs
//! to. The node has the last word: it alone knows which coins can be spent.

use crate::chain::address::AddressError;
use crate::chain::{Address, Amount};
use crate::lab::LabView;
use crate::lab::ask::Ability;
use crate::lab::paper::document::nearest;
use crate::node::NodeIx;
use crate::node::io::{Payment, SendPlan};
use crate::node::snapshot::WalletInfo;
use crate::node::wallets::WalletError;
use crate::ui::text;

/// A text with fewer letters was meant as a name.
const ADDRESS_MIN: usize = 26;

/// Letters of a refused text that an error repeats.
const SHOWN: usize = 40;

/// Coins that are named one by one.
const COINS: usize = 6;

/// Where in the form each field is.
pub const FROM: usize = 0;
/// Who is paid.
pub const TO: usize = 1;
/// How much.
pub const AMOUNT: usize = 2;
/// What the miner gets.
pub const FEE: usize = 3;

/// A wallet by its name, with its node's after an @ if need be.
pub fn find<'a>(lab: &'a LabView, text: &str) -> Option<(NodeIx, &'a WalletInfo)> {
    let (name, node) = match text.split_once('@') {
        Some((name, node)) => (name, Some(lab.named(node)?)),
        None => (text, None),
    };
    lab.wallets()
        .find(|(ix, wallet)| wallet.name == name && node.is_none_or(|node| node == *ix))
}

/// A payment, and the node to make it; or what is wrong with which fields.
pub fn read(lab: &LabView, texts: [&str; 4]) -> Result<(NodeIx, Payment), Vec<(usize, String)>> {
    let [from, to, amount, fee] = texts;
    let from = payer(lab, from);
    let to = payee(lab, to);
    let amount = parse(amount, "an amount is missing, such as 9.5").and_then(not_nothing);
    let fee = parse(fee, "a fee is missing; 0 is one");
    let (from, to, amount, fee) = match (from, to, amount, fee) {
        (Ok(from), Ok(to), Ok(amount), Ok(fee)) => (from, to, amount, fee),
        (from, to, amount, fee) => {
            let errors = [
                (FROM, from.err()),
                (TO, to.err()),
                (AMOUNT, amount.err()),
                (FEE, fee.err()),
            ];
            let wrong = |(at, error): (usize, Option<String>)| Some((at, error?));
            return Err(errors.into_iter().filter_map(wrong).collect());
        }
    };
    let (ix, wallet) = from;
    affordable(wallet, amount, fee).map_err(|why| vec![(AMOUNT, why)])?;
    // The fee that is proposed may not be enough for so many coins: that is the node's to say.
    let is_proposed = fee == lab.fee;
    let payment = Payment {
        from: wallet.name.clone(),
        to,
        amount,
        fee: (!is_proposed).then_some(fee),
    };
    Ok((ix, payment))
}

fn payer<'a>(lab: &'a LabView, text: &str) -> Result<(NodeIx, &'a WalletInfo), String> {
    if text.is_empty() {
        return Err("a wallet that pays is missing".to_owned());
    }
    let Some((ix, wallet)) = find(lab, text) else {
        return Err(format!(
            "no wallet is called {}{}",
            shown(text),
            meant(lab, text)
        ));
    };
    match unable(lab, ix) {
        Some(why) => Err(format!("{} is at {why}", wallet.name)),
        None => Ok((ix, wallet)),
    }
}

/// Why the wallets of a node pay nothing, in words that begin with its name; `None`: they do.
pub fn unable(lab: &LabView, ix: NodeIx) -> Option<String> {
    let node = lab.node(ix)?;
    match node.can.lacks(Ability::Send) {
        Some(why) => Some(format!("{}: {why}", node.name)),
        None if node.state.is_up() => None,
        None => Some(format!("{}, which is {}", node.name, node.state)),
    }
}

/// The wallet's name or the address, as the lab takes it.
fn payee(lab: &LabView, text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("a wallet or an address to pay is missing".to_owned());
    }
    if let Some((_, wallet)) = find(lab, text) {
        return Ok(wallet.name.clone());
    }
    let version = address_version(lab);
    let meant = meant(lab, text);
    match Address::parse(text, version.unwrap_or_default()) {
        Ok(_) => Ok(text.to_owned()),
        // Without a wallet in the lab there is nothing to know the network by.
        Err(AddressError::Version { .. }) if version.is_none() => Ok(text.to_owned()),
        Err(why) if meant.is_empty() && text.len() >= ADDRESS_MIN => Err(why.to_string()),
        Err(_) => Err(format!(
            "no wallet or address is called {}{meant}",
            shown(text)
        )),
    }
}

/// The version of this network's addresses, learnt from any of them.
fn address_version(lab: &LabView) -> Option<u8> {
    let (_, wallet) = lab.wallets().next()?;
    match Address::parse(&wallet.address, 0) {
        Ok(address) => Some(address.version),
        Err(AddressError::Version { got, .. }) => Some(got),
        Err(_) => None,
    }
}

fn meant(lab: &LabView, text: &str) -> String {
    let names = lab.wallets().map(|(_, wallet)| wallet.name.as_str());
    let near = nearest(text, names);
    near.map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

fn parse(text: &str, missing: &str) -> Result<Amount, String> {
    if text.is_empty() {
        return Err(missing.to_owned());
    }
    text.parse().map_err(|why| format!("{why}"))
}

fn not_nothing(amount: Amount) -> Result<Amount, String> {
    if amount.is_zero() {
        return Err(WalletError::Nothing.to_string());
    }
    Ok(amount)
}

fn affordable(wallet: &WalletInfo, amount: Amount, fee: Amount) -> Result<(), String> {
    let too_much = || WalletError::TooMuch.to_string();
    let needs = amount.checked_add(fee).ok_or_else(too_much)?;
    let (name, has) = (&wallet.name, total(wallet));
    if has < needs {
        return Err(format!("{name} has {has}, needs {needs}"));
    }
    // The node says what the rest waits for, if it cannot be spent yet.
    Ok(())
}

/// What a wallet has or is about to have.
fn total(wallet: &WalletInfo) -> Amount {
    let sum = Amount::checked_sum([wallet.spendable, wallet.immature, wallet.incoming]);
    sum.unwrap_or(Amount::MAX)
}

/// That a wallet has nothing, and how it gets something: `mine` is the key that mines a block on
/// the node `at`. `None`: it has something.
pub fn emptiness(lab: &LabView, at: NodeIx, text: &str, mine: &str) -> Option<String> {
    let (ix, wallet) = find(lab, text)?;
    if !total(wallet).is_zero() {
        return None;
    }
    let name = &wallet.name;
    let snapshot = lab.node(ix)?.snapshot.as_ref()?;
    let first = snapshot.wallets.first().map(|wallet| &wallet.name);
    let mining = snapshot.mining.as_ref();
    let rewarded = mining.and_then(|mining| mining.to.as_ref()).or(first);
    if ix == at && rewarded == Some(name) {
        return Some(format!(
            "wallet {name} is empty: {mine} mines a block for it"
        ));
    }
    Some(format!("wallet {name} is empty"))
}

/// What a payment does, in a sentence.
pub fn describe(plan: &SendPlan) -> String {
    if plan.chosen_by_node {
        return "paid by the node's own wallet, which chooses coins and fee".to_owned();
    }
    let amounts = plan.inputs.iter().map(|coin| coin.amount.to_string());
    let mut amounts: Vec<_> = amounts.take(COINS).collect();
    let more = plan.inputs.len() - amounts.len();
    if more > 0 {
        amounts.push(format!("{more} more"));
    }
    let coins = text::counted(plan.inputs.len(), "coin");
    let change = if plan.change.is_zero() {
        "no change".to_owned()
    } else {
        format!("change {} back to {}", plan.change, plan.payment.from)
    };
    format!(
        "spends {coins} ({}), {change}, fee {}, {} bytes",
        amounts.join(", "),
        plan.fee,
        plan.bytes
    )
}
