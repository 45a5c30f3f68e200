//! Reads a mesh and keeps the picture of it true.
//!
//! Entry points: [`read`] once, [`watch`] from then on. Lists come in pages, as protobuf where a kind
//! allows it, and are folded in while they arrive; then one watch per kind goes on from the list's
//! version. Nothing of an object is kept that the picture does not show. Deliberately absent: what
//! follows from the picture (`meshlift-core`), Secrets, and polling.

mod feed;
mod fold;
mod follow;
mod live;
mod names;
mod plane;
mod store;
mod stray;
mod template;

use std::sync::Arc;

use futures::{Stream, stream};
use meshlift_core::inventory::Snapshot;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::calls::CallError;
use crate::connection::Connection;

pub(crate) use fold::selector_of;
pub use template::template_hash;

/// What a watch tells.
#[derive(Debug, Clone)]
pub enum Reading {
    /// A part of the first reading: more is coming.
    Page(Arc<Snapshot>),
    /// The whole mesh, at first and after every change. Changes that come together are told together,
    /// at most four times a second, the last one always.
    Ready(Arc<Snapshot>),
    /// Something cannot be read now. It is tried again; the last snapshot may be out of date until the
    /// next [`Reading::Ready`].
    Lost(CallError),
}

/// Reads the mesh once. A kind that may not be read is noted in the snapshot; without the pods of the
/// mesh there is none.
pub async fn read(connection: &Connection) -> Result<Snapshot, CallError> {
    live::whole(connection).await
}

/// Reads the mesh and keeps the picture true. Ends when cancelled; dropping it stops all reading.
pub fn watch(
    connection: Connection,
    cancel: CancellationToken,
) -> impl Stream<Item = Reading> + Send + Unpin {
    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(live::keep(connection, sender, cancel));
    Box::pin(stream::unfold(receiver, |mut receiver| async move {
        let reading = receiver.recv().await?;
        Some((reading, receiver))
    }))
}
