//! Watches the rules that steer traffic, for as long as a run goes on (run semantics 8): one that
//! changes during an upgrade is reported, with who changed it.
//!
//! Entry point: [`watch`]. `kinds` finds out what there is to watch, `follow` lists and watches one
//! kind, `differences` tells what changed, `pace` keeps a program that rewrites its rules all the time
//! from flooding the journal.
//!
//! A change is told by `metadata.generation`, which counts changes of a spec and not those of a status.
//! What changed before the first look, such as between a crash and the resume, is told by the times in
//! `managedFields`; such times are the server's, so a laptop whose clock is ahead misses as much of that
//! gap, and a rule that was removed in it is not missed. A kind that comes during the run is found
//! within a minute. Deliberately absent: what a rule says, which is not read, and stopping anything
//! because of it.

mod differences;
mod follow;
mod kinds;
mod pace;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use jiff::Timestamp;
use meshlift_core::rollout::TrafficNews;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::connection::Connection;
use follow::find_and_follow;
use pace::Pace;

/// News that may wait.
const QUEUE: usize = 64;

/// Reports every rule that is added, changed or removed after `since`, a time of day. The stream never
/// ends; dropping it stops all reading.
pub fn watch(connection: &Connection, since: Timestamp) -> BoxStream<'static, TrafficNews> {
    let (news, inbox) = mpsc::channel(QUEUE);
    let mut reading = JoinSet::new();
    reading.spawn(find_and_follow(connection.calls().clone(), since, news));
    let told = Told { inbox, pace: Pace::default(), _reading: reading };
    stream::unfold(told, |mut told| async move { Some((told.next().await?, told)) }).boxed()
}

/// What the readers found, in the pace in which it is told.
struct Told {
    inbox: mpsc::Receiver<TrafficNews>,
    pace: Pace,
    _reading: JoinSet<()>,
}

impl Told {
    /// None when every reader is gone.
    async fn next(&mut self) -> Option<TrafficNews> {
        loop {
            if let Some(change) = self.pace.due(Instant::now()) {
                return Some(TrafficNews::Changed { change });
            }
            let next = self.pace.next();
            let due = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                found = self.inbox.recv() => match found? {
                    TrafficNews::Changed { change } => self.pace.take(change, Instant::now()),
                    unseen @ TrafficNews::Unseen { .. } => return Some(unseen),
                },
                () = due => {}
            }
        }
    }
}
