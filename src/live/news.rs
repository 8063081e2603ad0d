//! News for a reader that may be slow: so many wait, and what comes beyond that is counted and told as a
//! number, before the next that there is room for.

use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

/// Tells, and waits for no reader.
pub(super) struct NewsSender<N> {
    sender: mpsc::Sender<N>,
    missed: AtomicU64,
    /// How it is told that so many were missed.
    as_missed: fn(u64) -> N,
}

impl<N> NewsSender<N> {
    /// For a reader before whom so many may wait.
    pub(super) fn new(room: usize, as_missed: fn(u64) -> N) -> (Self, mpsc::Receiver<N>) {
        let (sender, receiver) = mpsc::channel(room);
        let news = Self {
            sender,
            missed: AtomicU64::new(0),
            as_missed,
        };
        (news, receiver)
    }

    /// Tells this, if there is room.
    pub(super) fn tell(&self, news: N) {
        self.tell_with(|| news);
    }

    /// Tells what this makes, which is made only if there is room.
    pub(super) fn tell_with(&self, news: impl FnOnce() -> N) {
        let missed = self.missed.swap(0, Ordering::Relaxed);
        if missed > 0 && self.sender.try_send((self.as_missed)(missed)).is_err() {
            return self.miss(missed + 1);
        }
        match self.sender.try_reserve() {
            Ok(room) => room.send(news()),
            Err(_) => self.miss(1),
        }
    }

    /// So many cannot be told.
    pub(super) fn miss(&self, count: u64) {
        self.missed.fetch_add(count, Ordering::Relaxed);
    }

    /// Tells the last, and waits until there is room or the reader is gone.
    pub(super) async fn tell_last(self, news: N) {
        let missed = self.missed.into_inner();
        if missed > 0 {
            let _ = self.sender.send((self.as_missed)(missed)).await;
        }
        let _ = self.sender.send(news).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_there_is_no_room_for_is_told_as_a_number_before_the_next() {
        let (news, mut reader) = NewsSender::new(2, |missed| format!("{missed} missed"));
        let mut made = 0;
        for number in 0..5 {
            news.tell_with(|| {
                made += 1;
                number.to_string()
            });
        }
        // What there is no room for costs nothing.
        assert_eq!(made, 2);
        assert_eq!(reader.recv().await.as_deref(), Some("0"));
        news.tell("5".to_owned());
        assert_eq!(reader.recv().await.as_deref(), Some("1"));
        assert_eq!(reader.recv().await.as_deref(), Some("3 missed"));
        // There was room for the number and not for what came with it.
        let last = tokio::spawn(news.tell_last("6".to_owned()));
        assert_eq!(reader.recv().await.as_deref(), Some("1 missed"));
        assert_eq!(reader.recv().await.as_deref(), Some("6"));
        assert_eq!(reader.recv().await, None);
        last.await.expect("it ends");
    }
}
