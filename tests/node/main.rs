//! One node without IO, links, and many nodes in virtual time.

#[path = "../common/mod.rs"]
mod common;

mod attack;
mod by_hand;
mod early_blocks;
mod filters;
mod floods;
mod foreign_words;
mod headers_alone;
mod invalid_blocks;
mod light;
mod link;
mod mempool;
mod mempool_chain;
mod mempool_common;
mod mempool_model;
mod mempool_template;
mod money_conflicts;
mod money_model;
mod money_preview;
mod money_reorg;
mod one_connection;
mod ops;
mod questions;
mod refusals_handshake;
mod refusals_headers;
mod refusals_items;
mod refusals_pace;
mod refusals_sync;
mod seats;
mod services;
mod sim_clone;
mod sim_disks;
mod sim_net;
mod sim_node;
mod sim_payments;
mod sim_scenario;
mod sim_seeds;
mod sim_watch;
mod stories;
mod wallets;
mod wallets_chain;
mod wallets_model;
mod wallets_pay;
mod withhold;
