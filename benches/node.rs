//! What a node costs, and a network of them: over real sockets and disks, and in virtual time. Each
//! figure stands beside its limit, measured in turns in the same run: see `docs/performance.md`.
//!
//! ```sh
//! cargo bench --bench node               # all of it
//! cargo bench --bench node -- sync       # one group: sync, light, hops, admit, by_hand, crowd, sim, clone,
//!                                        # levels, between, seeds
//! ```

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark drives the machine"
)]

#[path = "node/admit.rs"]
mod admit;
#[path = "node/between.rs"]
mod between;
#[path = "node/by_hand.rs"]
mod by_hand;
#[path = "node/clone.rs"]
mod clone;
#[path = "../tests/common/mod.rs"]
mod common;
#[path = "node/crowd.rs"]
mod crowd;
#[path = "node/hops.rs"]
mod hops;
#[path = "node/levels.rs"]
mod levels;
#[path = "node/light.rs"]
mod light;
#[path = "chain/ratio.rs"]
mod ratio;
#[path = "node/scene.rs"]
mod scene;
#[path = "node/seeds.rs"]
mod seeds;
#[path = "node/sim.rs"]
mod sim;
#[path = "node/sync.rs"]
mod sync;

fn main() {
    ratio::Harness::from_args().measure(&[
        ("sync", sync::sync),
        ("light", light::light),
        ("hops", hops::hops),
        ("admit", admit::admit),
        ("by_hand", by_hand::by_hand),
        ("crowd", crowd::crowd),
        ("sim", sim::sim),
        ("clone", clone::clone),
        ("levels", levels::levels),
        ("between", between::between),
        ("seeds", seeds::seeds),
    ]);
}
