//! P-09, in part: whether a second istiod finds room beside the first.

use super::facts::Facts;
use super::{Finding, Problem, Severity, control_plane};
use crate::inventory::Installer;
use crate::inventory::evidence::Resource;
use crate::policy::Method;

/// Nodes without room for the istiod of a canary. It asks nothing of a mesh whose istiod the vendor
/// runs, nor where istiod is replaced in its place.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let own = |installer| installer != Installer::Asm && installer != Installer::Vendor;
    let runs_here = facts.snapshot.control_planes.iter().any(|plane| own(plane.installer));
    match facts.aim.method {
        Method::InPlace => return Vec::new(),
        Method::Canary if !runs_here => return Vec::new(),
        Method::Canary => {}
    }
    if let Some(gap) = facts.missing(&[Resource::Nodes, Resource::Room]) {
        return vec![super::unread(control_plane::ID_SINGLE, gap)];
    }
    let (severity, problem) = match &facts.evidence.room {
        Some(room) if room.fits => return Vec::new(),
        Some(room) if room.asked >= room.of => (Severity::Warn, Problem::NoRoom { nodes: room.of }),
        Some(room) => {
            let why = format!("{} of {} nodes were asked, and none has room", room.asked, room.of);
            (Severity::Warn, unknown(why))
        }
        None => (Severity::Warn, unknown("it was not read for this snapshot".to_owned())),
    };
    vec![Finding::new(control_plane::ID_SINGLE, severity, "Nodes", problem)]
}

fn unknown(why: String) -> Problem {
    Problem::CannotTell { what: "room for a second istiod".to_owned(), why }
}
