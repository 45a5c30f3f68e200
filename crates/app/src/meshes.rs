//! What the app knows of meshes beside what it reads: prechecks, chosen targets, istioctl binaries.
//!
//! Entry point: [`Meshes`]. Whoever changes something here says so, and every view looks again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use meshlift_cluster::provider::istioctl::Binary;
use tokio::sync::watch;

use crate::view::scene::Prechecks;

/// Notes about meshes, by the name of their context.
#[derive(Debug, Clone)]
pub(crate) struct Meshes {
    prechecks: Arc<Mutex<BTreeMap<String, Prechecks>>>,
    istioctls: Arc<tokio::sync::Mutex<Option<Arc<[Binary]>>>>,
    changes: watch::Sender<u64>,
}

impl Default for Meshes {
    fn default() -> Self {
        Self {
            prechecks: Arc::default(),
            istioctls: Arc::default(),
            changes: watch::Sender::new(0),
        }
    }
}

impl Meshes {
    /// The last prechecks of a mesh.
    pub(crate) fn prechecks(&self, context: &str) -> Prechecks {
        let held = self.prechecks.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(context).cloned().unwrap_or_default()
    }

    /// Changes the prechecks of a mesh.
    pub(crate) fn note(&self, context: &str, change: impl FnOnce(&mut Prechecks)) {
        let mut held = self.prechecks.lock().unwrap_or_else(PoisonError::into_inner);
        change(held.entry(context.to_owned()).or_default());
        drop(held);
        self.changed();
    }

    /// The istioctl binaries, found once and then only when asked for anew.
    pub(crate) async fn istioctls<F>(&self, find: impl FnOnce() -> F) -> Arc<[Binary]>
    where
        F: Future<Output = Vec<Binary>>,
    {
        let mut held = self.istioctls.lock().await;
        if let Some(known) = held.as_ref() {
            return known.clone();
        }
        let found: Arc<[Binary]> = find().await.into();
        *held = Some(found.clone());
        found
    }

    /// The istioctl binaries, as far as they are known already.
    pub(crate) fn known_istioctls(&self) -> Option<Arc<[Binary]>> {
        self.istioctls.try_lock().ok()?.clone()
    }

    /// Forgets the istioctl binaries: the next question looks for them again.
    pub(crate) async fn forget_istioctls(&self) {
        *self.istioctls.lock().await = None;
        self.changed();
    }

    /// Says that views have to look again.
    pub(crate) fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Completes whenever views have to look again.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}
