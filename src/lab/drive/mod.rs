//! What drives a lab: it does what [core](super::core) says, and decides nothing.

pub(in crate::lab) mod attached;
mod backend;
pub mod directories;
mod error;
pub(in crate::lab) mod live;
pub mod measure;
pub(in crate::lab) mod paced;
pub mod registry;
mod virtual_time;

pub use self::backend::LabOptions;
pub(in crate::lab) use self::backend::{Answered, Answers, Backend};
pub use self::error::LabError;
pub use self::live::{Adoption, Control, Kept};
pub use self::virtual_time::{VirtualLab, VirtualOptions, play};
pub use super::core::Level;
