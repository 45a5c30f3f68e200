//! Makes a call to ASM once, however often it is asked for.
//!
//! Entry point: [`call`]. What the instance shows decides: a call that is there or under way is not
//! made again, and one whose answer was lost is looked for before (`domain/asm.md` §7.6).

use meshlift_cluster::actuate::Performed;
use meshlift_cluster::door::IntentId;
use meshlift_cluster::instance::InstanceError;
use meshlift_core::asm::Call;
use meshlift_core::inventory::Name;

use super::acts::{Earlier, Failed};
use crate::session::{InstanceReader, Session};

/// Makes a call whose intent is in the journal.
pub(super) async fn call(
    session: &Session,
    instance: &Name,
    call: &Call,
    intent: &IntentId,
    earlier: Earlier,
) -> Result<Performed, Failed> {
    let reader = session.instance.as_ref().filter(|reader| reader.cloud().id() == &**instance);
    let Some(reader) = reader else {
        let why = format!("the context is not linked with ASM instance {instance}");
        return Err(Failed { why, transient: false });
    };
    match call {
        // A check leaves no trace, and asking twice harms nobody.
        Call::Precheck { .. } => {}
        Call::Upgrade { .. }
        | Call::UpgradeGateway { .. }
        | Call::Label { .. }
        | Call::GatewayCanary { .. } => {
            if is_there(reader, call, earlier).await? {
                return Ok(done(earlier == Earlier::Unseen));
            }
        }
    }
    let known = reader.read().await?;
    match reader.cloud().perform(&known, call, intent).await {
        Ok(()) => {
            // The instance is read until it shows: what is looked at next is not older than this.
            settle(reader, call).await?;
            Ok(done(true))
        }
        Err(error) if error.may_have_happened() && settle(reader, call).await? => Ok(done(true)),
        Err(error) => Err(error.into()),
    }
}

/// Whether a call is there already. After a crash it may still be on its way.
async fn is_there(
    reader: &InstanceReader,
    call: &Call,
    earlier: Earlier,
) -> Result<bool, InstanceError> {
    match earlier {
        Earlier::Unseen => reader.until_shown(call).await,
        Earlier::Known => {
            let instance = reader.read().await?;
            Ok(reader.shows(&instance, call))
        }
    }
}

/// Waits a bounded time until a call shows; says whether it does.
async fn settle(reader: &InstanceReader, call: &Call) -> Result<bool, InstanceError> {
    match call {
        Call::Precheck { .. } => Ok(false),
        Call::Upgrade { .. }
        | Call::UpgradeGateway { .. }
        | Call::Label { .. }
        | Call::GatewayCanary { .. } => reader.until_shown(call).await,
    }
}

fn done(changed: bool) -> Performed {
    Performed { changed, ..Performed::default() }
}

impl From<InstanceError> for Failed {
    fn from(error: InstanceError) -> Self {
        Self { transient: error.is_transient(), why: error.to_string() }
    }
}
