//! One feed: listed page by page, then watched from the list's version for as long as it is wanted.
//!
//! Entry points: [`follow`], and [`list_once`] that stops at the list. An outdated version means a new list,
//! which is compared with what is held: nothing flickers, and nothing that went meanwhile stays.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::feed::{Change, Feed, Folded};
use super::fold::{Entry, Key, ReplicaSetOwner};
use super::names::Names;
use crate::calls::{CallError, Calls, JSON, Reply, SILENCE, page_path, watch_path};
use crate::wire::{self, Status, WireError};

/// What a feed tells the fold.
#[derive(Debug)]
pub(super) enum News {
    /// A page of a list.
    Page { feed: Feed, entries: Vec<(Key, Option<Entry>)>, place: PageOf },
    /// One object changed.
    Changed { feed: Feed, key: Key, entry: Option<Entry> },
    /// It cannot be read at all.
    Refused { feed: Feed, error: CallError },
    /// It cannot be read now, and is tried again.
    Broken { feed: Feed, error: CallError },
    /// It is read again after it was broken.
    Mended { feed: Feed },
    /// What owns a ReplicaSet.
    Owner { replica_set: Key, owner: ReplicaSetOwner },
}

impl News {
    /// The feed that tells it.
    pub(super) fn feed(&self) -> Option<&Feed> {
        match self {
            Self::Page { feed, .. }
            | Self::Changed { feed, .. }
            | Self::Refused { feed, .. }
            | Self::Broken { feed, .. }
            | Self::Mended { feed } => Some(feed),
            Self::Owner { .. } => None,
        }
    }
}

/// Where a page stands in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageOf {
    pub(super) first: bool,
    pub(super) last: bool,
}

/// What a feed reads with.
#[derive(Clone)]
pub(super) struct Reader {
    pub(super) calls: Calls,
    pub(super) names: Arc<Names>,
    pub(super) news: mpsc::Sender<News>,
}

/// The fold is gone: nobody wants to know.
pub(super) struct Unwanted;

/// Why there is no list.
pub(super) enum NoList {
    Unwanted,
    Failed(CallError),
}

impl From<Unwanted> for NoList {
    fn from(Unwanted: Unwanted) -> Self {
        Self::Unwanted
    }
}

/// A watch that ends sooner than this was hardly one.
const BRIEF: Duration = Duration::from_secs(1);

/// Lists a feed and says how it went.
pub(super) async fn list_once(reader: Reader, feed: Feed) -> Result<(), Unwanted> {
    match list(&reader, &feed).await {
        Ok(_) => Ok(()),
        Err(NoList::Unwanted) => Err(Unwanted),
        Err(NoList::Failed(error)) if is_final(&feed, &error) => {
            reader.tell(News::Refused { feed, error }).await
        }
        Err(NoList::Failed(error)) => reader.tell(News::Broken { feed, error }).await,
    }
}

/// Lists a feed and keeps what is known of it true.
pub(super) async fn follow(reader: Reader, feed: Feed) -> Result<(), Unwanted> {
    let mut patience = Patience::new();
    let mut listed = false;
    loop {
        match list(&reader, &feed).await {
            Ok(version) => {
                listed = true;
                reader.tell(News::Mended { feed: feed.clone() }).await?;
                watch(&reader, &feed, version, &mut patience).await?;
            }
            Err(NoList::Unwanted) => return Err(Unwanted),
            // A feed that was never read is left out; one that was read before is missed.
            Err(NoList::Failed(error)) if !listed && is_final(&feed, &error) => {
                return reader.tell(News::Refused { feed, error }).await;
            }
            // The token of a page outlived the server's memory: the list starts again.
            Err(NoList::Failed(CallError::Gone { .. })) => {}
            Err(NoList::Failed(error)) => {
                reader.tell(News::Broken { feed: feed.clone(), error }).await?;
            }
        }
        patience.pause().await;
    }
}

/// Lists a feed, page by page; gives the version that a watch may go on from. While one page is folded
/// the next is on its way.
async fn list(reader: &Reader, feed: &Feed) -> Result<String, NoList> {
    let (replies, arrived) = mpsc::channel(1);
    let ((), version) =
        tokio::try_join!(ask_pages(reader, feed, replies), fold_pages(reader, feed, arrived))?;
    Ok(version)
}

/// A page as it came, and the path that it was asked by.
struct RawPage {
    path: String,
    reply: Reply,
    place: PageOf,
}

async fn ask_pages(
    reader: &Reader,
    feed: &Feed,
    replies: mpsc::Sender<RawPage>,
) -> Result<(), NoList> {
    let mut token = String::new();
    let mut first = true;
    loop {
        let path = page_path(&feed.path(), feed.page_size(first), &token);
        let reply = reader.calls.read(&path, feed.accept()).await.map_err(NoList::Failed)?;
        token = wire::next_page(reply.content_type.as_ref(), &reply.body)
            .map_err(|error| NoList::Failed(undecodable(&path, &error)))?;
        let last = token.is_empty();
        let page = RawPage { path, reply, place: PageOf { first, last } };
        if replies.send(page).await.is_err() || last {
            return Ok(());
        }
        first = false;
    }
}

async fn fold_pages(
    reader: &Reader,
    feed: &Feed,
    mut arrived: mpsc::Receiver<RawPage>,
) -> Result<String, NoList> {
    let mut version = String::new();
    while let Some(RawPage { path, reply, place }) = arrived.recv().await {
        let (feed, names) = (feed.clone(), Arc::clone(&reader.names));
        let folding = tokio::spawn(async move {
            let folded = feed.read_page(&names, reply.content_type.as_ref(), &reply.body);
            (feed, folded)
        });
        let (feed, folded) =
            folding.await.map_err(|error| NoList::Failed(undecodable(&path, &error)))?;
        let Folded { resource_version, entries } =
            folded.map_err(|error| NoList::Failed(undecodable(&path, &error)))?;
        reader.tell(News::Page { feed, entries, place }).await?;
        version = resource_version;
    }
    Ok(version)
}

fn undecodable(path: &str, error: &dyn std::error::Error) -> CallError {
    CallError::Decode { request: path.to_owned(), reason: error.to_string() }
}

/// Whether the picture is made without this feed. Without the pods of the mesh there is none.
fn is_final(feed: &Feed, error: &CallError) -> bool {
    error.is_final() && *feed != Feed::MeshPods
}

/// Watches from a version on, until it is outdated.
async fn watch(
    reader: &Reader,
    feed: &Feed,
    mut version: String,
    patience: &mut Patience,
) -> Result<(), Unwanted> {
    let mut broken = false;
    loop {
        let started = Instant::now();
        let end = watch_once(reader, feed, &mut version, &mut broken).await?;
        if started.elapsed() >= BRIEF {
            patience.renew();
        }
        match end {
            End::Outdated => return Ok(()),
            End::Over if started.elapsed() >= BRIEF => {}
            End::Over => patience.pause().await,
            End::Failed(error) => {
                broken = true;
                reader.tell(News::Broken { feed: feed.clone(), error }).await?;
                patience.pause().await;
            }
        }
    }
}

/// How a watch ended.
enum End {
    /// As watches do: the next one goes on.
    Over,
    /// What comes next can't be had: a new list is due.
    Outdated,
    /// The server does not answer, or not well.
    Failed(CallError),
}

async fn watch_once(
    reader: &Reader,
    feed: &Feed,
    version: &mut String,
    broken: &mut bool,
) -> Result<End, Unwanted> {
    let lines = match reader.calls.lines(&watch_path(&feed.path(), version), JSON).await {
        Ok(lines) => lines,
        Err(CallError::Gone { .. }) => return Ok(End::Outdated),
        Err(error) => return Ok(End::Failed(error)),
    };
    if std::mem::take(broken) {
        reader.tell(News::Mended { feed: feed.clone() }).await?;
    }
    let mut lines = std::pin::pin!(lines);
    loop {
        // Cut off or silent: the next watch shows whether anything is wrong.
        let Ok(Some(Ok(line))) = timeout(SILENCE, lines.next()).await else {
            return Ok(End::Over);
        };
        match feed.read_event(&reader.names, line.as_bytes()) {
            Ok(Change::Set { key, entry, version: newer }) => {
                *version = newer;
                reader.tell(News::Changed { feed: feed.clone(), key, entry }).await?;
            }
            Ok(Change::Bookmark(newer)) => *version = newer,
            Ok(Change::Ended(status)) => return Ok(ended(reader, feed, status)),
            Err(error) => return Ok(unreadable(feed, &error)),
        }
    }
}

fn ended(reader: &Reader, feed: &Feed, status: Status) -> End {
    match status.code {
        410 => End::Outdated,
        code => End::Failed(reader.calls.failed(&feed.path(), code, status.message)),
    }
}

/// A line that was cut off ends a watch. One that can't be read for good would end every watch from
/// this version on: a new list gets past it.
fn unreadable(feed: &Feed, error: &WireError) -> End {
    tracing::warn!(%feed, %error, "a line of a watch can't be read");
    End::Outdated
}

impl Reader {
    pub(super) async fn tell(&self, news: News) -> Result<(), Unwanted> {
        self.news.send(news).await.map_err(|_| Unwanted)
    }
}

/// Ever longer pauses, short again once something worked.
struct Patience(ExponentialBackoff);

impl Patience {
    fn new() -> Self {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(500))
            .with_max_delay(Duration::from_secs(15))
            .without_max_times()
            .with_jitter();
        Self(pauses.build())
    }

    fn renew(&mut self) {
        *self = Self::new();
    }

    async fn pause(&mut self) {
        sleep(self.0.next().unwrap_or(BRIEF)).await;
    }
}
