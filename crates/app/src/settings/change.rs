//! What a change of the settings does to them.
//!
//! Entry point: [`apply`]. Deliberately absent: whether the outcome makes sense, which is asked of
//! the whole of it before it is kept.

use crate::api::dto::{ContextChange, ContextSettings, PathsOf, Settings, SettingsChange};

/// Changes what is named and leaves the rest.
pub(crate) fn apply(settings: &mut Settings, change: SettingsChange) {
    match change {
        SettingsChange::Language { language } => settings.language = language,
        SettingsChange::Theme { theme } => settings.theme = theme,
        SettingsChange::ReadOnly { on } => settings.read_only = on,
        SettingsChange::AddPath { list, path } => {
            let paths = paths_of(settings, list);
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        SettingsChange::RemovePath { list, path } => {
            paths_of(settings, list).retain(|known| *known != path);
        }
        SettingsChange::Catalogue { file } => settings.catalogue_file = file,
        SettingsChange::Context { context, change } => {
            of_context(settings.contexts.entry(context).or_default(), change);
        }
    }
}

fn paths_of(settings: &mut Settings, list: PathsOf) -> &mut Vec<String> {
    match list {
        PathsOf::Kubeconfigs => &mut settings.kubeconfig_files,
        PathsOf::Istioctls => &mut settings.istioctl_paths,
    }
}

fn of_context(held: &mut ContextSettings, change: ContextChange) {
    match change {
        ContextChange::Tag { tag } => held.tag = tag,
        ContextChange::Protected { on } => held.protected = on,
        ContextChange::InstallValues { file } => held.install_values = file,
        ContextChange::Asm { link } => held.asm = link,
    }
}
