//! The way back of one object: how it was before an act of ours, unless somebody else changed it since.
//!
//! Entry point: [`Changed`]. By then it may name another revision; Services are not in a snapshot, so
//! theirs is looked at only right before they are written.

use serde_json::Value;

use super::{Refusal, what_if};
use crate::inventory::{Name, REVISION_LABEL, Snapshot};
use crate::rollout::{ActKind, ActProgress, ObjectRef};

/// An object that an act wrote as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The object.
    pub object: ObjectRef,
    /// Its JSON before the act; none if it did not exist.
    pub before: Option<String>,
    /// The revision that the act left it naming; none if it named none, or was taken away.
    pub left: Option<Name>,
}

impl Changed {
    /// What an act wrote; none if it writes no object as a whole, or never came so far: an object is
    /// named right before it is written, and a dry run names none.
    pub fn by(act: &ActProgress) -> Option<Self> {
        if was_refused(act) {
            return None;
        }
        let left = match &act.kind {
            ActKind::SetTag { tag: _, revision }
            | ActKind::SetTagService { tag: _, revision }
            | ActKind::SetDefaultValidator { revision } => Some(revision.clone()),
            ActKind::DeactivateInjector { name: _ } => named_by(act.before.as_deref()),
            ActKind::Restore { object: _, manifest, left: _ } => named_by(manifest.as_deref()),
            ActKind::Install { .. }
            | ActKind::Label { .. }
            | ActKind::Restart { .. }
            | ActKind::Asm { .. }
            | ActKind::Delete { .. } => return None,
        };
        Some(Self { object: act.object.clone()?, before: act.before.clone(), left })
    }

    /// The act that puts it back.
    pub(super) fn back(&self, snapshot: &Snapshot) -> Result<ActKind, Refusal> {
        if self.is_foreign(snapshot) {
            return Err(Refusal::ForeignChange { object: self.object.to_string() });
        }
        let Self { object, before, left } = self.clone();
        Ok(ActKind::Restore { object, manifest: before, left })
    }

    /// Whether it is neither as the act left it nor as it was before.
    fn is_foreign(&self, snapshot: &Snapshot) -> bool {
        let name = &self.object.name;
        let found = match &*self.object.kind {
            what_if::MUTATING => {
                let mut injectors = snapshot.injectors.iter();
                injectors.find(|it| it.name == *name).map(|it| Some(it.revision.clone()))
            }
            what_if::VALIDATING => {
                let mut validators = snapshot.validators.iter();
                validators.find(|it| it.name == *name).map(|it| it.revision.clone())
            }
            _ => return false,
        };
        match found {
            Some(named) => named != self.left && named != named_by(self.before.as_deref()),
            None => self.left.is_some() && self.before.is_some(),
        }
    }
}

/// The act that undoes what an act wrote as a whole; none if there is nothing of that.
pub(super) fn of(act: &ActProgress, snapshot: &Snapshot) -> Result<Option<ActKind>, Refusal> {
    Changed::by(act).map(|changed| changed.back(snapshot)).transpose()
}

/// Whether its only attempt was refused, by a guard or by the server: what the object is now is
/// somebody else's work.
pub(super) fn was_refused(act: &ActProgress) -> bool {
    let is_only = act.attempts <= 1 && !act.retried;
    let is_final = act.failed.is_some() && !act.transient;
    is_only && is_final && !act.changed && act.done.is_none()
}

/// The revision that an object's JSON names.
pub(in crate::rollout) fn named_by(manifest: Option<&str>) -> Option<Name> {
    let object: Value = serde_json::from_str(manifest?).ok()?;
    object["metadata"]["labels"][REVISION_LABEL].as_str().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(attempts: u32, transient: bool) -> ActProgress {
        ActProgress {
            kind: ActKind::SetTag { tag: "prod".into(), revision: "1-31".into() },
            intended: jiff::Timestamp::UNIX_EPOCH,
            attempts,
            retried: false,
            done: None,
            changed: false,
            failed: Some("somebody else changed it".to_owned()),
            transient,
            before: None,
            object: Some(ObjectRef {
                api_version: "admissionregistration.k8s.io/v1".into(),
                kind: what_if::MUTATING.into(),
                resource: "mutatingwebhookconfigurations".into(),
                namespace: None,
                name: "istio-revision-tag-prod".into(),
            }),
            child: None,
        }
    }

    #[test]
    fn what_was_refused_at_once_was_never_changed() {
        assert_eq!(Changed::by(&act(1, false)), None, "a guard stood in the way");
        assert!(
            Changed::by(&act(1, true)).is_some(),
            "an answer that was lost may have been a yes"
        );
        assert!(Changed::by(&act(2, false)).is_some(), "so may the one before the refusal");
    }
}
