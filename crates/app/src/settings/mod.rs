//! What the user prefers, typed, behind a small key-value port.
//!
//! Entry point: [`Preferences`]. The shell gives a store of its own; [`file::FileStore`] serves
//! the development server and the tests. Deliberately absent: anything secret.

mod change;
pub mod file;
mod store;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

pub(crate) use change::apply;
pub use store::{Store, StoreError};

use crate::api::dto::{ApiError, ContextSettings, ErrorCode, Settings};

/// Context names and the target version chosen for each.
type Targets = BTreeMap<String, String>;

const SETTINGS: &str = "settings";
const TARGETS: &str = "targets";

/// The settings, read once and written through.
#[derive(Clone)]
pub struct Preferences {
    store: Arc<dyn Store>,
    held: Arc<RwLock<Held>>,
    /// One change at a time: each is made to what the one before it left.
    changing: Arc<Mutex<()>>,
}

struct Held {
    settings: Settings,
    targets: Targets,
}

/// The settings around a change.
#[derive(Debug)]
pub struct Changed {
    /// As they were.
    pub before: Settings,
    /// As they are kept now.
    pub after: Settings,
}

/// Why the settings were not kept.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum SettingsError {
    #[error("failed to read the settings")]
    Load { source: StoreError },
    #[error("failed to keep the settings")]
    Save { source: StoreError },
    #[error("`{value}` is no {what}")]
    Invalid { what: &'static str, value: String },
}

impl Preferences {
    /// Reads the settings; what is missing or not understood is as for a new user.
    pub fn load(store: Arc<dyn Store>) -> Result<Self, SettingsError> {
        let settings = read(&*store, SETTINGS)?.unwrap_or_else(first_settings);
        let targets = read(&*store, TARGETS)?.unwrap_or_default();
        let held = Arc::new(RwLock::new(Held { settings, targets }));
        Ok(Self { store, held, changing: Arc::default() })
    }

    /// The settings.
    pub fn settings(&self) -> Settings {
        self.held.read().unwrap_or_else(PoisonError::into_inner).settings.clone()
    }

    /// Changes the settings as they are at that moment, and keeps them.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) -> Result<Changed, SettingsError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.settings();
        let mut after = before.clone();
        change(&mut after);
        let after = checked(after)?;
        self.save(SETTINGS, &after)?;
        self.held.write().unwrap_or_else(PoisonError::into_inner).settings = after.clone();
        Ok(Changed { before, after })
    }

    /// What the user says about a context.
    pub fn of(&self, context: &str) -> ContextSettings {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.settings.contexts.get(context).cloned().unwrap_or_default()
    }

    /// The target version chosen for a context.
    pub fn target(&self, context: &str) -> Option<String> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.targets.get(context).cloned()
    }

    /// Chooses the target version of a context, or leaves it to the app.
    pub fn choose_target(
        &self,
        context: &str,
        target: Option<String>,
    ) -> Result<(), SettingsError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut targets = self.held.read().unwrap_or_else(PoisonError::into_inner).targets.clone();
        match target {
            Some(target) => targets.insert(context.to_owned(), target),
            None => targets.remove(context),
        };
        self.save(TARGETS, &targets)?;
        self.held.write().unwrap_or_else(PoisonError::into_inner).targets = targets;
        Ok(())
    }

    fn save(&self, key: &str, value: &impl Serialize) -> Result<(), SettingsError> {
        serde_json::to_value(value)
            .map_err(StoreError::Encode)
            .and_then(|value| self.store.save(key, &value))
            .map_err(|source| SettingsError::Save { source })
    }
}

impl ContextSettings {
    /// Whether confirmations ask to type the context's name.
    pub fn is_protected(&self) -> bool {
        self.protected || self.tag.as_deref().is_some_and(is_production)
    }
}

impl From<SettingsError> for ApiError {
    fn from(error: SettingsError) -> Self {
        let code = match &error {
            SettingsError::Load { .. } | SettingsError::Save { .. } => ErrorCode::Storage,
            SettingsError::Invalid { .. } => ErrorCode::BadRequest,
        };
        Self::new(code, &error)
    }
}

fn is_production(tag: &str) -> bool {
    matches!(tag.trim().to_ascii_lowercase().as_str(), "prod" | "production")
}

fn read<T: DeserializeOwned>(store: &dyn Store, key: &str) -> Result<Option<T>, SettingsError> {
    let value = store.load(key).map_err(|source| SettingsError::Load { source })?;
    let Some(value) = value else { return Ok(None) };
    // Settings of a newer version must not keep an older one from starting.
    Ok(serde_json::from_value(value)
        .inspect_err(|error| tracing::warn!(key, %error, "settings not understood"))
        .ok())
}

fn first_settings() -> Settings {
    Settings {
        language: "en-US".into(),
        theme: "system".into(),
        read_only: false,
        kubeconfig_files: Vec::new(),
        istioctl_paths: Vec::new(),
        catalogue_file: None,
        snapshot_files: Vec::new(),
        contexts: BTreeMap::new(),
    }
}

fn checked(settings: Settings) -> Result<Settings, SettingsError> {
    one_of("language", &settings.language, &["en-US", "zh-CN"])?;
    one_of("theme", &settings.theme, &["light", "dark", "system"])?;
    let relative = settings
        .kubeconfig_files
        .iter()
        .chain(&settings.istioctl_paths)
        .chain(&settings.catalogue_file)
        .chain(&settings.snapshot_files)
        .chain(settings.contexts.values().filter_map(|context| context.install_values.as_ref()))
        .find(|path| !std::path::Path::new(path).is_absolute());
    if let Some(path) = relative {
        return Err(SettingsError::Invalid { what: "absolute path", value: path.clone() });
    }
    for link in settings.contexts.values().filter_map(|context| context.asm.as_ref()) {
        if let Some(profile) = &link.profile {
            one_of("rules of ASM", profile, &["asm-seed", "asm-strict"])?;
        }
    }
    Ok(settings)
}

fn one_of(what: &'static str, value: &str, known: &[&str]) -> Result<(), SettingsError> {
    if known.contains(&value) {
        return Ok(());
    }
    Err(SettingsError::Invalid { what, value: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::file::FileStore;
    use super::*;
    use crate::api::dto::{ContextChange, PathsOf, SettingsChange};

    #[test]
    fn settings_survive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let store = || Arc::new(FileStore::new(folder.path().join("settings.json")));
        let before = Preferences::load(store()).unwrap();
        let wanted = before.change(|settings| settings.language = "zh-CN".into()).unwrap().after;
        before.choose_target("shop", Some("1.31.1".into())).unwrap();

        let after = Preferences::load(store()).unwrap();
        assert_eq!(after.settings(), wanted);
        assert_eq!(after.target("shop").as_deref(), Some("1.31.1"));
    }

    #[test]
    fn of_many_changes_at_once_none_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let store = || Arc::new(FileStore::new(folder.path().join("settings.json")));
        let preferences = Preferences::load(store()).unwrap();

        std::thread::scope(|scope| {
            for number in 0..8 {
                let preferences = preferences.clone();
                scope.spawn(move || {
                    for turn in 0..8 {
                        let path = format!("/opt/{number}-{turn}");
                        let add = SettingsChange::AddPath { list: PathsOf::Istioctls, path };
                        preferences.change(|settings| apply(settings, add)).unwrap();
                    }
                });
            }
        });

        assert_eq!(preferences.settings().istioctl_paths.len(), 64, "in memory");
        let kept = Preferences::load(store()).unwrap().settings();
        assert_eq!(kept.istioctl_paths.len(), 64, "and in the file");
    }

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let of = |change| SettingsChange::Context { context: "shop".into(), change };
        let mut settings = first_settings();

        apply(&mut settings, of(ContextChange::Tag { tag: Some("prod".into()) }));
        apply(&mut settings, of(ContextChange::Protected { on: true }));
        apply(&mut settings, of(ContextChange::InstallValues { file: Some("/v.yaml".into()) }));
        apply(&mut settings, SettingsChange::Theme { theme: "dark".into() });

        let shop = ContextSettings {
            tag: Some("prod".into()),
            protected: true,
            install_values: Some("/v.yaml".into()),
            asm: None,
        };
        let contexts = BTreeMap::from([("shop".to_owned(), shop)]);
        assert_eq!(settings, Settings { theme: "dark".into(), contexts, ..first_settings() });
    }

    #[rstest]
    #[case::language("tlh", "system", "/opt/istioctl")]
    #[case::theme("en-US", "pink", "/opt/istioctl")]
    #[case::relative_path("en-US", "dark", "istioctl")]
    fn what_makes_no_sense_is_refused(
        #[case] language: &str,
        #[case] theme: &str,
        #[case] path: &str,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(FileStore::new(folder.path().join("settings.json")));
        let preferences = Preferences::load(store).unwrap();

        let refused = preferences.change(|settings| {
            settings.language = language.into();
            settings.theme = theme.into();
            settings.istioctl_paths = vec![path.into()];
        });

        assert!(matches!(refused, Err(SettingsError::Invalid { .. })), "got {refused:?}");
        assert_eq!(preferences.settings(), first_settings(), "nothing was kept");
    }

    #[rstest]
    #[case::production(Some("prod"), false, true)]
    #[case::spelled_otherwise(Some(" Production "), false, true)]
    #[case::said_so(None, true, true)]
    #[case::staging(Some("staging"), false, false)]
    fn production_is_always_protected(
        #[case] tag: Option<&str>,
        #[case] protected: bool,
        #[case] expected: bool,
    ) {
        let settings = ContextSettings {
            tag: tag.map(str::to_owned),
            protected,
            install_values: None,
            asm: None,
        };
        assert_eq!(settings.is_protected(), expected);
    }
}
