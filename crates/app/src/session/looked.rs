//! What prechecks ask, kept for a moment: for who asks one question after the other about the same mesh.
//!
//! Entry points: [`Looked::get`] and [`Looked::forget`]. It is read anew once it is a minute old, once a
//! control plane changed, and whenever the user asks for it. Deliberately absent: plans and their
//! prechecks, which always rest on what was read for them.

use jiff::{SignedDuration, Timestamp};
use meshlift_core::inventory::{Evidence, Name, Snapshot};
use meshlift_core::version::MeshVersion;
use tokio::sync::Mutex;

use crate::clock::Clock;

/// How long it is used.
const KEPT: SignedDuration = SignedDuration::from_secs(60);

/// The last look at a mesh.
#[derive(Debug, Default)]
pub(crate) struct Looked(Mutex<Option<Look>>);

/// What was read, and when.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) evidence: Evidence,
    pub(crate) at: Timestamp,
    of: Planes,
}

/// The control planes that a look was at.
type Planes = Vec<(Name, Option<MeshVersion>)>;

impl Looked {
    /// The last look at the mesh while it holds, and a new one otherwise. Who asks meanwhile waits for
    /// the same one.
    pub(crate) async fn get(
        &self,
        mesh: &Snapshot,
        clock: Clock,
        look: impl AsyncFnOnce() -> Evidence,
    ) -> Look {
        let mut kept = self.0.lock().await;
        let of = planes(mesh);
        let holds = |last: &&Look| last.of == of && clock.now().duration_since(last.at) < KEPT;
        if let Some(last) = kept.as_ref().filter(holds) {
            return last.clone();
        }
        let at = clock.now();
        let new = Look { evidence: look().await, at, of };
        *kept = Some(new.clone());
        new
    }

    /// The next one who asks gets a new look.
    pub(crate) async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

fn planes(mesh: &Snapshot) -> Planes {
    let planes = mesh.control_planes.iter();
    planes.map(|plane| (plane.revision.clone(), plane.version.clone())).collect()
}
