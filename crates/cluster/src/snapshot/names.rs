//! Shares strings: a mesh repeats few namespaces, images, revisions and labels over many pods.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use meshlift_core::inventory::Name;

/// The strings of one reading. Names that occur once, such as those of pods, are not kept in it.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<HashSet<Name>>);

impl Names {
    /// The shared form of a string.
    pub(super) fn share(&self, text: &str) -> Name {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = known.get(text) {
            return Name::clone(name);
        }
        let name: Name = text.into();
        known.insert(Name::clone(&name));
        name
    }
}
