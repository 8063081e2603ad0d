//! The keys of the wallets, by their names, and whose a script is.

use super::error::WalletError;
use super::limits::{NAME_LEN_MAX, WALLETS_MAX, shown};
use crate::bitcoin::address::{self, AddressError};
use crate::bitcoin::network::{AddressForm, Network};
use crate::bitcoin::pay::LabKey;
use crate::chain::key::PublicKey;
use std::collections::BTreeMap;

/// One of the wallets, by its place among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner(usize);

/// A key with its name.
#[derive(Clone, Debug)]
pub struct Named {
    pub name: String,
    pub key: LabKey,
    pub script: Vec<u8>,
    pub address: String,
}

/// All keys of the lab on a node.
#[derive(Clone, Debug)]
pub struct Keys {
    form: AddressForm,
    all: Vec<Named>,
    by_script: BTreeMap<Vec<u8>, Owner>,
    by_public: BTreeMap<PublicKey, Owner>,
}

impl Keys {
    pub const fn new(form: AddressForm) -> Self {
        Self {
            form,
            all: Vec::new(),
            by_script: BTreeMap::new(),
            by_public: BTreeMap::new(),
        }
    }

    pub fn add(&mut self, name: &str, key: LabKey) -> Result<(), WalletError> {
        check_name(name)?;
        if self.owner(name).is_some() {
            let name = name.to_owned();
            return Err(WalletError::Exists { name });
        }
        let script = key.script();
        if let Some(taken) = self.by_script.get(&script) {
            let name = self.get(*taken).name.clone();
            return Err(WalletError::KeyTaken { name });
        }
        if self.all.len() >= WALLETS_MAX {
            return Err(WalletError::Full);
        }
        let owner = Owner(self.all.len());
        self.by_script.insert(script.clone(), owner);
        self.by_public.insert(key.secret().public_key(), owner);
        self.all.push(Named {
            name: name.to_owned(),
            address: key.address(&self.form),
            key,
            script,
        });
        Ok(())
    }

    pub fn all(&self) -> impl Iterator<Item = (Owner, &Named)> {
        let all = self.all.iter().enumerate();
        all.map(|(at, named)| (Owner(at), named))
    }

    pub fn owner(&self, name: &str) -> Option<Owner> {
        let mut all = self.all();
        all.find_map(|(owner, named)| (named.name == name).then_some(owner))
    }

    /// That of an owner that these keys gave out.
    pub fn get(&self, owner: Owner) -> &Named {
        &self.all[owner.0]
    }

    /// As [`Keys::owner`], with an error for people.
    pub fn find(&self, name: &str) -> Result<Owner, WalletError> {
        self.owner(name).ok_or_else(|| WalletError::Unknown {
            name: shown(name),
            there: self.there(),
        })
    }

    /// The wallets that there are, in words.
    pub fn there(&self) -> String {
        const NAMED: usize = 5;
        let names = self.all.iter().take(NAMED).map(|named| named.name.as_str());
        let names = names.collect::<Vec<_>>().join(", ");
        match self.all.len() {
            0 => "there are none".to_owned(),
            count if count > NAMED => format!("there are {names} and {} more", count - NAMED),
            1 => format!("there is {names}"),
            _ => format!("there are {names}"),
        }
    }

    /// Whom an output pays, of these.
    pub fn paid_by(&self, script: &[u8]) -> Option<Owner> {
        self.by_script.get(script).copied()
    }

    /// Which of these keys an input shows that spends a coin of a key's hash: a signature, and the key.
    pub fn shown_by(&self, script: &[u8]) -> Option<Owner> {
        let (len, rest) = script.split_first()?;
        let (_, key) = rest.split_at_checked(usize::from(*len))?;
        let key: [u8; 33] = key.strip_prefix(&[33])?.try_into().ok()?;
        self.by_public.get(&PublicKey(key)).copied()
    }

    /// What an output pays to, for people.
    pub fn words_for(&self, script: &[u8]) -> String {
        let address = address::of_script(script, &self.form);
        address.unwrap_or_else(|| crate::bitcoin::script::script_words(script))
    }
}

/// Insists that a wallet can have this name.
fn check_name(name: &str) -> Result<(), WalletError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > NAME_LEN_MAX || !name.chars().all(fits) {
        return Err(WalletError::Name { name: shown(name) });
    }
    // An address of another network is no name either.
    match address::to_script(name, Network::Regtest) {
        Ok(_) | Err(AddressError::OtherNetwork { .. } | AddressError::NoNetwork(_)) => {
            let name = name.to_owned();
            Err(WalletError::NameIsAddress { name })
        }
        Err(_) => Ok(()),
    }
}
