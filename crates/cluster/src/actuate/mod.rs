//! Does acts: the smallest writes, each journaled before, guarded by what was observed, recognised
//! when it was done before, and safe to ask for again.
//!
//! Entry points: [`before`], [`dry_run`], [`perform`] and [`command_line`]. Deliberately absent: deciding which
//! act is due (`meshlift-core`), waiting for what follows from it (`meshlift-app`), running
//! `istioctl install` ([`crate::provider::istioctl::install`], which needs a child program), and
//! calling ASM.

mod aliyun;
mod command_line;
mod error;
mod label;
mod mark;
pub(crate) mod objects;
pub(crate) mod raw;
mod released;
mod remove;
mod replace;
mod restart;
mod revision;
mod tag;

use meshlift_core::rollout::{Act, ActKind, ObjectRef, annotation};

use crate::connection::Connection;
use crate::door::IntentId;

pub use command_line::{command_line, quoted};
pub use error::{ActError, ActErrorKind};
use raw::{Mode, Writer};
use replace::Wanted as _;

/// What an act did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Performed {
    /// Whether this attempt changed anything.
    pub changed: bool,
    /// The object before this attempt, where it changed one as a whole; none if it did not exist.
    pub before: Option<String>,
    /// The object that `before` belongs to.
    pub object: Option<ObjectRef>,
}

impl Performed {
    fn nothing() -> Self {
        Self::default()
    }

    fn something() -> Self {
        Self { changed: true, ..Self::default() }
    }
}

/// Does an act. `run_id` marks what it writes, so that a second attempt finds the first.
pub async fn perform(
    connection: &Connection,
    intent: &IntentId,
    act: &Act,
    run_id: &str,
) -> Result<Performed, ActError> {
    let writer = Writer { connection, intent, mode: Mode::Real };
    act_on(&writer, act, run_id).await
}

/// Asks the server whether it would take an act, without doing it.
pub async fn dry_run(
    connection: &Connection,
    intent: &IntentId,
    act: &Act,
    run_id: &str,
) -> Result<(), ActError> {
    let writer = Writer { connection, intent, mode: Mode::DryRun };
    match &act.kind {
        // istioctl has no dry run on the server; its check stands for it. ASM's is a step of the plan.
        ActKind::Install { install: _ } | ActKind::Asm { instance: _, call: _ } => Ok(()),
        ActKind::Label { .. }
        | ActKind::Restart { .. }
        | ActKind::SetTag { .. }
        | ActKind::SetTagService { .. }
        | ActKind::SetDefaultValidator { .. }
        | ActKind::DeactivateInjector { .. }
        | ActKind::Delete { .. }
        | ActKind::Restore { .. } => act_on(&writer, act, run_id).await.map(drop),
    }
}

/// The object that an act will write, and its JSON now (none if it does not exist), to be journaled
/// with the intent: it is what the way back puts there again. None for acts whose inverse is in the
/// act itself, and for installs.
pub async fn before(
    connection: &Connection,
    act: &ActKind,
) -> Result<Option<(ObjectRef, Option<String>)>, ActError> {
    let object = match act {
        ActKind::Install { .. }
        | ActKind::Label { .. }
        | ActKind::Restart { .. }
        | ActKind::Asm { .. } => return Ok(None),
        ActKind::SetTag { tag, revision } => {
            revision::TagInjector { tag, revision }.source(connection).await?.object
        }
        ActKind::SetTagService { tag, revision } => {
            revision::TagService { tag, revision }.source(connection).await?.object
        }
        ActKind::SetDefaultValidator { revision } => {
            revision::DefaultValidator { revision }.source(connection).await?.object
        }
        ActKind::DeactivateInjector { name } => objects::injector(name),
        ActKind::Delete { object, uid: _ } | ActKind::Restore { object, manifest: _, left: _ } => {
            object.clone()
        }
    };
    let found = raw::find(connection, &objects::path(&object)).await?;
    Ok(Some((object, found.as_ref().map(|found| mark::unmarked(found).to_string()))))
}

async fn act_on(writer: &Writer<'_>, act: &Act, run_id: &str) -> Result<Performed, ActError> {
    let id = &act.id;
    match &act.kind {
        ActKind::Install { install: _ } => {
            Err(ActError::guard("an install is run by its provider, not as a write"))
        }
        ActKind::Asm { instance: _, call: _ } => {
            Err(ActError::guard("a call to ASM is made by its client, not as a write"))
        }
        ActKind::Label { namespace, uid, from, to } => {
            label::set(writer, namespace, uid, from, to).await
        }
        ActKind::Restart { workload, uid, template_hash } => {
            let mark = annotation(run_id, &id.step);
            restart::restart(writer, workload, uid, template_hash, &mark).await
        }
        ActKind::SetTag { tag, revision } => {
            replace::put(writer, run_id, id, &revision::TagInjector { tag, revision }).await
        }
        ActKind::SetTagService { tag, revision } => {
            replace::put(writer, run_id, id, &revision::TagService { tag, revision }).await
        }
        ActKind::SetDefaultValidator { revision } => {
            replace::put(writer, run_id, id, &revision::DefaultValidator { revision }).await
        }
        ActKind::DeactivateInjector { name } => {
            replace::put(writer, run_id, id, &revision::Deactivated { name }).await
        }
        ActKind::Delete { object, uid } => remove::delete(writer, object, uid).await,
        ActKind::Restore { object, manifest, left } => {
            remove::restore(writer, object, manifest.as_deref(), left.as_ref()).await
        }
    }
}
