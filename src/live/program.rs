//! Programs of others that a lab starts, and that end with it however it ends.
//!
//! ```text
//! the lab -- pipe --> the guard --> the second stage, which becomes the program
//!         <- reports -        <---- what the program writes ------------------
//! ```
//!
//! The guard is this executable once more (see [`guard`]): it leads a session of its own, out of reach of
//! the terminal's signals, and holds a pipe from the lab. When that closes, whatever became of the lab,
//! it asks its process group to end and kills it after [`GRACE`]. When the guard itself is killed, the
//! lab kills the group, and so does a process that stands behind the guard, if the lab is gone too. On
//! Linux the program gets SIGKILL from the system as well when its guard is gone, whatever else was killed.
//! What is not reached is a process that has left the group. The programs that are known here start none.
//!
//! [`find_program`] says where a program is, [`choose_ports`] where it can listen,
//! [`crate::bitcoin::start`] with which arguments, and [`start_program`] starts it. No shell is involved.
//!
//! [`GRACE`]: guard::GRACE

mod ending;
mod executable;
mod find;
pub mod guard;
mod handle;
mod keeper;
mod lines;
mod ports;
mod prepare;
mod report;
mod second;

pub use ending::Ending;
pub use find::{FindError, Search, find_program};
pub use handle::{ProgramHandle, ProgramNews, ProgramState, StartProgramError, start_program};
pub use ports::{choose_ports, taken};
