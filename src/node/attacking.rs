//! What an attacker's node is told to do. What that means is in [`attack`](super::attack).

use super::attack::{Attack, AttackError};
use super::conns::ConnTalk;
use super::io::{CommandError, EventKind, RefusalKind, Reply};
use super::snapshot::AttackInfo;
use super::{Node, Store, Time};
use crate::chain::{Amount, KeyHash};

type Answer = Result<Reply, CommandError>;

impl<S: Store> Node<S> {
    /// Its next block is to pay this address or wallet with a coin that never existed.
    pub(super) fn forge(&mut self, to: &str, amount: Amount, now: Time) -> Answer {
        let network = self.chain.network();
        let forge = |attack: &mut Attack, payee| attack.forge(payee, amount, network).map(drop);
        let address = self.attack(to, forge)?;
        // Another template is due.
        self.mining.mempool_changed();
        let name = &self.conns.config.name;
        let words = format!("{name} forges a payment of {amount} to {address} for its next block");
        Ok(self.attacked(words, now))
    }

    /// Light peers are to see nothing of this address or wallet.
    pub(super) fn leave_out(&mut self, of: &str, now: Time) -> Answer {
        let next = self.chain.tip().height.saturating_add(1);
        let leave_out = |attack: &mut Attack, owner| attack.leave_out(owner, next);
        let address = self.attack(of, leave_out)?;
        let name = &self.conns.config.name;
        let words = format!("{name} leaves {address} out of filters and proofs from #{next} on");
        Ok(self.attacked(words, now))
    }

    /// Does something to an owner, who is named by address or wallet. Returns the address.
    fn attack(
        &mut self,
        whom: &str,
        act: impl FnOnce(&mut Attack, KeyHash) -> Result<(), AttackError>,
    ) -> Result<String, CommandError> {
        let owner = self.wallets.payee(whom)?;
        let Some(attack) = &mut self.attack else {
            let name = &self.conns.config.name;
            return Err(format!("{name} is no attacker's node: it keeps to the rules").into());
        };
        act(attack, owner)?;
        Ok(self.chain.params().address(owner).to_string())
    }

    fn attacked(&mut self, words: String, now: Time) -> Reply {
        self.event(now, EventKind::Mining(words.clone()));
        Reply::Done(words)
    }

    /// Payments that a block could have.
    pub(super) fn waiting(&self) -> usize {
        let forged = self
            .attack
            .as_ref()
            .map_or(0, |attack| attack.forged().len());
        self.mempool.len() + forged
    }

    /// What a screen shows of it.
    pub(super) fn attack_info(&self) -> Option<Box<AttackInfo>> {
        let attack = self.attack.as_ref()?;
        let address = |owner| self.chain.params().address(owner).to_string();
        Some(Box::new(AttackInfo {
            forged: attack.forged().len(),
            left_out: attack.left_out().map(address).collect(),
        }))
    }
}

impl From<AttackError> for CommandError {
    fn from(error: AttackError) -> Self {
        let kind = match error {
            AttackError::Nothing | AttackError::TooMuch => RefusalKind::Invalid,
            AttackError::Busy | AttackError::Full => RefusalKind::Busy,
        };
        Self::new(kind, error)
    }
}
