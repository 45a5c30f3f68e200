//! The instance behind its lock, with the two clusters, and what goes on in it by itself.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::instance::{Beside, Instance, Roll};
use super::{dataplane, gateways, labels, work};
use crate::handle::SimCluster;

/// Everything of a simulated instance. Locks are taken in this order: instance, control plane,
/// data plane.
pub(crate) struct Core {
    instance: Mutex<Instance>,
    changes: watch::Sender<u64>,
    pub(crate) control: SimCluster,
    pub(crate) data: SimCluster,
    /// Ends every task.
    pub(crate) cancel: CancellationToken,
}

impl Core {
    /// Puts an instance behind its lock.
    pub(crate) fn new(instance: Instance, control: SimCluster, data: SimCluster) -> Self {
        Self {
            instance: Mutex::new(instance),
            changes: watch::Sender::new(0),
            control,
            data,
            cancel: CancellationToken::new(),
        }
    }

    /// Works on the instance, and wakes whoever goes on with it.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut Instance) -> R) -> R {
        let result = work(&mut self.instance.lock().unwrap_or_else(PoisonError::into_inner));
        self.changes.send_modify(|count| *count += 1);
        result
    }

    /// Does all that is due, and says when to come back.
    fn step(&self) -> Option<Instant> {
        let mut instance = self.instance.lock().unwrap_or_else(PoisonError::into_inner);
        self.control.core().with(|control| {
            self.data.core().with(|data| {
                work::advance(&mut instance, control, data);
                gateways::advance(&mut instance, control, data);
                labels::advance(&mut instance, control, data);
                dataplane::trust(data);
            });
        });
        let first_roll = instance.rolls.iter().any(|(_, roll)| *roll == Roll::Pending);
        let roll = Some(instance.next_roll).filter(|at| first_roll && *at > Instant::now());
        let copies = instance.copies.values().copied();
        copies.chain(work::due(&instance)).chain(roll).min()
    }

    /// Whether nothing is on its way.
    fn is_at_rest(&self) -> bool {
        self.with_instance(|instance| {
            let rolls = instance.rolls.iter().any(|(_, roll)| !matches!(roll, Roll::Failed(_)));
            !rolls && instance.copies.is_empty() && work::due(instance).is_none()
        })
    }

    /// Reads the instance without waking anybody.
    pub(crate) fn with_instance<R>(&self, read: impl FnOnce(&Instance) -> R) -> R {
        read(&self.instance.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until no pod is on its way and the instance has nothing to do.
    pub(crate) async fn settled(&self) {
        let mut ears = self.ears();
        loop {
            ears.hush();
            let next = self.step();
            self.data.settled().await;
            if self.is_at_rest() {
                return;
            }
            ears.hear(next).await;
        }
    }

    /// Does what is due, for as long as the instance exists.
    pub(crate) async fn run(&self) {
        let mut ears = self.ears();
        loop {
            ears.hush();
            let next = self.step();
            tokio::select! {
                () = ears.hear(next) => {}
                () = self.cancel.cancelled() => return,
            }
        }
    }

    fn ears(&self) -> Ears {
        Ears {
            instance: self.changes.subscribe(),
            control: self.control.core().announcements(),
            data: self.data.core().announcements(),
        }
    }

    /// Pods that follow the second control plane.
    pub(crate) fn followers_beside(&self, instance: &Instance) -> Vec<String> {
        match &instance.beside {
            Beside::Nothing => Vec::new(),
            Beside::Canary(version) | Beside::Former(version) => {
                self.data.core().with(|data| dataplane::followers(data, version))
            }
        }
    }
}

/// Hears of changes on all sides.
struct Ears {
    instance: watch::Receiver<u64>,
    control: watch::Receiver<u64>,
    data: watch::Receiver<u64>,
}

impl Ears {
    /// Forgets what was heard so far.
    fn hush(&mut self) {
        for side in [&mut self.instance, &mut self.control, &mut self.data] {
            side.borrow_and_update();
        }
    }

    /// Waits for a change on any side, or until it is time.
    async fn hear(&mut self, next: Option<Instant>) {
        let timer = async {
            match next {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.instance.changed() => {}
            _ = self.control.changed() => {}
            _ = self.data.changed() => {}
            () = timer => {}
        }
    }
}
