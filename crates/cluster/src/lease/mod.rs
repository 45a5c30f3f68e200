//! One operator per mesh: a Lease in Istio's namespace says who works on it, and its annotations what
//! they do, so that another laptop can see the run and take it over.
//!
//! Entry points: [`observe`], [`take`], [`renew`], [`release`]; [`Watch`] judges staleness, [`Held`]
//! whether writing is still allowed. No two clocks are compared: a lease is stale when its renewTime
//! stayed unchanged for its whole duration on our own monotonic clock. Kubernetes cannot fence off
//! the writes of a holder that lost its lease, so every write carries its own guard as well.

mod object;
mod time;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use thiserror::Error;

use crate::actuate::objects;
use crate::actuate::raw::{self, Mode, Writer};
use crate::calls::CallError;
use crate::connection::Connection;
use crate::door::IntentId;

pub use object::{Marker, Observed};
use object::{lease, reference};
pub use time::{Moment, Watch};

/// How long a lease holds after its last renewal.
pub const DURATION: Duration = Duration::from_mins(1);
/// How often its holder renews it.
pub const RENEWAL: Duration = Duration::from_secs(15);
/// How long after the last renewal its holder may still write: two thirds of its time.
pub const GRACE: Duration = Duration::from_secs(40);

/// A lease that is ours.
#[derive(Debug, Clone)]
pub struct Held {
    namespace: String,
    holder: String,
    object: Value,
    renewed: Moment,
}

/// Why a lease is not ours.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum LeaseError {
    #[error("{holder} is working on this mesh")]
    HeldBy { holder: String, marker: Marker },
    #[error("the lease on this mesh was lost: {holder} holds it now")]
    Lost { holder: String },
    #[error("the lease on this mesh could not be read: {0}")]
    Read(CallError),
    #[error("the lease on this mesh could not be written: {0}")]
    Write(CallError),
}

/// Reads the lease in Istio's namespace.
pub async fn observe(
    connection: &Connection,
    namespace: &str,
) -> Result<Option<Observed>, LeaseError> {
    let path = objects::path(&reference(namespace));
    let found = raw::find(connection, &path).await.map_err(LeaseError::Read)?;
    Ok(found.map(Observed::of))
}

/// Takes the lease: makes it, takes a released one, takes our own again, or a stale one, which
/// `watch` must have seen unchanged for its whole duration.
pub async fn take(
    connection: &Connection,
    intent: &IntentId,
    namespace: &str,
    holder: &str,
    marker: &Marker,
    watch: &mut Watch,
) -> Result<Held, LeaseError> {
    let seen = observe(connection, namespace).await?;
    let is_ours = seen.as_ref().is_some_and(|seen| seen.holder.as_deref() == Some(holder));
    let is_free = watch.is_free(seen.as_ref(), Instant::now());
    match seen {
        Some(seen) if !is_ours && !is_free => {
            Err(LeaseError::HeldBy { holder: seen.holder.unwrap_or_default(), marker: seen.marker })
        }
        seen => {
            let from = seen.map(|seen| seen.object);
            match write(connection, intent, namespace, holder, marker, from).await {
                Err(LeaseError::Write(error)) if raw::is_conflict(&error) => {
                    Err(taken_meanwhile(connection, namespace, error).await)
                }
                other => other,
            }
        }
    }
}

/// Two took the lease at once, and the other one got it.
async fn taken_meanwhile(connection: &Connection, namespace: &str, error: CallError) -> LeaseError {
    match observe(connection, namespace).await {
        Ok(Some(Observed { holder: Some(holder), marker, .. })) => {
            LeaseError::HeldBy { holder, marker }
        }
        Ok(_) => LeaseError::Write(error),
        Err(error) => error,
    }
}

/// Renews a lease that is ours. A conflict means that somebody else wrote it.
pub async fn renew(
    connection: &Connection,
    intent: &IntentId,
    held: &Held,
    marker: &Marker,
) -> Result<Held, LeaseError> {
    let Held { namespace, holder, object, renewed: _ } = held;
    let written = write(connection, intent, namespace, holder, marker, Some(object.clone())).await;
    match written {
        Err(LeaseError::Write(error)) if raw::is_conflict(&error) || raw::is_not_found(&error) => {
            // A write of ours whose answer was lost conflicts too.
            let seen = observe(connection, namespace).await?;
            let now_held_by = seen.as_ref().and_then(|seen| seen.holder.clone());
            match (seen, now_held_by) {
                (Some(seen), Some(found)) if found == *holder => {
                    write(connection, intent, namespace, holder, marker, Some(seen.object)).await
                }
                (_, found) => Err(LeaseError::Lost { holder: found.unwrap_or_default() }),
            }
        }
        other => other,
    }
}

/// Lets go of the lease. What was done stays readable on it.
pub async fn release(
    connection: &Connection,
    intent: &IntentId,
    held: Held,
    marker: &Marker,
) -> Result<(), LeaseError> {
    match write(connection, intent, &held.namespace, "", marker, Some(held.object)).await {
        Ok(_) => Ok(()),
        // Somebody else has it already.
        Err(LeaseError::Write(error)) if raw::is_conflict(&error) || raw::is_not_found(&error) => {
            Ok(())
        }
        Err(error) => Err(error),
    }
}

async fn write(
    connection: &Connection,
    intent: &IntentId,
    namespace: &str,
    holder: &str,
    marker: &Marker,
    from: Option<Value>,
) -> Result<Held, LeaseError> {
    // Taken before the request leaves: the lease may be counted from then on.
    let renewed = Moment::now();
    let writer = Writer { connection, intent, mode: Mode::Real };
    let place = reference(namespace);
    let exists = from.is_some();
    let made = lease(namespace, holder, marker, from, Timestamp::now());
    let written =
        if exists { writer.put(&place, &made).await } else { writer.post(&place, &made).await };
    let object = written.map_err(LeaseError::Write)?;
    Ok(Held { namespace: namespace.to_owned(), holder: holder.to_owned(), object, renewed })
}
