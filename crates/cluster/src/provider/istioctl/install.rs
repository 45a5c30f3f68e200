//! Runs `istioctl install`. Entry point: [`install`].

use meshlift_core::rollout::Install;
use tokio_util::sync::CancellationToken;

use super::{InstallError, arguments, check, overlay, plain};
use crate::actuate::{ActError, Performed};
use crate::connection::{Connection, IdentityError};
use crate::door::IntentId;
use crate::programs::{Effect, Invocation, ProgramError, Programs};

/// Runs an install. Binary, values and the cluster of this UID are compared with what was confirmed
/// once more, right before. It is safe to run again: istioctl applies the same objects.
pub async fn install(
    connection: &Connection,
    programs: &Programs,
    intent: &IntentId,
    install: &Install,
    cluster: &str,
    cancel: CancellationToken,
    on_started: impl FnOnce(u32, u64) + Send,
) -> Result<Performed, ActError> {
    let target = connection.target();
    let variable = target.variable().map_err(InstallError::from)?;
    let blocks = check::inputs(programs, install, &cancel).await?;
    if let Some(block) = blocks.first() {
        return Err(ActError::guard(block.to_string()));
    }
    // No object that istioctl applies is guarded by what was seen of it.
    connection.is_still(cluster).await.map_err(|error| match error {
        IdentityError::Unread { source } => source.into(),
        other @ IdentityError::Other { .. } => ActError::guard(other.to_string()),
    })?;
    let call = Invocation {
        program: install.binary.clone().into(),
        args: arguments::install(install, target),
        files: vec![overlay::file(install), target.file()],
        env: vec![variable],
        effect: Effect::Writes { door: connection.door().clone(), intent: intent.clone() },
        cancel,
    };
    let exit = programs.run(call, on_started).await.map_err(InstallError::from)?;
    if !exit.success() {
        let file = check::values_of(install)?;
        let words = plain::without_values(exit.last_words(), &file);
        return Err(ActError::program(format!("istioctl install failed: {words}")));
    }
    Ok(Performed { changed: true, before: None, object: None })
}

impl From<InstallError> for ActError {
    fn from(error: InstallError) -> Self {
        match error {
            InstallError::Program(ProgramError::ReadOnly { .. }) => {
                Self::read_only(error.to_string())
            }
            InstallError::Program(ProgramError::Cancelled { .. }) => {
                Self::cancelled(error.to_string())
            }
            InstallError::Read(source) => source.into(),
            InstallError::Values { .. }
            | InstallError::NotYaml { .. }
            | InstallError::Kubeconfig(_)
            | InstallError::Render { .. }
            | InstallError::Slow { .. }
            | InstallError::Parse { .. }
            | InstallError::Program(
                ProgramError::Start { .. }
                | ProgramError::TooMuchOutput { .. }
                | ProgramError::Wait { .. }
                | ProgramError::Output { .. },
            ) => Self::program(error.to_string()),
        }
    }
}
