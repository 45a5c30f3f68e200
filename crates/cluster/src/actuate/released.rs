//! A lease that is to be deleted: when its holders have let it go.
//!
//! Entry point: [`released`]. An istiod that still stops would make its lease again a moment after it
//! was deleted.

use std::time::{Duration, Instant};

use meshlift_core::rollout::ObjectRef;
use serde_json::Value;
use tokio::time::sleep;

use super::ActError;
use super::objects;
use super::raw;
use crate::connection::Connection;
use crate::lease::{Observed, Watch};

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(2);
/// How often it is looked at before somebody is asked: a pod's grace and a lease's time, and then some.
const LOOKS: usize = 60;
/// How long istiod's leases hold, where one does not say it.
const LASTS: u64 = 30;

/// The lease, once nobody holds it or its holder has not renewed it for its whole time; none when
/// there is none.
///
/// # Errors
/// When it is still held after two minutes, and when it can't be read.
pub(super) async fn released(
    connection: &Connection,
    lease: &ObjectRef,
) -> Result<Option<Value>, ActError> {
    let mut watch: Option<Watch> = None;
    let mut holder = String::new();
    for _ in 0..LOOKS {
        let Some(found) = raw::find(connection, &objects::path(lease)).await? else {
            return Ok(None);
        };
        let seen = Observed::of(found.clone());
        let watch = watch.get_or_insert_with(|| Watch::of_leases_that_last(lasts(&found)));
        if watch.is_free(Some(&seen), Instant::now()) {
            return Ok(Some(found));
        }
        holder = seen.holder.unwrap_or_default();
        sleep(EVERY).await;
    }
    Err(ActError::guard(format!(
        "{holder} still holds {lease}: an istiod of this revision runs although its Deployment is gone"
    )))
}

fn lasts(lease: &Value) -> Duration {
    let seconds = lease.pointer("/spec/leaseDurationSeconds").and_then(Value::as_u64);
    Duration::from_secs(seconds.unwrap_or(LASTS))
}
