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
    /// Whether somebody waits for what the next look gives, so that no pause may hold it back.
    fn is_awaited(&self) -> bool;
    /// Looks; nothing when nothing is new.
    fn look(&mut self) -> impl Future<Output = Vec<Self::Message>> + Send;
}

/// Looks once at the start and after every change, never more often than every `pause`, unless it is
/// awaited; the last change is always looked at.
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
                self.rest_until(looked + self.pause).await?;
            }
            self.looked = Some(Instant::now());
            self.ready = self.look.look().await.into_iter();
        }
    }

    /// Holds the next look back until it is due or awaited; nothing when the watch is over.
    async fn rest_until(&mut self, due: Instant) -> Option<()> {
        while !self.look.is_awaited() {
            tokio::select! {
                () = self.watching.ended() => return None,
                () = sleep_until(due) => break,
                // The last change is still to be looked at.
                more = self.look.changed() => if !more { break },
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;
    use tokio::sync::watch;

    use super::*;

    /// Counts up in a watch channel; somebody waits for the hundred.
    struct Number(watch::Receiver<u32>);

    const AWAITED: u32 = 100;

    impl Look for Number {
        type Message = u32;

        async fn changed(&mut self) -> bool {
            self.0.changed().await.is_ok()
        }

        fn is_awaited(&self) -> bool {
            *self.0.borrow() == AWAITED
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
        for number in 1..AWAITED {
            numbers.send_replace(number);
        }
        let asked = Instant::now();
        assert_eq!(stream.next().await, Some(AWAITED - 1), "one look for all changes");
        assert_eq!(asked.elapsed(), pause);

        numbers.send_replace(AWAITED + 1);
        drop(numbers);
        assert_eq!(stream.next().await, Some(AWAITED + 1), "the last one, though nobody is left");
        assert_eq!(stream.next().await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_somebody_waits_for_is_not_held_back() {
        let all = CancellationToken::new();
        let (numbers, receiver) = watch::channel(0);
        let watching = Watches::default().begin("one", &all);
        let stream = throttled(Number(receiver), watching, Duration::from_millis(250));
        let mut stream = std::pin::pin!(stream);
        assert_eq!(stream.next().await, Some(0));

        let asked = Instant::now();
        numbers.send_replace(1);
        let more = async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            numbers.send_replace(AWAITED);
        };
        let (seen, ()) = tokio::join!(stream.next(), more);
        assert_eq!(seen, Some(AWAITED));
        assert_eq!(asked.elapsed(), Duration::from_millis(10), "while it was being held back");
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
