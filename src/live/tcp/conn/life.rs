//! A connection from its beginning to its end.

use super::arriving::Arriving;
use super::leaving::Leaving;
use super::socket::{LINGER, drop_unread, hear_out};
use crate::live::bend::{Bend, Place};
use crate::live::conn::{Conn, Flow};
use crate::live::entry::Entry;
use crate::live::inbox::{Ended, Inbox};
use crate::live::tcp::lingering::Lingering;
use crate::live::wire::Frames;
use crate::node::io::{ConnId, Direction, Input};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// A connection's whole life, in a task of its own.
///
/// # Errors
/// The node has ended, and there is nothing to tell.
pub(in crate::live::tcp) async fn run(
    stream: TcpStream,
    (conn, addr, direction): (ConnId, SocketAddr, Direction),
    (inbox, frames): (&Inbox<Entry>, Frames),
    place: Place,
    (unseen, lingering): (Option<OwnedSemaphorePermit>, &Lingering),
) -> Result<(), Ended> {
    // Half of all messages are answers that are waited for. Without this a few are late.
    let _ = stream.set_nodelay(true);
    let (sender, queue) = mpsc::unbounded_channel();
    let (flow, closing) = (Arc::<Flow>::default(), CancellationToken::new());
    // Who dialled knows whom, and bends the link for both.
    let peer = (direction == Direction::Outbound).then_some(addr);
    let pair = peer.map(|peer| (place.own, peer));
    let bend = Bend::new(pair, place.clone(), place.seed ^ (2 * conn.0));
    let mut arriving = Arriving::new((conn, addr, peer), (inbox, frames.clone()), place);
    let io = (inbox, frames.clone());
    let mut leaving = Leaving::new(queue, Arc::clone(&flow), io, bend);
    let stream = Arc::new(stream);
    let handle = Conn {
        queue: sender,
        flow,
        closing: closing.clone(),
        stream: Arc::downgrade(&stream),
        frames,
    };
    let opened = Entry::Opened {
        conn,
        direction,
        addr,
        handle,
        unseen,
    };
    inbox.push(opened, 0).await?;
    let why = tokio::select! {
        why = arriving.read_all(&stream) => Some(why?),
        written = leaving.write_all(&stream) => written.err().map(|error| error.to_string()),
        () = closing.cancelled() => None,
    };
    if let Some(why) = why {
        let gone = Entry::Input(Input::Disconnected(conn, why));
        return inbox.push(gone, 0).await;
    }
    let stream = Arc::into_inner(stream).expect("the thread's end is gone");
    write_out(leaving, stream, lingering).await;
    Ok(())
}

/// Writes the node's last words. However far they come, the connection ends then, or when too many
/// others have ended since.
async fn write_out(mut leaving: Leaving<'_>, mut stream: TcpStream, lingering: &Lingering) {
    let (late, too_many) = (leaving.lateness(), lingering.enter());
    let last_words = async {
        leaving.write_all(&stream).await?;
        hear_out(&mut stream).await
    };
    tokio::select! {
        _ = timeout(LINGER + late, last_words) => {}
        () = too_many.cancelled() => drop_unread(&stream),
    }
}
