//! Commands about the application itself: settings, binaries, the read-only switch.

use crate::Meshlift;
use crate::api::dto::{
    ApiError, AppEvent, AppInfo, ErrorCode, IstioctlBinary, Nothing, ReadOnly, Settings,
    SettingsChange,
};
use crate::api::faults;
use crate::settings::{self, Changed};

impl Meshlift {
    /// What the window shows before any mesh is open.
    #[expect(clippy::unused_async, reason = "every command is awaited")]
    pub async fn app_info(&self, _: Nothing) -> Result<AppInfo, ApiError> {
        let inner = &self.inner;
        Ok(AppInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            read_only: inner.door.is_read_only(),
            read_only_forced: inner.options.read_only_forced,
            data_folder: inner.options.data_folder.display().to_string(),
            catalog_as_of: inner.catalogues.current().as_of.to_string(),
        })
    }

    /// The settings.
    #[expect(clippy::unused_async, reason = "every command is awaited")]
    pub async fn settings_get(&self, _: Nothing) -> Result<Settings, ApiError> {
        Ok(self.inner.preferences.settings())
    }

    /// Makes one change of the settings, and keeps it.
    pub async fn settings_change(&self, change: SettingsChange) -> Result<Settings, ApiError> {
        self.change_settings(move |settings| settings::apply(settings, change)).await
    }

    /// Changes the settings as they are at that moment, keeps them, and does what follows.
    pub(crate) async fn change_settings(
        &self,
        change: impl FnOnce(&mut Settings) + Send + 'static,
    ) -> Result<Settings, ApiError> {
        let inner = &self.inner;
        let preferences = inner.preferences.clone();
        let changed = tokio::task::spawn_blocking(move || preferences.change(change));
        let Changed { before, after: kept } =
            changed.await.map_err(|error| ApiError::new(ErrorCode::Internal, &error))??;
        if kept.catalogue_file != before.catalogue_file {
            self.read_catalogue(kept.catalogue_file.clone()).await?;
        }
        if kept.istioctl_paths != before.istioctl_paths {
            inner.meshes.forget_istioctls().await;
        }
        if kept.kubeconfig_files != before.kubeconfig_files || kept.contexts != before.contexts {
            let _ = inner.events.send(AppEvent::ContextsChanged);
        }
        self.close_relinked(&before, &kept);
        let _ = inner.events.send(AppEvent::SettingsChanged);
        inner.meshes.changed();
        Ok(kept)
    }

    /// Closes contexts that were linked with another ASM instance: opened again they are read
    /// together with it. A run keeps the session that it began with.
    fn close_relinked(&self, before: &Settings, kept: &Settings) {
        let link = |settings: &Settings, name: &str| {
            let link = settings.contexts.get(name).and_then(|context| context.asm.clone());
            link.map(|link| (link.instance, link.region, link.cli_profile))
        };
        let names = before.contexts.keys().chain(kept.contexts.keys());
        for name in names.filter(|name| link(before, name) != link(kept, name)) {
            if self.inner.runs.driven_on(name).is_none() {
                self.inner.sessions.close(name);
            }
        }
    }

    /// The istioctl binaries of this computer, looked for anew, and those of simulated meshes.
    pub async fn istioctl_list(&self, _: Nothing) -> Result<Vec<IstioctlBinary>, ApiError> {
        self.inner.meshes.forget_istioctls().await;
        let found = self.istioctls().await;
        Ok(found
            .iter()
            .map(|binary| IstioctlBinary {
                path: binary.path.display().to_string(),
                version: binary.version.as_ref().map(ToString::to_string),
                problem: binary.problem.as_ref().map(faults::binary),
            })
            .collect())
    }

    /// Refuses every write from now on, or no longer.
    #[expect(clippy::unused_async, reason = "every command is awaited")]
    pub async fn read_only_set(&self, request: ReadOnly) -> Result<ReadOnly, ApiError> {
        let inner = &self.inner;
        if inner.options.read_only_forced && !request.on {
            return Err(ApiError::plain(
                ErrorCode::ReadOnly,
                "the app was started read-only and stays so",
            ));
        }
        inner.door.set_read_only(request.on);
        let _ = inner.events.send(AppEvent::SettingsChanged);
        inner.meshes.changed();
        Ok(request)
    }
}
