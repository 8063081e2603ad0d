//! Light nodes, by filter and by address, beside full ones and beside those who lie.

mod address;
mod crash;
mod ends;
mod fees;
mod figures;
mod lies;
mod money;
mod sim;
mod stage;
