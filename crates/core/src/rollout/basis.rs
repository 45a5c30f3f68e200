//! The facts that a plan rests on, each under a name a person can read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Named facts, such as `namespace shop: istio.io/rev` → `1-30`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Basis(pub BTreeMap<String, String>);

/// One fact that is no longer what the plan was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Name of the fact.
    pub fact: String,
    /// Its value in the plan; none when the plan did not know it.
    pub planned: Option<String>,
    /// Its value now; none when it is gone.
    pub found: Option<String>,
}

impl Basis {
    /// What differs between this basis and the one found now, in the order of the facts' names.
    pub fn differences(&self, found: &Self) -> Vec<Difference> {
        let names: std::collections::BTreeSet<&String> =
            self.0.keys().chain(found.0.keys()).collect();
        names
            .into_iter()
            .filter(|name| self.0.get(*name) != found.0.get(*name))
            .map(|name| Difference {
                fact: name.clone(),
                planned: self.0.get(name).cloned(),
                found: found.0.get(name).cloned(),
            })
            .collect()
    }
}
