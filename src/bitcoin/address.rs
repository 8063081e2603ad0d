//! Addresses: a script's short name for people, read to the script and written from it.
//!
//! The two old kinds are written in Base58 with a checksum, witness programs in Bech32 (BIP 173, version
//! 0) and Bech32m (BIP 350, all later versions). What an address begins with says its network, and on
//! regtest nodes do not agree on that ([`AddressForm`]): so an address is read in every form that its
//! network has, and written in the form of the node that is asked.

use super::network::{AddressForm, Network};
use super::script::{PaysTo, script_words};
use crate::chain::KeyHash;
use crate::chain::address::{Address as Base58, AddressError as Base58Error};
use crate::node::foreign;
use bech32::primitives::decode::{
    CharError, CheckedHrpstring, SegwitHrpstringError, UncheckedHrpstring, UncheckedHrpstringError,
};
use bech32::{Bech32, Bech32m, Fe32, Hrp, segwit};
use thiserror::Error;

/// The longest text that is looked at: no address in Bech32 has more characters.
const TEXT_LEN_MAX: usize = 90;

/// The highest version of a witness program.
const VERSION_MAX: u8 = 16;

/// Why a text is no address of a network. None of these repeats the text: it may be a key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Longer than any address; it was not decoded.
    #[error("an address has at most 90 characters, this text has {0} bytes")]
    TextLength(usize),
    /// Not decoded as Base58, and not with a beginning that any network has.
    #[error("this is no address: {why}; or it begins with {hrp}1")]
    NoAddress {
        /// Why not in Base58.
        why: Base58Error,
        /// What addresses in Bech32 begin with here.
        hrp: &'static str,
    },
    /// A letter that does not belong there.
    #[error("the address has a typing error: {} is in no address that begins so", quoted(*.0))]
    Letter(char),
    /// Capitals among small letters.
    #[error("the address has a typing error: capitals and small letters are mixed")]
    MixedCase,
    /// Its checksum is not that of its letters.
    #[error("the address has a typing error: its checksum does not match")]
    Checksum,
    /// A checksum of the other kind, so that the program that wrote it does not know its version.
    #[error(
        "the address has a checksum that its witness version {version} does not have (BIP 350): the \
         program that wrote it did not know this version"
    )]
    OtherChecksum {
        /// As it says.
        version: u8,
    },
    /// Nothing between its beginning and its checksum.
    #[error("the address is empty between its beginning and its checksum")]
    Empty,
    /// No witness program has this version.
    #[error("the address says witness version {0}, and there are none above {VERSION_MAX}")]
    Version(u8),
    /// A witness program of a length that its version does not have.
    #[error("the address has {len} bytes, {}", lengths(*.version))]
    Length {
        /// The witness version.
        version: u8,
        /// Bytes of the program.
        len: usize,
    },
    /// The last letter says more than the bytes have.
    #[error("the address has bits left over behind its last byte")]
    Padding,
    /// Of other networks.
    #[error("the address is of {}, here it is {here}", listed(.of))]
    OtherNetwork {
        /// All that have such addresses.
        of: Vec<Network>,
        /// The one that was asked for.
        here: Network,
    },
    /// Of none of the networks.
    #[error("the address is of no network that is known here: its version is {0}")]
    NoNetwork(u8),
}

/// The script that an address of this network pays to, in whichever form it is written.
///
/// # Errors
/// [`AddressError`].
pub fn to_script(text: &str, network: Network) -> Result<Vec<u8>, AddressError> {
    if text.len() > TEXT_LEN_MAX {
        return Err(AddressError::TextLength(text.len()));
    }
    match Base58::of_any_network(text) {
        Ok(read) => of_base58(read, network),
        Err(_) if has_known_hrp(text) => of_bech32(text, network),
        Err(Base58Error::Checksum) => Err(AddressError::Checksum),
        Err(why) => Err(AddressError::NoAddress {
            why,
            hrp: network.params().addresses.hrp,
        }),
    }
}

/// The address of a script in this form; none if its kind has no address.
pub fn of_script(script: &[u8], form: &AddressForm) -> Option<String> {
    let pays_to = PaysTo::of(script);
    match pays_to {
        PaysTo::KeyHash(hash) => Some(to_base58(form.p2pkh, hash)),
        PaysTo::ScriptHash(hash) => Some(to_base58(form.p2sh, hash)),
        _ => to_bech32(form.hrp, pays_to.witness_program()?),
    }
}

/// What an output pays to, in one line: its kind, and its address in this form, or else its script.
pub fn output_words(script: &[u8], form: &AddressForm) -> String {
    let named = of_script(script, form);
    let named = named.unwrap_or_else(|| script_words(script));
    format!("{} {named}", PaysTo::of(script))
}

fn of_base58(read: Base58, network: Network) -> Result<Vec<u8>, AddressError> {
    // Also where it is the hash of a script: the bytes are alike.
    let hash = read.owner.0;
    for form in network.address_forms() {
        if read.version == form.p2pkh {
            return Ok(PaysTo::KeyHash(hash).script());
        }
        if read.version == form.p2sh {
            return Ok(PaysTo::ScriptHash(hash).script());
        }
    }
    let of = networks_with(|form| [form.p2pkh, form.p2sh].contains(&read.version));
    match of.is_empty() {
        true => Err(AddressError::NoNetwork(read.version)),
        false => Err(AddressError::OtherNetwork { of, here: network }),
    }
}

fn to_base58(version: u8, hash: [u8; 20]) -> String {
    let owner = KeyHash(hash);
    Base58 { version, owner }.to_string()
}

fn of_bech32(text: &str, network: Network) -> Result<Vec<u8>, AddressError> {
    let read = UncheckedHrpstring::new(text).map_err(misspelt)?;
    let is_bech32 = read.has_valid_checksum::<Bech32>();
    if !is_bech32 && !read.has_valid_checksum::<Bech32m>() {
        return Err(AddressError::Checksum);
    }
    let is_hrp = |form: AddressForm| form.hrp.eq_ignore_ascii_case(read.hrp().as_str());
    if !network.address_forms().any(is_hrp) {
        let of = networks_with(is_hrp);
        return Err(AddressError::OtherNetwork { of, here: network });
    }
    // Both checksums have six letters.
    of_checked(read.remove_checksum::<Bech32>(), is_bech32)
}

/// The script of a text whose letters are as they were written.
fn of_checked(read: CheckedHrpstring<'_>, is_bech32: bool) -> Result<Vec<u8>, AddressError> {
    let mut letters = read.fe32_iter();
    let version = letters.next().ok_or(AddressError::Empty)?.to_u8();
    if version > VERSION_MAX {
        return Err(AddressError::Version(version));
    }
    if is_bech32 != (version == 0) {
        return Err(AddressError::OtherChecksum { version });
    }
    // Five bits a letter.
    let len = letters.len() * 5 / 8;
    let read = read.validate_segwit().map_err(|wrong| match wrong {
        SegwitHrpstringError::Padding(_) => AddressError::Padding,
        _ => AddressError::Length { version, len },
    })?;
    let program: Vec<u8> = read.byte_iter().collect();
    let program = program.as_slice();
    Ok(PaysTo::Witness { version, program }.script())
}

fn to_bech32(hrp: &str, (version, program): (u8, &[u8])) -> Option<String> {
    let hrp = Hrp::parse(hrp).expect("the table has letters");
    let version = Fe32::try_from(version).expect("at most 16");
    // Refused are the lengths that version 0 does not have.
    segwit::encode(hrp, version, program).ok()
}

/// Whether it begins with what Bech32 begins with on one of the networks. What follows is behind the
/// last 1, which is none of its letters.
fn has_known_hrp(text: &str) -> bool {
    let hrp = text.rfind('1').map(|end| &text[..end]);
    hrp.is_some_and(|hrp| !networks_with(|form| form.hrp.eq_ignore_ascii_case(hrp)).is_empty())
}

/// What the letters of a text in Bech32 suffer from. That it has a beginning is known.
fn misspelt(wrong: UncheckedHrpstringError) -> AddressError {
    match wrong {
        UncheckedHrpstringError::Char(CharError::InvalidChar(c)) => AddressError::Letter(c),
        UncheckedHrpstringError::Char(CharError::MixedCase) => AddressError::MixedCase,
        _ => AddressError::Checksum,
    }
}

fn networks_with(has: impl Fn(AddressForm) -> bool) -> Vec<Network> {
    let all = Network::ALL.into_iter();
    all.filter(|network| network.address_forms().any(&has))
        .collect()
}

/// As in `testnet3, testnet4 or signet`.
fn listed(networks: &[Network]) -> String {
    let names: Vec<String> = networks.iter().map(Network::to_string).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// A letter that may be an order to a terminal.
fn quoted(letter: char) -> String {
    foreign::quoted(letter.encode_utf8(&mut [0; 4]), 1)
}

fn lengths(version: u8) -> &'static str {
    match version {
        0 => "and those of witness version 0 have 20 or 32",
        _ => "and those of its witness version have 2 to 40",
    }
}

#[cfg(test)]
mod tests;
