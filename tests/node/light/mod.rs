//! Light nodes, by filter, beside full ones and beside those who lie.

mod crash;
mod figures;
mod lies;
mod money;
mod sim;
mod stage;
