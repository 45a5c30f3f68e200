//! Keeps the lease of a mesh while a run writes to it.
//!
//! Entry points: [`take`] before a run begins, [`Keeper`] while it goes on. Before every write of it the
//! cluster is asked who it is: a lease can be made anew anywhere, so nothing of its own keeps it from
//! another cluster behind the same address. Deliberately absent: what a lease is and when one is stale
//! (`meshlift_cluster::lease`).

use std::sync::Arc;
use std::time::Duration;

use meshlift_cluster::connection::IdentityError;
use meshlift_cluster::door::IntentId;
use meshlift_cluster::lease::{self, LeaseError, Marker, Moment, RENEWAL};
use meshlift_core::rollout::Operation;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{RunError, Shared};
use crate::api::dto::{OperationKind, Phrase, PhraseCode as Code};
use crate::journal::{RunKey, RunRecord};
use crate::session::Session;
use crate::view;

/// Pause before a renewal that failed is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// Time that letting go may take: an app that closes does not wait for a cluster that is gone.
const FAREWELL: Duration = Duration::from_secs(5);

/// A lease that was taken, with the intent under which it is written.
#[derive(Debug, Clone)]
pub(super) struct Held {
    lease: lease::Held,
    intent: IntentId,
}

/// Renews a run's lease until the run ends.
pub(super) struct Keeper {
    standing: watch::Receiver<Standing>,
    place: watch::Sender<String>,
    seen_lapses: u64,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

/// How the lease stands.
#[derive(Debug, Clone, Default)]
struct Standing {
    held: Option<lease::Held>,
    problem: Option<Phrase>,
    /// How often it was had again after it had been lost or had run out.
    lapses: u64,
}

/// Takes the lease of a mesh whose cluster was just identified, or says who holds it.
pub(super) async fn take(
    shared: &Shared,
    session: &Session,
    run: Option<&RunKey>,
) -> Result<Held, RunError> {
    let now = shared.clock.now();
    let intent = shared.journal.probe(run, now, "hold the lease of the mesh").await?;
    let marker = marker(session, run.map_or("", RunKey::as_str), "", "starting");
    let lease = attempt(shared, session, &intent, &marker).await.map_err(|error| match error {
        LeaseError::HeldBy { holder, marker: _ } | LeaseError::Lost { holder } => {
            RunError::Held { holder: person(&holder).to_owned() }
        }
        error @ (LeaseError::Read(_) | LeaseError::Write(_)) => {
            RunError::Lease { why: error.to_string() }
        }
    })?;
    Ok(Held { lease, intent })
}

/// The person of a holder, without the number of the installation.
pub(crate) fn person(holder: &str) -> &str {
    holder.rsplit_once('/').map_or(holder, |(person, _)| person)
}

impl Held {
    /// Lets go of a lease that no run came of.
    pub(super) async fn release(self, session: &Session) {
        let marker = marker(session, "", "", "released");
        let home = &session.connection.cluster().uid;
        let_go(session, home, &self.intent, self.lease, &marker).await;
    }
}

impl Keeper {
    /// Keeps a lease for a run; without one, it is taken first.
    pub(super) fn start(
        shared: &Arc<Shared>,
        session: &Arc<Session>,
        record: &RunRecord,
        held: Option<Held>,
    ) -> Self {
        let stop = CancellationToken::new();
        let first =
            Standing { held: held.as_ref().map(|held| held.lease.clone()), ..Standing::default() };
        let (sender, standing) = watch::channel(first);
        let (place, shown) = watch::channel(String::new());
        let keeping = Keeping {
            shared: shared.clone(),
            session: session.clone(),
            run: record.key.clone(),
            cluster: record.cluster_uid.clone(),
            operation: written(record.plan.operation),
            intent: held.map(|held| held.intent),
            standing: sender,
            place: shown,
            stop: stop.clone(),
        };
        let task = shared.tasks.spawn(keeping.keep());
        Self { standing, place, seen_lapses: 0, stop, task }
    }

    /// Says where the run is, for others to see with the next renewal.
    pub(super) fn at(&self, place: String) {
        self.place.send_replace(place);
    }

    /// Completes when the lease stands otherwise than before.
    pub(super) async fn changed(&mut self) {
        if self.standing.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Why nothing may be written, if so.
    pub(super) fn problem(&self) -> Option<Phrase> {
        let standing = self.standing.borrow();
        if standing.held.as_ref().is_some_and(|held| held.may_write(Moment::now())) {
            return None;
        }
        Some(match &standing.problem {
            Some(problem) => problem.clone(),
            None => Phrase::plain(Code::FailLeaseNotYet),
        })
    }

    /// Whether the lease was lost and had again since this was asked last.
    pub(super) fn lapsed(&mut self) -> bool {
        let lapses = self.standing.borrow().lapses;
        std::mem::replace(&mut self.seen_lapses, lapses) != lapses
    }

    /// Lets go of the lease.
    pub(super) async fn release(self) {
        self.stop.cancel();
        // The task says itself how it went; it is only not waited for when a renewal is under way.
        let _ = tokio::time::timeout(FAREWELL, self.task).await;
    }
}

/// The task behind a keeper.
struct Keeping {
    shared: Arc<Shared>,
    session: Arc<Session>,
    run: RunKey,
    cluster: String,
    operation: String,
    intent: Option<IntentId>,
    standing: watch::Sender<Standing>,
    place: watch::Receiver<String>,
    stop: CancellationToken,
}

impl Keeping {
    async fn keep(mut self) {
        loop {
            let pause = self.renew().await;
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
            }
        }
        self.let_go().await;
    }

    /// Renews or takes the lease, and says when to do so again.
    async fn renew(&mut self) -> Duration {
        if let Err(error) = self.session.connection.is_still(&self.cluster).await {
            self.standing.send_modify(|standing| standing.problem = Some(elsewhere(error)));
            return AGAIN;
        }
        let Some(intent) = self.intent().await else { return AGAIN };
        let place = self.place.borrow().clone();
        let marker = marker(&self.session, self.run.as_str(), &self.operation, &place);
        let held = self.standing.borrow().held.clone();
        let had = held.is_some();
        let in_time = held.as_ref().is_some_and(|held| held.may_write(Moment::now()));
        let renewed = match &held {
            Some(held) => lease::renew(&self.session.connection, &intent, held, &marker).await,
            None => attempt(&self.shared, &self.session, &intent, &marker).await,
        };
        let pause = if renewed.is_ok() { RENEWAL } else { AGAIN };
        self.standing.send_modify(|standing| match renewed {
            Ok(lease) => {
                standing.lapses += u64::from(!in_time);
                standing.held = Some(lease);
                standing.problem = None;
            }
            Err(error) => {
                let lost = matches!(error, LeaseError::Lost { .. } | LeaseError::HeldBy { .. });
                standing.problem = Some(no_lease(&error));
                if lost && had {
                    standing.held = None;
                }
            }
        });
        pause
    }

    async fn intent(&mut self) -> Option<IntentId> {
        if self.intent.is_none() {
            let now = self.shared.clock.now();
            let purpose = "hold the lease of the mesh";
            self.intent = self.shared.journal.probe(Some(&self.run), now, purpose).await.ok();
        }
        self.intent.clone()
    }

    async fn let_go(self) {
        let held = self.standing.borrow().held.clone();
        let (Some(lease), Some(intent)) = (held, self.intent.clone()) else { return };
        let marker = marker(&self.session, self.run.as_str(), &self.operation, "released");
        let_go(&self.session, &self.cluster, &intent, lease, &marker).await;
    }
}

/// Lets go of a lease, for a bounded time, if its own cluster still answers.
async fn let_go(
    session: &Session,
    cluster: &str,
    intent: &IntentId,
    lease: lease::Held,
    marker: &Marker,
) {
    let connection = &session.connection;
    let released = async {
        connection.is_still(cluster).await.map_err(|error| error.to_string())?;
        let released = lease::release(connection, intent, lease, marker).await;
        released.map_err(|error| error.to_string())
    };
    match tokio::time::timeout(FAREWELL, released).await {
        Ok(Ok(())) => {}
        Ok(Err(why)) => tracing::warn!(why, "the lease was not released and will run out"),
        Err(_) => tracing::warn!("the lease was not released in time and will run out"),
    }
}

/// Why a lease is not written: whoever answers is not, or not for certain, the run's own cluster.
fn elsewhere(error: IdentityError) -> Phrase {
    match error {
        IdentityError::Other { expected, found } => {
            Phrase::with(Code::FailOtherCluster, [("found", found), ("expected", expected)])
        }
        IdentityError::Unread { source } => no_lease(&source),
    }
}

fn no_lease(why: &impl ToString) -> Phrase {
    Phrase::with(Code::FailNoLease, [("why", why.to_string())])
}

async fn attempt(
    shared: &Shared,
    session: &Session,
    intent: &IntentId,
    marker: &Marker,
) -> Result<lease::Held, LeaseError> {
    let namespace = session.istio_namespace();
    let mut watch = session.lease_watch.lock().await;
    lease::take(&session.connection, intent, &namespace, &shared.holder, marker, &mut watch).await
}

/// The operation as the marker names it.
fn written(operation: Operation) -> String {
    let written = serde_json::to_value(operation).ok();
    written.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The operation that a marker names; none where it names none, or one of another version of the app.
pub(crate) fn operation_of(marker: &Marker) -> Option<OperationKind> {
    let read = serde_json::from_value(Value::from(marker.operation.as_str())).ok();
    read.map(view::run::operation)
}

fn marker(session: &Session, run: &str, operation: &str, state: &str) -> Marker {
    Marker {
        run: run.to_owned(),
        operation: operation.to_owned(),
        cluster: session.connection.cluster().uid.clone(),
        state: state.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_says_its_operation_to_another_installation() {
        let says = |operation: &str| {
            operation_of(&Marker { operation: operation.to_owned(), ..Marker::default() })
        };
        assert_eq!(says(&written(Operation::MoveNamespaces)), Some(OperationKind::MoveNamespaces));
        assert_eq!(says(""), None, "a lease that is taken before its run has a number");
        assert_eq!(says("MakeTea"), None, "a later version may know more");
    }
}
