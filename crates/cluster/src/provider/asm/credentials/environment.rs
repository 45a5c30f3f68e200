//! The surroundings in which credentials are looked for, as data: variables and a home folder.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Prefixes of the variables, the official one first; the CLI takes all three.
const PREFIXES: [&str; 3] = ["ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_"];

/// Variables and a home folder. Its debug form has names only.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    home: Option<PathBuf>,
}

/// An access key among the variables, with the names under which it was found.
pub(super) struct KeyVariables {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) token: Option<String>,
    pub(super) names: Vec<String>,
}

impl Environment {
    /// From variables; the home folder is `USERPROFILE` on Windows and `HOME` elsewhere.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let variables: BTreeMap<String, String> = variables.into_iter().collect();
        let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        let home = variables.get(home).filter(|home| !home.is_empty()).map(PathBuf::from);
        Self { variables, home }
    }

    pub(super) fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// The first variable with this ending that is set to something, with its name.
    pub(super) fn find(&self, ending: &str) -> Option<(String, &str)> {
        PREFIXES.iter().find_map(|prefix| {
            let name = format!("{prefix}{ending}");
            let value = self.get(&name)?;
            Some((name, value))
        })
    }

    pub(super) fn value(&self, ending: &str) -> Option<&str> {
        self.find(ending).map(|(_, value)| value)
    }

    pub(super) fn is_on(&self, ending: &str) -> bool {
        self.value(ending).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// An access key whose parts have one prefix: parts of two keys never make one. Terraform's names
    /// come last.
    pub(super) fn keys(&self) -> Option<KeyVariables> {
        let usual = PREFIXES.map(|prefix| {
            ["ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN"]
                .map(|ending| format!("{prefix}{ending}"))
        });
        let terraform = ["ACCESS_KEY", "SECRET_KEY", "SECURITY_TOKEN"]
            .map(|ending| format!("ALICLOUD_{ending}"));
        usual.into_iter().chain([terraform]).find_map(|[id, secret, token]| {
            let keys = KeyVariables {
                id: self.get(&id)?.to_owned(),
                secret: self.get(&secret)?.to_owned(),
                token: self.get(&token).map(str::to_owned),
                names: vec![id, secret],
            };
            Some(match keys.token {
                Some(_) => KeyVariables { names: [keys.names, vec![token]].concat(), ..keys },
                None => keys,
            })
        })
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.keys())
            .field("home", &self.home)
            .finish()
    }
}
