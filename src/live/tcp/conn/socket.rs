//! What is read of a socket and written to it, at one go.

use bytes::BytesMut;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a buffer has at first. There are two for each connection, and most messages are short.
pub(super) const BUFFER_BYTES: usize = 4 * 1024;

/// How long the end of a connection may take.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// Reads of what is not wanted before a connection is ended in a hurry.
const UNREAD_MAX: usize = 64;

/// Reads what has come, at least a byte; 0: there is no more.
pub(super) async fn read(stream: &TcpStream, buffer: &mut BytesMut) -> io::Result<usize> {
    loop {
        stream.readable().await?;
        match stream.try_read_buf(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return read,
        }
    }
}

/// Writes what the socket takes, at least a byte.
pub(super) async fn write(stream: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    loop {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            written => return written,
        }
    }
}

/// Says that there is no more, and reads what is not wanted until the other end has closed, so that
/// the last bytes arrive: closing a socket on which something unread came in would take them back.
pub(super) async fn hear_out(stream: &mut TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut unread = [0; 1024];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}

/// Reads what has come so far: as with [`hear_out`], but without waiting.
pub(super) fn drop_unread(stream: &TcpStream) {
    let mut unread = [0; 1024];
    let mut left = UNREAD_MAX;
    while left > 0 && stream.try_read(&mut unread).is_ok_and(|read| read > 0) {
        left -= 1;
    }
}
