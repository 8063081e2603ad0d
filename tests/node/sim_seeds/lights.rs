//! Light nodes in such a lab: two, one of each way, each with a key that a full node has as well, so that there is something
//! to hold its figures against.

use super::world::{PURSE, SYNC, World};
use crate::common::sim::{import, wallets};
use chainlab::chain::Amount;
use chainlab::link::LinkState;
use chainlab::node::snapshot::WalletInfo;
use chainlab::node::{LightWay, NodeIx, NodeKind};
use std::collections::BTreeSet;

/// How many there are.
pub(super) const LIGHTS: u64 = 2;

const WAYS: [LightWay; 2] = [LightWay::Filter, LightWay::Address];

/// Full nodes that each knows.
const KNOWN: usize = 3;

impl World {
    /// Their places come after the liar's.
    pub(super) fn add_lights(&mut self, liar: NodeIx) {
        let full = u64::try_from(self.nodes.len()).expect("few");
        for (number, way) in (1..).zip(WAYS) {
            let mut known = BTreeSet::new();
            while known.len() < KNOWN {
                known.insert(self.pick());
            }
            let mut config = self.sim.config(&format!("light{number}"));
            let known: Vec<NodeIx> = known.into_iter().collect();
            config.connect = known.iter().map(|ix| self.sim.address(ix.0)).collect();
            if self.draw(3) == 0 {
                config.connect.push(self.sim.address(liar.0));
            }
            config.outbound = 0;
            config.kind = NodeKind::Light(way);
            let ix = self.sim.add_node(config).expect("sound parameters");
            for other in known.clone() {
                let (out, back) = (self.conditions(), self.conditions());
                self.sim.set_link(ix, other, out);
                self.sim.set_link(other, ix, back);
            }
            let mirror = known[0];
            let actor = u8::try_from(full + number).expect("few actors");
            import(&mut self.sim, ix, PURSE, actor);
            import(&mut self.sim, mirror, &mirrored(ix), actor);
            for ix in [ix, mirror] {
                let held = wallets(&mut self.sim, ix);
                self.watch.remember_keys(ix, &held);
            }
            self.lights.push((ix, mirror));
        }
    }

    pub(super) fn is_light(&self, ix: NodeIx) -> bool {
        self.lights.iter().any(|(light, _)| *light == ix)
    }

    pub(super) fn pick_light(&mut self) -> NodeIx {
        let at = usize::try_from(self.draw(LIGHTS)).expect("few");
        self.lights[at].0
    }

    /// Does something to a light node.
    pub(super) fn act_light(&mut self) {
        let ix = self.pick_light();
        match self.draw(8) {
            0..=3 => self.pay(ix),
            4 => self.crash(ix),
            5 => self.restart_one(),
            6 => self.touch(ix, LinkState::Cut),
            _ => self.touch(ix, LinkState::BlackHole),
        }
    }

    /// They have the full nodes' chain, and of their keys what those have.
    pub(super) fn lights_are_well(&mut self) {
        let end = self.sim.now() + SYNC;
        self.run_until(end, |_| false);
        for (light, mirror) in self.lights.clone() {
            let tip = |ix| self.sim.machine(ix).map(|node| node.tip());
            assert_eq!(tip(light), tip(mirror), "{light:?}");
            let seen = figures(wallets(&mut self.sim, light), PURSE);
            let there = figures(wallets(&mut self.sim, mirror), &mirrored(light));
            assert_eq!(seen, there, "{light:?}, seed {}", self.seed);
        }
    }
}

/// The name of a light node's wallet on a full one.
fn mirrored(ix: NodeIx) -> String {
    format!("mirror{}", ix.0)
}

fn figures(infos: Vec<WalletInfo>, name: &str) -> (Amount, Amount, Amount, usize) {
    let info = infos.into_iter().find(|info| info.name == name);
    let info = info.expect("a wallet of that name");
    (
        info.confirmed,
        info.immature,
        info.outgoing,
        info.unconfirmed,
    )
}
