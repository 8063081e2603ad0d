//! The screen without a terminal: what keys do, and what is drawn.

#[path = "../common/blocks_desk.rs"]
mod blocks_desk;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/lint.rs"]
mod lint;
#[path = "../common/picture.rs"]
mod picture;
#[path = "../common/zoom_paper.rs"]
mod zoom_paper;
#[path = "../common/zoom_view.rs"]
mod zoom_view;

mod attacker;
mod block_tree;
mod blocks;
mod blocks_keys;
mod can;
mod chips;
mod compare;
mod dialogs;
mod footer;
mod frames;
mod header;
mod help;
mod keys_page;
mod legends;
mod light;
mod log;
mod messages;
mod network;
mod paint;
mod panes;
mod rough;
mod send;
mod state;
mod story;
mod tables;
mod time;
mod views;
mod zoom;
mod zoom_lists;
