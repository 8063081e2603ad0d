//! What drives a lab: it does what [core](super::core) says, and decides nothing.

pub(in crate::lab) mod attached;
mod backend;
pub mod directories;
mod endpoint;
mod error;
mod lane;
pub(in crate::lab) mod live;
pub mod measure;
pub(in crate::lab) mod paced;
pub mod registry;
mod virtual_time;
mod waiting;

pub use self::backend::LabOptions;
pub(in crate::lab) use self::backend::{Answered, Answers, Backend};
pub use self::endpoint::Control;
pub use self::error::LabError;
pub use self::live::{Adoption, Kept};
pub use self::virtual_time::{VirtualLab, VirtualOptions, play};
pub use super::core::Level;
