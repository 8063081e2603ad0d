//! What can be said of a lab by what its nodes tell: plain data, with no lock and no clock of its own,
//! the same for nodes in this process, in others, and in virtual time.

pub mod ancestry;
pub mod chips;
pub mod histogram;
pub mod log_lines;
pub mod news;
pub mod propagation;
pub mod rate;
pub mod reorganisation;
pub mod stats;
pub mod topology;
pub mod transcript;
pub mod tree;
