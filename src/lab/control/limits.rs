//! What an endpoint gives to clients, and for how long.

use std::ops::RangeInclusive;
use std::time::Duration;

pub use super::rpc::LINE_MAX;

/// Clients of an endpoint at a time: a hundred screens and shells.
pub const CLIENTS_MAX: usize = 128;

/// Connections of a socket at a time that have said nothing yet: as many as come in the time in which a
/// client on a busy machine sends its first bytes. One more, and the oldest ends.
pub const SILENT_MAX: usize = 128;

/// Connections of a socket at a time that have sent something and no whole `hello`, or one that is
/// refused. One more, and the oldest ends.
pub const UNGREETED_MAX: usize = 32;

/// How long a client may take for its `hello`.
pub const GREETING_MAX: Duration = Duration::from_secs(5);

/// How long a client with a wrong cookie waits for the answer: guessing is slow.
pub const WRONG_PAUSE: Duration = Duration::from_secs(1);

/// From a line's first byte to its last.
pub const LINE_TIME_MAX: Duration = Duration::from_secs(10);

/// How long a client may leave a line unread. Then it is gone.
pub const UNREAD_MAX: Duration = Duration::from_secs(20);

/// How long a client that says nothing any more waits for the answers to what it has asked. It
/// keeps its seat meanwhile, and may in truth be gone.
pub const LAST_ANSWERS_MAX: Duration = Duration::from_secs(600);

/// Requests of a client that are done at the same time; more are not read.
pub const CALLS_MAX: usize = 16;

/// How fast and how slow a subscriber can be told how nodes look.
pub const INTERVALS: RangeInclusive<Duration> =
    Duration::from_millis(20)..=Duration::from_secs(3_600);

/// Events that a slow subscriber may be behind before it misses some.
pub const BEHIND_MAX: usize = 2_048;

/// Events of a node that are remembered for later subscribers.
pub const RECENT_MAX: usize = 256;
