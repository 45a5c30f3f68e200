//! Something that stands still until a test lets it go on.
//!
//! Entry points: [`Held`] for the test, [`Gate`] for what is held.

use std::sync::Arc;

use tokio::sync::watch;

/// A request that is held before it does anything, or an install behind an object that it applied,
/// until this is dropped.
#[derive(Debug)]
pub struct Held(Arc<Gate>);

impl Held {
    /// Waits until it is there.
    pub async fn reached(&self) {
        // The sender lives in the gate that is held here.
        drop(self.0.reached.subscribe().wait_for(|reached| *reached).await);
    }

    /// Lets it go on.
    pub fn release(self) {
        drop(self);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// Between a held request and whoever holds it.
#[derive(Debug)]
pub(crate) struct Gate {
    reached: watch::Sender<bool>,
    open: watch::Sender<bool>,
}

impl Gate {
    /// A gate that is shut, and who holds it.
    pub(crate) fn shut() -> (Arc<Self>, Held) {
        let (reached, open) = (watch::Sender::new(false), watch::Sender::new(false));
        let gate = Arc::new(Self { reached, open });
        (gate.clone(), Held(gate))
    }

    /// Lets whoever waits at it go on.
    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    /// Lets a request wait until it may go on.
    pub(crate) async fn pass(&self) {
        self.reached.send_replace(true);
        // The sender lives in this gate.
        drop(self.open.subscribe().wait_for(|open| *open).await);
    }
}
