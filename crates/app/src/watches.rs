//! Streams that the window follows, and the ids by which it ends them.
//!
//! Entry points: [`Watches::begin`] and [`throttled`]. Deliberately absent: what the messages say.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::Stream;
use futures::stream::unfold;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Watches that are under way, by the id that their caller chose.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watches {
    open: Arc<Mutex<BTreeMap<String, CancellationToken>>>,
}

/// One watch; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Watching {
    id: String,
    token: CancellationToken,
    _ends: DropGuard,
    watches: Watches,
}

impl Watches {
    /// Begins a watch. An older one of the same id ends.
    pub(crate) fn begin(&self, id: &str, all: &CancellationToken) -> Watching {
        let token = all.child_token();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(older) = open.insert(id.to_owned(), token.clone()) {
            older.cancel();
        }
        let ends = token.clone().drop_guard();
        Watching { id: id.to_owned(), token, _ends: ends, watches: self.clone() }
    }

    /// Ends a watch; one that is over already is fine.
    pub(crate) fn end(&self, id: &str) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = open.remove(id) {
            token.cancel();
        }
    }
}

impl Watching {
    /// Completes when the watch is over.
    pub(crate) async fn ended(&self) {
        self.token.cancelled().await;
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // After a newer watch took the id over, our own token is cancelled and theirs stays.
        if !self.token.is_cancelled() {
            self.watches.end(&self.id);
        }
    }
}

/// Something that is looked at again and again.
pub(crate) trait Look: Send + 'static {
    /// What one look gives.
    type Message: Send;
    /// Waits until another look may give something new; false when it never will again.
    fn changed(&mut self) -> impl Future<Output = bool> + Send;
    /// Looks; nothing when nothing is new.
    fn look(&mut self) -> impl Future<Output = Vec<Self::Message>> + Send;
}

/// Looks once at the start and after every change, never more often than every `pause`; the last
/// change is always looked at.
pub(crate) fn throttled<L: Look>(
    look: L,
    watching: Watching,
    pause: Duration,
) -> impl Stream<Item = L::Message> + Send + 'static {
    let state = Throttled { look, watching, pause, looked: None, ready: Vec::new().into_iter() };
    unfold(state, |mut state| async move {
        let message = state.next().await?;
        Some((message, state))
    })
}

struct Throttled<L: Look> {
    look: L,
    watching: Watching,
    pause: Duration,
    looked: Option<Instant>,
    ready: std::vec::IntoIter<L::Message>,
}

impl<L: Look> Throttled<L> {
    async fn next(&mut self) -> Option<L::Message> {
        loop {
            if let Some(message) = self.ready.next() {
                return Some(message);
            }
            if let Some(looked) = self.looked {
                tokio::select! {
                    () = self.watching.ended() => return None,
                    more = self.look.changed() => if !more { return None },
                }
                tokio::select! {
                    () = self.watching.ended() => return None,
                    () = sleep_until(looked + self.pause) => {}
                }
            }
            self.looked = Some(Instant::now());
            self.ready = self.look.look().await.into_iter();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;
    use tokio::sync::watch;

    use super::*;

    /// Counts up in a watch channel.
    struct Number(watch::Receiver<u32>);

    impl Look for Number {
        type Message = u32;

        async fn changed(&mut self) -> bool {
            self.0.changed().await.is_ok()
        }

        async fn look(&mut self) -> Vec<u32> {
            vec![*self.0.borrow_and_update()]
        }
    }

    #[tokio::test(start_paused = true)]
    async fn many_changes_are_looked_at_once_and_the_last_is_never_lost() {
        let watches = Watches::default();
        let all = CancellationToken::new();
        let (numbers, receiver) = watch::channel(0);
        let pause = Duration::from_millis(250);
        let stream = throttled(Number(receiver), watches.begin("one", &all), pause);
        let mut stream = std::pin::pin!(stream);

        assert_eq!(stream.next().await, Some(0), "the first look is at once");
        for number in 1..=100 {
            numbers.send_replace(number);
        }
        let asked = Instant::now();
        assert_eq!(stream.next().await, Some(100), "one look for all changes");
        assert_eq!(asked.elapsed(), pause);
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_ends_by_its_id_and_a_newer_one_takes_the_id_over() {
        let watches = Watches::default();
        let all = CancellationToken::new();
        let first = watches.begin("one", &all);
        let second = watches.begin("one", &all);

        first.ended().await;
        drop(first);
        assert!(!second.token.is_cancelled(), "the older one does not end the newer one");

        watches.end("one");
        second.ended().await;
    }
}
