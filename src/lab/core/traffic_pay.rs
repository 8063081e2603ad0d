//! Makes the payments that a lab makes by itself, each just when it is due.

use super::io::Moment;
use super::networks::OWN_NETWORK;
use super::state::Core;
use super::traffic::Balance;
use super::work::Work;
use crate::lab::ask::Ability;
use crate::node::NodeIx;
use crate::node::io::{Command, Payment};
use std::collections::BTreeSet;

impl Core {
    /// Makes one, with all nodes in sight.
    pub(super) fn pay(&mut self, now: Moment) {
        let picked = self.pick_payment();
        self.payments.made(now.ran);
        let Some((ix, mut payment)) = picked else {
            return;
        };
        if let Some(address) = self.address_of(&payment.to) {
            payment.to.clone_from(address);
        }
        self.call(ix, Command::Send(payment), Work::Payment);
        // It changes what can be spent, whenever it is answered.
        self.fresh = None;
    }

    fn pick_payment(&mut self) -> Option<(NodeIx, Payment)> {
        // One that has not answered is left alone until it has.
        let owing = self.calls.values();
        let owing = owing.filter(|(_, work)| matches!(work, Work::Payment));
        let owing: BTreeSet<_> = owing.map(|(of, _)| *of).collect();
        let running = self.nodes.numbered();
        let running = running.filter(|(ix, node)| {
            // Payees are drawn from wallets of one network.
            let may = node.state.is_up() && node.lacks(Ability::Send).is_none();
            may && **node.network() == *OWN_NETWORK && !owing.contains(ix)
        });
        let seen = running.filter_map(|(ix, node)| Some((ix, node.seen.as_deref()?)));
        let balances = seen.flat_map(|(node, seen)| {
            let wallets = seen.wallets.iter();
            wallets.map(move |wallet| Balance {
                name: &wallet.name,
                node,
                spendable: wallet.spendable,
            })
        });
        self.payments.generator.pick(&balances.collect::<Vec<_>>())
    }
}
