//! Lines, as a client sends them: bounded in length and in time.

use super::limits::{LINE_MAX, LINE_TIME_MAX};
use super::rpc::{BAD_LINE, RpcError};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, timeout_at};

/// Lines as they come in.
pub(super) struct LineReader<R> {
    read: R,
    /// What has come of lines that are not complete yet.
    buffer: Vec<u8>,
    /// Bytes of it in which no line ends.
    searched: usize,
    /// When the first byte of it came.
    since: Option<Instant>,
}

/// Why there is no line.
pub(super) enum NoLine {
    TooLong,
    TooSlow,
    Io,
}

impl From<NoLine> for RpcError {
    fn from(error: NoLine) -> Self {
        let words = match error {
            NoLine::TooLong => format!("a line has at most {LINE_MAX} bytes"),
            NoLine::TooSlow => "a line began and did not end in time".to_owned(),
            NoLine::Io => "the connection failed".to_owned(),
        };
        Self::new(BAD_LINE, words)
    }
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    /// Of this stream.
    pub(super) fn new(read: R) -> Self {
        Self {
            read,
            buffer: Vec::new(),
            searched: 0,
            since: None,
        }
    }

    /// Waits until something has come, or the end.
    pub(super) async fn begin(&mut self) -> Result<(), NoLine> {
        if self.buffer.is_empty() {
            let read = self.read.read_buf(&mut self.buffer).await;
            let count = read.map_err(|_| NoLine::Io)?;
            self.since = (count > 0).then(Instant::now);
        }
        Ok(())
    }

    /// Whether a whole line has come.
    pub(super) fn has_line(&self) -> bool {
        self.buffer.contains(&b'\n')
    }

    /// The next line, without its end, which the last one need not have; `None`: there is none any
    /// more. What has come stays if the wait is given up.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, NoLine> {
        loop {
            let new = &self.buffer[self.searched..];
            if let Some(at) = new.iter().position(|byte| *byte == b'\n') {
                let end = self.searched + at;
                if end > LINE_MAX {
                    return Err(NoLine::TooLong);
                }
                let rest = self.buffer.split_off(end + 1);
                let mut line = std::mem::replace(&mut self.buffer, rest);
                line.pop();
                self.searched = 0;
                self.since = (!self.buffer.is_empty()).then(Instant::now);
                return Ok(Some(line));
            }
            self.searched = self.buffer.len();
            if self.buffer.len() > LINE_MAX {
                return Err(NoLine::TooLong);
            }
            let reading = self.read.read_buf(&mut self.buffer);
            let count = match self.since {
                Some(since) => {
                    let read = timeout_at(since + LINE_TIME_MAX, reading).await;
                    read.map_err(|_| NoLine::TooSlow)?
                }
                None => reading.await,
            };
            match count {
                Ok(0) if self.buffer.is_empty() => return Ok(None),
                Ok(0) => {
                    (self.searched, self.since) = (0, None);
                    return Ok(Some(std::mem::take(&mut self.buffer)));
                }
                Ok(_) => self.since = self.since.or_else(|| Some(Instant::now())),
                Err(_) => return Err(NoLine::Io),
            }
        }
    }
}
