//! The network: nodes and links as a graph, and what moves along them.
//!
//! ```text
//! ╭ network: 3 nodes, 2 links ───── slowed x50 ╮╭ 2 wallet ─────────╮
//! │             ╭ 1 central ─────╮             ││ height    #12 [a9]│
//! │             │ #12 [a9]       │             ││ mempool   1 tx    │
//! │             ╰────────────────╯             ││ peers     1       │
//! │            80 ms      »[a9]                ││                   │
//! │            ╱              ╲                ││ its links         │
//! │ ╭▶2 wallet ──────╮ ╭ 3 miner ───────╮      ││ central  80 ms    │
//! │ │ #12 [a9]       │ │ #12 [a9] MINING│      ││                   │
//! │ ╰────────────────╯ ╰────────────────╯      ││ last messages     │
//! ╰────────────────────────────────────────────╯╰───────────────────╯
//! ```
//!
//! Where nodes stand follows from the links that they are to have by the layout, and from the
//! area (`ring`, `places`), and of many nodes from the regions that their names tell of
//! (`regions`): nothing jumps because a link is cut, a node dies, or two nodes find each other. Which
//! lines there are says `web`, which way they take `route`, what they are made of `canvas`. Too many
//! nodes, or too little room, make a `table`.

mod canvas;
mod divide;
mod flights;
mod graph;
mod look;
mod nodes;
mod outline;
mod panel;
mod path;
mod places;
mod regions;
mod ring;
mod route;
mod sight;
mod state;
mod table;
mod web;

pub use state::NetworkView;
pub(in crate::ui) use state::can_spare_a_line;
